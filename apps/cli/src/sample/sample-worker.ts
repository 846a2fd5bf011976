// The program of a thread that draws rows: it opens the model that it is told, and answers with one block after the other.

import { workerData } from "node:worker_threads";
import type { LoadedModel } from "@pushforward/questions/extend";
import { type Table, useBackend } from "pushforward";
import { loadTableModel } from "../reading/load-table-model.ts";
import { answerInThread } from "../threads/answer-in-thread.ts";
import type { SampleJob } from "./sample-threads.ts";

const job = workerData as SampleJob;
const opened = open();
// Whoever asks first is told.
opened.catch(() => undefined);

answerInThread(async (from: number) => {
  const { value } = (await opened).draw({ ...job, from }).next();
  return value as Table;
});

async function open(): Promise<LoadedModel> {
  const model = await loadTableModel(job.modelFile);
  await useBackend(job.backend);
  return model;
}
