import { writeTable } from "@pushforward/files";
import { isTableDensity, sampleModel } from "@pushforward/questions/extend";
import { type Table, useBackend } from "pushforward";
import { FormulaGuard } from "../output/formula-guard.ts";
import { typedOutput } from "../output/typed-output.ts";
import { NegativeSamples } from "../sample/negative-samples.ts";
import { openPlannedModel } from "./open-planned-model.ts";
import type { PlannedShard, RunPlan, SampleTask } from "./run-plan.ts";
import type { ShardOutcome } from "./shard-record.ts";

/** Draws the rows of a shard, those that a plain run draws in their place, and writes them to a file. */
export async function sampleShard(
  { model: planned, backend, escapeFormulas }: RunPlan,
  { seed }: SampleTask,
  { rows: range = { from: 0, count: 0 } }: PlannedShard,
  out: string,
): Promise<ShardOutcome> {
  const model = await openPlannedModel(planned);
  await useBackend(backend);
  const { from } = range;
  const guard = new FormulaGuard();
  const { types, typed } = typedOutput(out, model);
  const negatives = isTableDensity(model) ? undefined : new NegativeSamples(model);
  let rows = 0;
  let columns: readonly string[] = [];
  const tables = async function* (): AsyncGenerator<Table> {
    for (const block of sampleModel(model, { from, count: from + range.count, seed })) {
      rows += block.rows;
      columns = block.columns.map(({ name }) => name);
      yield typed(guard.look(negatives?.look(block) ?? block));
    }
  };
  await writeTable(out, tables(), { escapeFormulas, types });
  const note = escapeFormulas ? undefined : guard.note(out);
  return { rows, columns, notes: note === undefined ? [] : [note], negatives: negatives?.found() };
}
