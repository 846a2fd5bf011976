// The program of a thread that does shards, one after the other, so that the worker itself can always answer Redis.
import { parentPort, workerData } from "node:worker_threads";
import { sentenceOf } from "../errors/report-error.ts";
import { runShard } from "./run-shard.ts";
import type { ShardAnswer } from "./shard-team.ts";
import type { ShardTicket } from "./shard-ticket.ts";
import { WorkerFolder } from "./worker-folder.ts";

const port = parentPort;
const allowed = WorkerFolder.open(workerData as string);

port?.on("message", async (ticket: ShardTicket) => {
  let answer: ShardAnswer;
  try {
    answer = { rows: await runShard(ticket, await allowed) };
  } catch (error) {
    answer = { refusal: sentenceOf(error).replace(/^error: /, "") };
  }
  port.postMessage(answer);
});
