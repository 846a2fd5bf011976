// The program of a thread that does tickets, one after the other, so that the worker itself can always answer Redis.
import { parentPort, workerData } from "node:worker_threads";
import { sentenceOf } from "../errors/report-error.ts";
import type { QueueTicket } from "./queue-ticket.ts";
import { runTicket } from "./run-ticket.ts";
import type { TicketAnswer } from "./ticket-team.ts";
import { WorkerFolder } from "./worker-folder.ts";

const port = parentPort;
const allowed = WorkerFolder.open(workerData as string);

port?.on("message", async (ticket: QueueTicket) => {
  let answer: TicketAnswer;
  try {
    answer = { done: await runTicket(ticket, await allowed) };
  } catch (error) {
    answer = { refusal: sentenceOf(error).replace(/^error: /, "") };
  }
  port.postMessage(answer);
});
