import { type Key, ndArray } from "@pushforward/core";
import { getColumn, type NumberColumn, type Table } from "@pushforward/datasets";
import { type Flow, logProbRows, sampleRows } from "@pushforward/flows";
import {
  type CellCoding,
  type FilledRows,
  type FillOptions,
  type FreeCells,
  type TableDensity,
  TableMixture,
} from "@pushforward/tables";

/** What can be asked: the density of the rows of a table. */
export interface JointDensity {
  /** Names of the columns. */
  readonly names: readonly string[];
  /** The log-density of each row, in nats. */
  logProb(table: Table): Float64Array;
  sample(key: Key, rows: number): Table;
  /** How the cells of a column are coded, which tells what it can have. Absent: all numbers. */
  readonly codingOf?: ((name: string) => CellCoding) | undefined;
  /** Draws free cells given those before them, where the density has an order of its columns. */
  readonly fill?: ((key: Key, table: Table, free: FreeCells, options: FillOptions) => FilledRows) | undefined;
}

/** A flow of the numeric columns of a table, as a density of its rows. */
export function flowDensity(flow: Flow, names: readonly string[]): JointDensity {
  return {
    names,
    logProb(table) {
      const columns = names.map((name) => getColumn(table, name).values as ArrayLike<number>);
      const data = Float64Array.from(
        { length: table.rows * names.length },
        (_, at) => columns[at % names.length]?.[Math.floor(at / names.length)] as number,
      );
      return logProbRows(flow, ndArray([table.rows, names.length], data));
    },
    sample(key, rows) {
      const { data } = sampleRows(flow, key, rows);
      return {
        rows,
        columns: names.map(
          (name, j): NumberColumn => ({
            ...{ name, kind: "number" },
            values: Float64Array.from({ length: rows }, (_, row) => data[row * names.length + j] as number),
          }),
        ),
      };
    },
  };
}

/** The density of a table of any columns. */
export function tableJointDensity(model: TableDensity | TableMixture): JointDensity {
  const codings = new Map(model.columns.map(({ name, coding }) => [name, coding]));
  const networks = model instanceof TableMixture ? model.density : model;
  return {
    names: model.columns.map(({ name }) => name),
    logProb: (table) => model.logProb(table),
    sample: (key, rows) => model.sample(key, rows),
    codingOf: (name) => codings.get(name) as CellCoding,
    fill: (key, table, free, options) => networks.fill(key, table, free, options),
  };
}
