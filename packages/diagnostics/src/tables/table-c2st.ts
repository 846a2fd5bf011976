import { type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import { areaUnderCurve } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { checkCount } from "../check-options.ts";
import { type BoostedTreesOptions, binFeature, fitBoostedTrees } from "../trees/boosted-trees.ts";
import type { TreeFeature } from "../trees/tree.ts";
import { type AlignedColumn, alignTables } from "./column-shapes.ts";

/** Options of {@link tableC2st}. */
export interface TableC2stOptions extends BoostedTreesOptions {
  readonly key: Key;
  /** Number of folds. Default: 3. */
  readonly folds?: number | undefined;
}

/** Result of {@link tableC2st}. */
export interface TableC2stResult {
  /** 1 − the mean of 2 max(AUC, ½) − 1: 1 if the classifier cannot distinguish the tables, 0 if it always can. */
  readonly score: number;
  /** The area under the ROC curve in the rows of each fold, by a classifier fitted on the remaining folds. */
  readonly areas: readonly number[];
  /** Rows of each table that took part. */
  readonly rows: number;
}

/**
 * A classifier two-sample test with gradient-boosted trees (Lopez-Paz and Oquab 2017, arXiv:1610.06545) for columns of any
 * type, with default settings of XGBoost and the usual score of papers on synthetic tables. The longer table is subsampled to
 * the size of the shorter one.
 *
 * @param real its columns are read.
 * @throws {DataError} a table has no rows, or lacks a column, or has numbers in it where the other has text.
 * @throws {OptionError} fewer rows than folds.
 * @example
 * const [first, second] = [takeTableRows(penguins(), range(0, 170)), takeTableRows(penguins(), range(170, 340))];
 * const { score } = tableC2st(first, second, { key, rounds: 5 });
 * console.log(score < 0.2); // true: the rows are sorted by species
 * function range(from: number, to: number): number[] {
 *   return Array.from({ length: to - from }, (_, i) => from + i);
 * }
 */
export function tableC2st(real: Table, synthetic: Table, options: TableC2stOptions): TableC2stResult {
  checkOptions("tableC2st", options, { rounds: true, depth: true, learningRate: true, key: true, folds: true });
  const where = "tableC2st";
  checkKey(where, options);
  const { key, folds = 3, ...boosting } = options;
  checkCount(where, "folds", folds, 2);
  const columns = alignTables([real, synthetic], where);
  const rows = Math.min(real.rows, synthetic.rows);
  if (rows < folds)
    throw new OptionError(`${where}: expected at least ${folds} rows for ${folds} folds, got ${describeValue(rows)}.`);
  const [first, second] = [real, synthetic].map((table, t) =>
    key.fold(`table ${t}`).permutation(table.rows).subarray(0, rows),
  ) as [Int32Array, Int32Array];
  const features = columns.map((column) => binFeature(joined(column, first, second)));
  const labels = new Uint8Array(2 * rows).fill(1, rows);
  // The rows of both classes are in random order already.
  const foldOf = (row: number): number => (row % rows) % folds;
  const all = Int32Array.from(labels, (_, row) => row);
  const areas = Array.from({ length: folds }, (_, fold) => {
    const trees = fitBoostedTrees(
      features,
      labels,
      all.filter((row) => foldOf(row) !== fold),
      boosting,
    );
    const [scoresOfReal, scoresOfSynthetic] = [0, 1].map((label) =>
      trees.logOdds(all.filter((row) => foldOf(row) === fold && labels[row] === label)),
    ) as [Float64Array, Float64Array];
    return areaUnderCurve(scoresOfReal, scoresOfSynthetic);
  });
  const score = 1 - areas.reduce((sum, area) => sum + 2 * Math.max(area, 0.5) - 1, 0) / folds;
  return { score, areas, rows };
}

function joined(column: AlignedColumn, first: Int32Array, second: Int32Array): TreeFeature {
  const pick = (table: number, rows: Int32Array): number[] => {
    const values = column.values[table] as AlignedColumn["values"][number];
    return Array.from(rows, (row) => values[row] as number);
  };
  const values = [...pick(0, first), ...pick(1, second)];
  return column.kind === "number"
    ? { kind: "number", values: Float64Array.from(values) }
    : { kind: "category", values: Int32Array.from(values) };
}
