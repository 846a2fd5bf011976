// The program of a thread that scores rows: it opens the model that it is told, and answers one block after the other.
import { workerData } from "node:worker_threads";
import type { CsvTable } from "pushforward";
import { answerInThread } from "../threads/answer-in-thread.ts";
import { RowScorer, type ScoreJob } from "./row-scorer.ts";

const opened = RowScorer.open(workerData as ScoreJob);
// Whoever asks first is told.
opened.catch(() => undefined);

answerInThread(async (table: CsvTable) => (await opened).score(table));
