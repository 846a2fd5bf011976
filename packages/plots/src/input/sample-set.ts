import { type Numbers, toNumbers } from "./numbers.ts";

/** One group of rows: a species, the data, the samples of a model. */
export interface SampleSet {
  readonly name: string;
  /** One array per column, all of the same length. */
  readonly values: readonly Numbers[];
  readonly color?: string;
}

/** The columns of a set, as many as wanted, all of the same length. */
export function checkedColumns(where: string, set: SampleSet, count: number): readonly Float64Array[] {
  if (set.values.length !== count) {
    throw new RangeError(`${where}: expected ${count} columns in set "${set.name}", got ${set.values.length}.`);
  }
  const columns = set.values.map((values, c) => toNumbers(where, `values[${c}] of set "${set.name}"`, values));
  const length = (columns[0] as Float64Array).length;
  const other = columns.findIndex((column) => column.length !== length);
  if (other >= 0) {
    const got = (columns[other] as Float64Array).length;
    throw new RangeError(
      `${where}: expected ${length} rows in every column of set "${set.name}", got ${got} in column ${other}.`,
    );
  }
  return columns;
}
