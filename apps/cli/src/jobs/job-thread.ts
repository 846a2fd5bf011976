// The program of a thread that does tickets, one after the other, so that the worker itself can always answer Redis.
import { parentPort, workerData } from "node:worker_threads";
import { sentenceOf } from "../errors/report-error.ts";
import { WorkerFolder } from "./job-folder.ts";
import type { Ticket } from "./queue.ts";
import { runJob } from "./run-job.ts";
import type { TicketAnswer } from "./ticket-team.ts";

const port = parentPort;
const allowed = WorkerFolder.open(workerData as string);

port?.on("message", async (ticket: Ticket) => {
  let answer: TicketAnswer;
  try {
    answer = { done: await runJob(ticket, await allowed) };
  } catch (error) {
    answer = { refusal: sentenceOf(error).replace(/^error: /, "") };
  }
  port.postMessage(answer);
});
