/** The name of the queue in Redis, one for the shards of all runs. */
export const QUEUE_NAME = "pushforward-shards";
