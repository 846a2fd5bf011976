/** Where a training stands. */
export type Phase = "ready" | "training" | "paused" | "finished";
