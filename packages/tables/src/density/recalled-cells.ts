import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/plain";
import type { CodedCells } from "./cell-limits.ts";
import { CELL_SIZE, type CellCoding } from "./coding/category-coding.ts";

/** The parts of {@link RecalledCells}, as a model file stores them. */
export interface RecalledCellsOptions {
  /** Places of the earlier columns that select a group; empty for a single group. */
  readonly by: readonly number[];
  /** For each group the cells of these columns: numbers, or codes of categories. */
  readonly keys: readonly (readonly number[])[];
  /** The cells of each group, rising, and their probabilities. */
  readonly groups: readonly RecalledGroup[];
}

/** The present cells of a group as numbers, or codes of categories, and their probabilities. The sum of these is below 1. */
export interface RecalledGroup {
  readonly values: readonly number[];
  readonly shares: readonly number[];
}

/**
 * Cells that several training rows have where earlier columns have the same cells, such as the areas of the lots with the same
 * frontage. A cell is recalled with a probability; otherwise the networks draw it. With the count c of a cell among
 * the n rows of its group,
 *
 *     P(x) = m(x) + (1 − Σ m) p_networks(x),  m(x) = (c − d) / (n + α)
 *
 * with a discount d and a strength α that maximize the likelihood of rows that are left out: the predictive probability of a
 * Pitman–Yor process (Pitman and Yor 1997). If more than a quarter of the rows have a unique cell in their group, m is 0 for c = 1.
 */
export class RecalledCells {
  readonly by: readonly number[];
  readonly groups: readonly RecalledGroup[];
  /** The sum of the probabilities of each group. */
  readonly shares: Float64Array;
  readonly keys: readonly (readonly number[])[];
  private readonly groupAt: ReadonlyMap<number | string, number>;

  constructor({ by, keys, groups }: RecalledCellsOptions) {
    this.by = by;
    this.keys = keys;
    this.groups = groups;
    this.shares = Float64Array.from(groups, ({ shares }) => shares.reduce((sum, share) => sum + share, 0));
    this.groupAt = new Map(keys.map((key, group) => [nameOf(key), group]));
  }

  /** The group of each cell; −1 for a cell that recalls none. @param cellsOf the cells of an earlier column. */
  groupsOf(cells: number, cellsOf: (place: number) => CodedCells): Int32Array {
    const read = this.by.map((place) => keysOf(cellsOf(place)));
    const key = new Array<number>(read.length);
    return Int32Array.from({ length: cells }, (_, cell) => {
      for (const [k, own] of read.entries()) key[k] = own[cell] as number;
      return this.groupAt.get(nameOf(key)) ?? -1;
    });
  }

  toJson(): Json {
    const { by, keys, groups } = this;
    return {
      by: [...by],
      keys: keys.flat(),
      counts: groups.map(({ values }) => values.length),
      values: groups.flatMap(({ values }) => [...values]),
      shares: groups.flatMap(({ shares }) => [...shares]),
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
  const counts = reader.counts("counts", { min: 1 });
  const [keys, values] = [reader.numbers("keys"), reader.numbers("values")];
  const shares = reader.numbers("shares", { min: 0, max: 1 });
  reader.end();
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (keys.length !== counts.length * by.length || values.length !== total || shares.length !== total) {
    const got = `${keys.length}, ${values.length} and ${shares.length}`;
    throw new ModelFileError(
      "config",
      `${TYPE}: expected ${counts.length * by.length} keys, ${total} values and ${total} shares, got ${got}.`,
    );
  }
  let from = 0;
  const groups = counts.map((count) => {
    const to = from + count;
    const group = { values: values.slice(from, to), shares: shares.slice(from, to) };
    from = to;
    return group;
  });
  return new RecalledCells({
    by,
    keys: groups.map((_, group) => keys.slice(group * by.length, (group + 1) * by.length)),
    groups,
  });
}

/** The cells of a column as keys: its numbers, NaN for a missing one; or the codes of its categories, −1 for a new one. */
export function keysOf({ cells, values }: CodedCells): Float64Array {
  return (
    values ?? Float64Array.from({ length: cells.length / CELL_SIZE }, (_, row) => cells[row * CELL_SIZE] as number)
  );
}

/** The same with NaN for missing cells, for a column that recalls its cells. */
export function identitiesOf({ columnKind, missingCode }: CellCoding, cells: CodedCells): Float64Array {
  const keys = keysOf(cells);
  return columnKind === "number" ? keys : keys.map((code) => (code === missingCode ? Number.NaN : code));
}

function nameOf(key: readonly number[]): number | string {
  return key.length === 1 ? (key[0] as number) : key.join(" ");
}
