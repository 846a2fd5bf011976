// The program of a thread that scores rows: it opens the model that it is told, and answers one block after the other.
import { parentPort, workerData } from "node:worker_threads";
import type { CsvTable } from "pushforward";
import { errorToData } from "pushforward/extend";
import { UserError } from "../errors/user-error.ts";
import { RowScorer, type ScoreJob } from "./row-scorer.ts";
import type { ScoreAnswer } from "./score-threads.ts";

const port = parentPort;
const opened = RowScorer.open(workerData as ScoreJob);

port?.on("message", async (table: CsvTable) => {
  let answer: ScoreAnswer;
  try {
    answer = { scores: (await opened).score(table) };
  } catch (error) {
    answer = error instanceof UserError ? { refusal: error.message } : { error: errorToData(error) };
  }
  port.postMessage(answer);
});
