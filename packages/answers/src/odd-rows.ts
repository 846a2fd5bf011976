import type { AnomalyReasons, AnomalyScore, Table } from "pushforward";

/** How odd rows are, as far as someone asked. */
export interface OddRows {
  readonly scores: Float64Array;
  readonly pValues: Float64Array;
  /** Undefined when nobody asked. */
  readonly reasons: AnomalyReasons | undefined;
}

/**
 * How odd the rows of a table are.
 *
 * @param explain whether the surprise of each cell is computed, too.
 * @throws {DataError} a column is missing or of another kind.
 * @example
 * const odd = (anomalies: AnomalyScore, table: Table) => oddRows(anomalies, table, false).scores;
 */
export function oddRows(anomalies: AnomalyScore, table: Table, explain: boolean): OddRows {
  if (explain) return anomalies.judge(table);
  const scores = anomalies.score(table);
  return { scores, pValues: anomalies.pValueOf(scores), reasons: undefined };
}

/** Columns that count as reasons of a row, at most, and the least surprise of one: less is what one in ten cells has. */
const MOST_REASONS = 3;
const LEAST_SURPRISE = Math.log(10);

/**
 * The columns that make a row odd, the oddest first.
 *
 * @example
 * reasonsOf({ columns: ["a", "b"], surprises: [Float64Array.of(5), Float64Array.of(1)] }, 0); // → ["a"]
 */
export function reasonsOf({ columns, surprises }: AnomalyReasons, row: number): readonly string[] {
  return columns
    .map((name, k) => ({ name, surprise: (surprises[k] as Float64Array)[row] as number }))
    .filter(({ surprise }) => surprise >= LEAST_SURPRISE)
    .sort((a, b) => b.surprise - a.surprise)
    .slice(0, MOST_REASONS)
    .map(({ name }) => name);
}
