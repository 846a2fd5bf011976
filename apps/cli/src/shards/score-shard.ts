import { UnseenCells } from "@pushforward/tables/extend";
import { useBackend } from "pushforward";
import { tableSource } from "../reading/read-table.ts";
import { RowScorer } from "../score/row-scorer.ts";
import { ScoreSummary } from "../score/score-summary.ts";
import { type ScoredChunk, writeScores } from "../score/write-scores.ts";
import { openPlannedModel } from "./open-planned-model.ts";
import type { PlannedFile, PlannedShard, RunPlan, ScoreTask } from "./run-plan.ts";
import { momentsToData, type ShardOutcome } from "./shard-record.ts";

/** Scores the rows of a shard, and writes them to a file. */
export async function scoreShard(
  plan: RunPlan,
  task: ScoreTask,
  shard: PlannedShard,
  out: string,
): Promise<ShardOutcome> {
  const model = await openPlannedModel(plan.model);
  await useBackend(plan.backend);
  const { path } = task.files[shard.file ?? 0] as PlannedFile;
  const { reading, cells, odd, pValue, explain } = task;
  const notes: string[] = [];
  const source = await tableSource(path, { ...reading, range: shard.rows }, (note) => notes.push(note));
  const { missing } = reading;
  const job = { modelFile: plan.model.path, backend: plan.backend, file: source.name, missing, keepOthers: true };
  const scorer = new RowScorer({ ...job, cells, odd }, model);
  const summary = new ScoreSummary();
  const unseen = new UnseenCells(model);
  let columns: readonly string[] = [];
  const chunks = async function* (): AsyncGenerator<ScoredChunk> {
    for await (const table of source.chunks(scorer.reading)) {
      const known = scorer.score(table);
      unseen.add(known.unseen);
      summary.look(known.scores, table);
      columns = table.columns.map(({ name }) => name);
      yield { table, ...known };
    }
  };
  const { escapeFormulas } = plan;
  notes.push(...(await writeScores(out, chunks(), model, source, { ...reading, escapeFormulas, pValue, explain })));
  return {
    ...{ rows: summary.rows, columns, notes },
    scores: { moments: momentsToData(summary.scoreMoments()), unseen: unseen.found() },
  };
}
