import type { Key } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import type { RowDensity } from "@pushforward/tables";
import {
  type CellCoding,
  columnFromCells,
  type FilledRows,
  type FillOptions,
  type FreeCells,
  type NumberSupport,
} from "@pushforward/tables/extend";

/** What can be asked: the density of the rows of a table. */
export interface JointDensity {
  /** The columns without rows, for their names and kinds. */
  readonly columns: readonly Column[];
  /** The log-density of each row, in nats. */
  logProb(table: Table): Float64Array;
  sample(key: Key, rows: number): Table;
  /** How the cells of a column are coded, which tells what it can have. Absent: all numbers. */
  readonly codingOf: (name: string) => CellCoding | undefined;
  /** The numbers of a column that can be drawn. Absent: not known. */
  readonly support: (name: string) => NumberSupport | undefined;
  /** Draws free cells given those before them, where the density has an order of its columns. */
  readonly fill?: ((key: Key, table: Table, free: FreeCells, options: FillOptions) => FilledRows) | undefined;
}

/** A density of rows as questions need it. */
export function jointDensity(model: RowDensity): JointDensity {
  const codings = new Map(model.columns.map(({ name, coding }) => [name, coding]));
  return {
    columns: model.columns.map(({ name, coding }) => columnFromCells(name, coding?.columnKind ?? "number", [])),
    support: (name) => model.support(name),
    logProb: (table) => model.logProb(table),
    sample: (key, rows) => model.sample(key, rows),
    codingOf: (name) => codings.get(name),
    ...(model.fill && {
      fill: (...args: Parameters<NonNullable<RowDensity["fill"]>>) =>
        (model.fill as NonNullable<RowDensity["fill"]>).apply(model, args),
    }),
  };
}
