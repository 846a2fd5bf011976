import { DataError, OptionError } from "@pushforward/core";
import type { CellCoding } from "../../density/coding/category-coding.ts";
import { codingOf } from "../../density/coding/coding-of.ts";
import type { TableParts } from "../../density/fit/column-evidence.ts";
import { type EncodedCells, UNKNOWN } from "./column-tables.ts";

/** Parameters of a mixture of products in float64, normalized. */
export interface MixtureTables {
  readonly logWeights: Float64Array;
  /** For each column the probabilities of its codes, `[codes, components]`. */
  readonly columns: readonly Float64Array[];
}

/** Cells of one column to evaluate. */
export interface AskedColumn {
  /** Place of the column in the mixture. */
  readonly index: number;
  readonly coding: CellCoding;
  readonly cells: EncodedCells;
}

/**
 * Number of columns with probabilities that are multiplied before a logarithm is taken. With `LEAST` the product can't
 * underflow.
 */
const GROUP = 8;
const LEAST = 1e-35;
/** Excess of the floor of a cell from which it hides the tables, and its exponential might overflow. */
export const FLOOR_ALONE = 40;

/** Normalizes logits: weights over the components, tables over the codes of a column. */
export function mixtureTables(weights: ArrayLike<number>, columns: readonly ArrayLike<number>[]): MixtureTables {
  return {
    logWeights: Float64Array.from(columnShares(weights, 1), Math.log),
    columns: columns.map((logits) => columnShares(logits, weights.length)),
  };
}

/** Returns the softmax of each column of a matrix; no entry is zero. */
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

/** Options for the columns that a mixture learns, and for the codes of their cells. */
export interface MixtureColumnsOptions {
  readonly columns?: readonly string[] | undefined;
  readonly steps?: ReadonlyMap<string, number> | undefined;
  readonly codings?: readonly MixtureColumn[] | undefined;
}

/**
 * Returns the columns that a mixture learns, with the given codings, or with codings of its rows.
 *
 * @param where prefix of error messages.
 * @throws {DataError} no columns. @throws {OptionError} a coding is missing.
 */
export function mixtureColumns(
  where: string,
  { train, validation }: Pick<TableParts, "train" | "validation">,
  { columns, codings, steps }: MixtureColumnsOptions,
): readonly MixtureColumn[] {
  const names = columns ?? (codings ?? train.columns).map(({ name }) => name);
  if (names.length === 0) throw new DataError(`${where}: expected columns to learn, got none.`);
  return names.map((name) => {
    if (codings === undefined) return { name, coding: codingOf(train, name, { steps }, validation) };
    const found = codings.find((column) => column.name === name);
    if (found !== undefined) return { name, coding: found.coding };
    throw new OptionError(`${where}: expected a coding of column "${name}", got none.`);
  });
}

/**
 * Returns the requested numbers of components.
 *
 * @throws {OptionError} the numbers are not rising integers from 1.
 */
export function checkedSizes(where: string, components: number | readonly number[]): readonly number[] {
  const sizes = typeof components === "number" ? [components] : components;
  const isRising = sizes.every((size, i) => Number.isSafeInteger(size) && size > (sizes[i - 1] ?? 0));
  if (sizes.length > 0 && isRising) return sizes;
  throw new OptionError(`${where}: expected components to be rising integers from 1, got [${sizes}].`);
}

/** A column of a `ProductMixture`. A column of a `TableDensity` is one, too. */
export interface MixtureColumn {
  readonly name: string;
  readonly coding: CellCoding;
}

/**
 * Returns the number of codes for cells of a column: all codes except the mixture of logistics, which only networks
 * use.
 */
export function cellCodes({ codes, components }: CellCoding): number {
  return codes - (components > 0 ? 1 : 0);
}
