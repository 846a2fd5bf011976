import type { ConditionalDistribution, Distribution } from "@pushforward/core";
import { logProbRows } from "@pushforward/flows";
import type { TableRows } from "./table-rows.ts";

/** Mean negative log-likelihood of rows, in nats per row, in the units of the table. */
export function meanNll(model: Distribution | ConditionalDistribution, { x, context }: TableRows): number {
  const values = logProbRows(model, x, context);
  let sum = 0;
  for (const value of values) sum -= value;
  return sum / values.length;
}
