import { takeTableRows } from "@pushforward/datasets/extend";
import { type LoadedModel, type OddRows, oddRows, reasonsOf } from "@pushforward/questions/extend";
import type { AnomalyScore, Table } from "pushforward";
import { type ReportColumn, type RowScores, writtenCell } from "./report-model.ts";

/** A row that the model finds unusual, and why. */
export interface OddRow {
  /** In the file, from 1. */
  readonly row: number;
  readonly logDensity: number;
  /** Anomaly of the row, in nats; null for a model without an anomaly score. */
  readonly anomaly: number | null;
  /** Share of usual rows that are at least as odd; null for a model without an anomaly score. */
  readonly pValue: number | null;
  /**
   * Cells that make the row odd, in nats: their surprise given the other cells of the row. For a model without an
   * anomaly score, the difference of their log-probability to the median of their column.
   */
  readonly cells: readonly { readonly column: string; readonly value: string; readonly cost: number }[];
}

/** Rows of a table, with the scores that rank the rows. */
export interface RankedRows {
  readonly table: Table;
  /** In the file, from 1. */
  readonly rowNumbers: ArrayLike<number>;
  readonly scores: RowScores;
  readonly columns: readonly ReportColumn[];
  readonly anomalies: AnomalyScore | undefined;
  readonly rules: LoadedModel["rules"];
}

const MOST_ROWS = 20;
/**
 * Maximum number of rows that the anomaly score ranks, because it is slow. From a larger table, half of this number are
 * the rows with the lowest log-density, and half are evenly spaced among the remaining rows.
 */
export const MOST_RANKED = 3000;
const MOST_CELLS = 3;

/** The oddest rows, the oddest first: by their anomaly score, or of a model without one by their log-density. */
export function oddestRows(all: RankedRows): OddRow[] {
  const ranked = all.anomalies === undefined ? all : candidates(all);
  const { table, rowNumbers, scores, anomalies } = ranked;
  const { logDensity } = scores;
  const odd = anomalies && oddRows(anomalies, table, { logProb: logDensity, rules: all.rules });
  const oddness = odd?.scores ?? logDensity.map((value) => -value);
  const order = Array.from(oddness, (_, row) => row)
    .sort((a, b) => (oddness[b] as number) - (oddness[a] as number) || a - b)
    .slice(0, MOST_ROWS);
  const cellsOf = anomalies === undefined ? costlyCells(ranked) : surprisingCells(ranked, anomalies, order);
  return order.map((row, place) => ({
    row: rowNumbers[row] as number,
    logDensity: logDensity[row] as number,
    anomaly: odd === undefined ? null : (odd.scores[row] as number),
    pValue: odd === undefined ? null : (odd.pValues[row] as number),
    cells: cellsOf(row, place).map(({ name, cost }) => ({
      column: name,
      cost,
      value: writtenCell(table, all.columns, name, row),
    })),
  }));
}

/**
 * Returns the rows with the lowest log-density, and evenly spaced other rows, which the log-density may have missed.
 */
function candidates(all: RankedRows): RankedRows {
  const { table, rowNumbers, scores } = all;
  if (table.rows <= MOST_RANKED) return all;
  const { logDensity } = scores;
  const half = MOST_RANKED / 2;
  const order = Array.from(logDensity, (_, row) => row).sort(
    (a, b) => (logDensity[a] as number) - (logDensity[b] as number) || a - b,
  );
  const others = order.slice(half).sort((a, b) => a - b);
  const spaced = Array.from({ length: half }, (_, i) => others[Math.floor((i * others.length) / half)] as number);
  const rows = [...order.slice(0, half), ...spaced].sort((a, b) => a - b);
  const pick = (values: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => values[row] as number);
  return {
    ...all,
    ...{ table: takeTableRows(table, rows), rowNumbers: pick(rowNumbers) },
    // Costs of cells are of models without an anomaly score.
    scores: { logDensity: pick(logDensity), cells: [] },
  };
}

/** Name of a column, and the cost of its cell in a row. */
interface CellCost {
  readonly name: string;
  readonly cost: number;
}

function surprisingCells(
  { table, scores, rules }: RankedRows,
  anomalies: AnomalyScore,
  order: readonly number[],
): (row: number, place: number) => readonly CellCost[] {
  const logProb = Float64Array.from(order, (row) => scores.logDensity[row] as number);
  const asked = takeTableRows(table, order);
  const reasons = oddRows(anomalies, asked, { logProb, explain: true, rules }).reasons as NonNullable<
    OddRows["reasons"]
  >;
  return (_, place) =>
    reasonsOf(reasons, place).map((name) => ({
      name,
      cost: reasons.surprises[reasons.columns.indexOf(name)]?.[place] as number,
    }));
}

function costlyCells({ scores: { cells } }: RankedRows): (row: number) => readonly CellCost[] {
  const medians = cells.map(({ values }) => Float64Array.from(values).sort()[values.length >> 1] as number);
  return (row) =>
    cells
      .map(({ name, values }, k) => ({ name, cost: (medians[k] as number) - (values[row] as number) }))
      .filter(({ cost }) => cost > 0)
      .sort((a, b) => b.cost - a.cost)
      .slice(0, MOST_CELLS);
}
