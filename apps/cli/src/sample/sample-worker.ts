// The program of a thread that draws rows: it opens the model that it is told, and answers with one block after the other.
import { serveRequests } from "@pushforward/core/plain";
import { type Table, useBackend } from "pushforward";
import { loadTableModel } from "../reading/load-table-model.ts";
import type { SampleJob } from "./sample-threads.ts";

serveRequests(async (job: SampleJob) => {
  const model = await loadTableModel(job.modelFile);
  await useBackend(job.backend);
  return (from: number) => model.draw({ ...job, from }).next().value as Table;
});
