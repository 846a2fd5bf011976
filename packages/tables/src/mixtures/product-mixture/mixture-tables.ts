import type { CellCoding } from "../../density/coding/cell-coding.ts";
import { type EncodedCells, UNKNOWN } from "./encode-cells.ts";

/** Parameters of a mixture of products in float64, normalized. */
export interface MixtureTables {
  readonly logWeights: Float64Array;
  /** For each column the probabilities of its codes, `[codes, components]`. */
  readonly columns: readonly Float64Array[];
}

/** Cells of one column of a question. */
export interface AskedColumn {
  /** Place of the column in the mixture. */
  readonly index: number;
  readonly coding: CellCoding;
  readonly cells: EncodedCells;
}

/** Columns whose probabilities are multiplied before a logarithm is taken. With `LEAST` their product can't underflow. */
const GROUP = 8;
const LEAST = 1e-35;
/** From here on the floor of a cell hides what the tables say, and its exponential might overflow. */
const FLOOR_ALONE = 40;

/** Normalizes logits: weights over the components, tables over the codes of a column. */
export function mixtureTables(weights: ArrayLike<number>, columns: readonly ArrayLike<number>[]): MixtureTables {
  return {
    logWeights: Float64Array.from(columnShares(weights, 1), Math.log),
    columns: columns.map((logits) => columnShares(logits, weights.length)),
  };
}

/** The softmax of each column of a matrix, of which no entry is zero. */
function columnShares(logits: ArrayLike<number>, columns: number): Float64Array {
  const result = new Float64Array(logits.length);
  const highest = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  const total = new Float64Array(columns);
  for (let at = 0; at < logits.length; at++) {
    highest[at % columns] = Math.max(highest[at % columns] as number, logits[at] as number);
  }
  for (let at = 0; at < logits.length; at++) {
    result[at] = Math.max(Math.exp((logits[at] as number) - (highest[at % columns] as number)), LEAST);
    total[at % columns] = (total[at % columns] as number) + (result[at] as number);
  }
  for (let at = 0; at < logits.length; at++) result[at] = (result[at] as number) / (total[at % columns] as number);
  return result;
}

/**
 * Writes `log wₖ + Σⱼ log pⱼₖ(xⱼ)` of a row over the given columns.
 *
 * @param target one number per component.
 */
export function jointLogProb(
  tables: MixtureTables,
  asked: readonly AskedColumn[],
  row: number,
  target: Float64Array,
): void {
  const count = target.length;
  target.set(tables.logWeights);
  const product = new Float64Array(count).fill(1);
  let common = 0;
  let factors = 0;
  for (const { index, coding, cells } of asked) {
    const code = cells.codes[row] as number;
    if (code === UNKNOWN) continue;
    const floor = cells.logFloor[row] as number;
    if (code < 0) {
      common += floor;
      continue;
    }
    const logInside = (cells.logWeight[row] as number) + coding.logHead;
    if (floor - logInside > FLOOR_ALONE) {
      common += floor;
      continue;
    }
    common += logInside;
    const extra = Math.exp(floor - logInside);
    const table = tables.columns[index] as Float64Array;
    const at = code * count;
    for (let k = 0; k < count; k++) product[k] = (product[k] as number) * ((table[at + k] as number) + extra);
    if (++factors % GROUP === 0) takeLogarithm(product, target);
  }
  takeLogarithm(product, target);
  for (let k = 0; k < count; k++) target[k] = (target[k] as number) + common;
}

function takeLogarithm(product: Float64Array, target: Float64Array): void {
  for (let k = 0; k < product.length; k++) target[k] = (target[k] as number) + Math.log(product[k] as number);
  product.fill(1);
}
