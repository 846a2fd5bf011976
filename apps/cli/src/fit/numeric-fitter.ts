import { takeTableRows } from "@pushforward/datasets/extend";
import { describeRules, logPrintedMass, type RowLayout, RuleSearch, splitRowIndices } from "@pushforward/tables/extend";
import { createKey, type Table, type UnderstoodTable } from "pushforward";
import { fitDensity } from "./density-fitter.ts";
import type { Fitted } from "./fit-model.ts";
import { type FlowJob, fitFlow } from "./flow-fitter.ts";

/** Draws of a flow that show which rules it breaks. */
const DRAWS = 4000;

/**
 * Learns columns of numbers with a flow and as a table, and keeps the model that gives the held-out rows the larger
 * log-probability of the numbers as they are printed. A flow that breaks a rule of all rows is not kept.
 */
export async function fitNumeric(job: FlowJob, found: UnderstoodTable, layout: RowLayout): Promise<Fitted> {
  const { options, voice, source } = job;
  const { splitColumn, validation, seed } = options;
  const flow = await fitFlow(job, { table: found.source, layout }, undefined);
  if (flow.reason === "aborted") return flow;
  const broken = options.rules ? rulesBrokenBy(flow, found, seed) : [];
  const held = splitRowIndices(found.source, { column: splitColumn, validation, seed }, source).validation;
  const table = await fitDensity(job, found, { heldOut: held });
  if (table.reason === "aborted") {
    table.model.module.dispose();
    return flow;
  }
  const masses = [flow, table].map((fitted) => printedMass(fitted, found, held)) as [number, number];
  const [ofFlow, ofTable] = masses;
  const isTable = broken.length > 0 || ofTable >= ofFlow;
  const [kept, other] = isTable ? [table, flow] : [flow, table];
  other.model.module.dispose();
  const nll = masses.map((mass) => (-mass).toFixed(3));
  const [rule, ...others] = describeRules(broken);
  const why =
    rule === undefined
      ? ""
      : `, because the flow breaks ${rule}${others.length > 0 ? ` and ${others.length} more rules` : ""}`;
  voice.tell(
    `negative log-mass of the printed cells in ${held.length} held-out rows: flow ${nll[0]}, table ${nll[1]} nats per row; keeps the ${isTable ? "table" : "flow"}${why}`,
  );
  return {
    ...kept,
    figures: () => {
      const figures = kept.figures();
      const candidates = { flow: -ofFlow, table: -ofTable, measure: "mass of the printed cells", rows: held.length };
      return { ...figures, others: { ...figures.others, candidates } };
    },
  };
}

/** Mean log-mass of the held-out rows as they are printed, in nats. */
function printedMass(fitted: Fitted, { table, learned }: UnderstoodTable, held: ArrayLike<number>): number {
  const rows = takeTableRows(table, held);
  const logWidth = logPrintedMass(fitted.model, learned, rows);
  const logProb = fitted.heldOutLogProb(held);
  return logProb.reduce((sum, value, i) => sum + value + (logWidth[i] as number), 0) / held.length;
}

/** The rules of all rows that samples of a flow break. */
function rulesBrokenBy({ model }: Fitted, { table, learned }: UnderstoodTable, seed: number) {
  if (model.context.length > 0) return [];
  const kinds = new Map(learned.map(({ name, kind }) => [name, kind === "date" ? "date" : "number"]));
  const names = model.columns.map(({ name }) => name);
  const search = new RuleSearch(table, names, (name) => kinds.get(name));
  if (!search.hasCandidates) return [];
  const drawn: Table = model.write(model.sample(createKey(seed).fold("rules"), DRAWS));
  return search.found(drawn);
}
