// The program of a thread that scores rows: it opens the model that it is told, and answers one block after the other.
import { serveRequests } from "@pushforward/core/plain";
import type { CsvTable } from "pushforward";
import { RowScorer, type ScoreJob } from "./row-scorer.ts";

serveRequests(async (job: ScoreJob) => {
  const scorer = await RowScorer.open(job);
  return (table: CsvTable) => scorer.score(table);
});
