import type { Learnable, NumericColumn } from "@pushforward/tables/extend";

/** A single column is no less well described by its network. */
export const LEAST_COLUMNS = 2;
/** With more the densities of flows gain little for their time. */
const MOST_COLUMNS = 64;
const LEAST_ROWS = 40;
/** Of the rows: numbers that repeat have probabilities of their own. */
const LEAST_DISTINCT = 0.7;
/** Far below most of the numbers, but not at the mercy of the smallest. */
const SCALE_QUANTILE = 0.05;

/**
 * The columns of a table whose joint density a flow may learn: those of real numbers off any grid, without missing cells,
 * bounds or values that repeat. None where there are fewer than two, or few rows.
 */
export function flowColumns(
  { table, variables, chosen, context, relations }: Learnable,
  steps: ReadonlyMap<string, number> | undefined,
): NumericColumn[] {
  if (table.rows < LEAST_ROWS) return [];
  const following = new Set(relations.map(({ column }) => column));
  const found = table.columns.flatMap((column) => {
    const { name } = column;
    const variable = variables?.find((candidate) => candidate.name === name);
    if (column.kind !== "number" || !chosen.includes(name) || context.includes(name) || following.has(name)) return [];
    if (variable !== undefined && variable.kind !== "real" && variable.kind !== "positive") return [];
    const sorted = Float64Array.from(column.values).sort();
    // Missing numbers are sorted to the end.
    if (!Number.isFinite(sorted.at(-1)) || !Number.isFinite(sorted[0])) return [];
    const step = steps?.get(name) ?? (variable === undefined ? undefined : (variable.step ?? 0));
    if (step === undefined ? sorted.every(Number.isInteger) : step > 0) return [];
    if (new Set(sorted).size < LEAST_DISTINCT * sorted.length) return [];
    const lowest = sorted[0] as number;
    if (variable?.kind === "positive" && lowest <= 0) return [];
    const scale = sorted[Math.floor(SCALE_QUANTILE * sorted.length)] as number;
    return [{ name, scale: lowest > 0 ? scale : 0 }];
  });
  return found.length < LEAST_COLUMNS || found.length > MOST_COLUMNS ? [] : found;
}
