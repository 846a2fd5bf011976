import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/plain";
import type { CodedCells } from "./cell-limits.ts";
import { CELL_SIZE, type CellCoding, headSize } from "./coding/category-coding.ts";

/** The parts of {@link RecalledCells}, as a model file stores them. */
export interface RecalledCellsOptions {
  /** Places of the earlier columns that select a group; empty for a single group. */
  readonly by: readonly number[];
  /** For each group the cells of these columns: numbers, or codes of categories. */
  readonly keys: readonly (readonly number[])[];
  /** The cells of each group, rising, and their weights. A last group without a key is the group of all other rows. */
  readonly groups: readonly RecalledGroup[];
}

/**
 * The cells of a group, as numbers or as codes. The weights of numbers are probabilities with a sum below 1. The weights of codes are
 * changes of logits.
 */
export interface RecalledGroup {
  readonly values: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Cells that several training rows have where earlier columns have the same cells, such as the areas of the lots with the same
 * frontage.
 *
 * In a column with a density, networks know no single number. A number is recalled, or the networks draw it:
 *
 *     P(x) = m(x) + (1 − Σ m) p_networks(x),  m(x) = (c − d) / (n + α)
 *
 * with the count c of the number among the n rows of the group. The discount d and the strength α maximize the likelihood of rows
 * that are left out: the predictive probability of a Pitman–Yor process (Pitman and Yor 1997). The numbers that columns without
 * copies keep are the numbers of more than a quarter of all rows. If more than a quarter of the rows have a unique number in their
 * group, m is 0 for c = 1; without folds, the m of the repeated numbers then have a common factor, so that Σ m stays the same. In a
 * row where a number breaks a rule, its m is 0; beyond an edge, its m has the factor of the edge.
 *
 * In a column that has a code for each cell, a group has an effect as far as its codes differ from the expectation of the networks.
 * The probabilities of each network are multiplied by the effects and normalized:
 *
 *     P(x) ∝ p_network(x) (c + α) / (e + α)
 *
 * with the sum e of `p_networks(x)` over the rows of the group. The codes that do not occur in the group have one effect together,
 * and the weights are relative to it. This is the empirical Bayes estimate of relative rates (Clayton and Kaldor 1987). All rows
 * without a group of two training rows form a last group, because rows with a unique key differ from rows with a frequent one.
 */
export class RecalledCells {
  readonly by: readonly number[];
  readonly groups: readonly RecalledGroup[];
  /** The sum of the weights of each group: of numbers, the probability that the number of a row is recalled. */
  readonly sums: Float64Array;
  readonly keys: readonly (readonly number[])[];
  private readonly groupAt: ReadonlyMap<number | string, number>;

  constructor({ by, keys, groups }: RecalledCellsOptions) {
    this.by = by;
    this.keys = keys;
    this.groups = groups;
    this.sums = Float64Array.from(groups, ({ weights }) => weights.reduce((sum, weight) => sum + weight, 0));
    this.groupAt = new Map(keys.map((key, group) => [nameOf(key), group]));
  }

  /** The group of each cell; −1 for a cell without a group. @param cellsOf the cells of an earlier column. */
  groupsOf(cells: number, cellsOf: (place: number) => CodedCells): Int32Array {
    const read = this.by.map((place) => keysOf(cellsOf(place)));
    const key = new Array<number>(read.length);
    const others = this.keys.length < this.groups.length ? this.keys.length : -1;
    return Int32Array.from({ length: cells }, (_, cell) => {
      for (const [k, own] of read.entries()) key[k] = own[cell] as number;
      return this.groupAt.get(nameOf(key)) ?? others;
    });
  }

  toJson(): Json {
    const { by, keys, groups } = this;
    return {
      by: [...by],
      keys: keys.flat(),
      sizes: groups.map(({ values }) => values.length),
      values: groups.flatMap(({ values }) => [...values]),
      weights: groups.flatMap(({ weights }) => [...weights]),
    };
  }
}

const TYPE = "pushforward/table-density.copies.recalled";

/**
 * Reads the cells that {@link RecalledCells.toJson} wrote.
 *
 * @throws {ModelFileError} a field is missing, has a wrong type, or contradicts a second field.
 */
export function recalledFromJson(json: Json): RecalledCells {
  const reader = new ConfigReader(TYPE, json);
  const by = reader.counts("by", { min: 0 });
  const sizes = reader.counts("sizes", { min: 1 });
  const [keys, values] = [reader.numbers("keys"), reader.numbers("values")];
  const weights = reader.numbers("weights");
  reader.end();
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // All other rows may have a group, which has no key.
  const count = by.length === 0 ? sizes.length : keys.length / by.length;
  const areKeys = keys.length === count * by.length && (count === sizes.length || count === sizes.length - 1);
  if (!areKeys || values.length !== total || weights.length !== total) {
    const got = `${keys.length}, ${values.length} and ${weights.length}`;
    const wanted = by.length === 0 ? "0" : `${(sizes.length - 1) * by.length} or ${sizes.length * by.length}`;
    throw new ModelFileError(
      "config",
      `${TYPE}: expected ${wanted} keys, ${total} values and ${total} weights, got ${got}.`,
    );
  }
  let from = 0;
  const groups = sizes.map((size) => {
    const to = from + size;
    const group = { values: values.slice(from, to), weights: weights.slice(from, to) };
    from = to;
    return group;
  });
  return new RecalledCells({
    by,
    keys: Array.from({ length: count }, (_, group) => keys.slice(group * by.length, (group + 1) * by.length)),
    groups,
  });
}

/** The cells of a column as keys: its numbers, NaN for a missing one; or the codes of its categories, −1 for a new one. */
export function keysOf(column: CodedCells): Float64Array {
  return column.values ?? codesOf(column);
}

/** The codes of the cells of a column; −1 for a cell without a code. */
export function codesOf({ cells }: CodedCells): Float64Array {
  return Float64Array.from({ length: cells.length / CELL_SIZE }, (_, row) => cells[row * CELL_SIZE] as number);
}

/** `true` for a column that has a code for each cell. */
export function hasOnlyCodes({ components }: Pick<CellCoding, "components">): boolean {
  return components === 0;
}

/** Adds the weights of the codes that some rows recall to heads `[rows, head]`. @param groups the group of each row, −1 for none. */
export function addWeights(
  heads: Float32Array,
  coding: CellCoding,
  recalled: RecalledCells,
  groups: ArrayLike<number>,
): void {
  const size = headSize(coding);
  for (let row = 0; row < groups.length; row++) {
    const own = recalled.groups[groups[row] as number];
    for (const [i, code] of own?.values.entries() ?? []) {
      const at = row * size + code;
      heads[at] = (heads[at] as number) + (own?.weights[i] as number);
    }
  }
}

function nameOf(key: readonly number[]): number | string {
  return key.length === 1 ? (key[0] as number) : key.join(" ");
}
