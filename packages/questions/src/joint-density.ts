import { createKey, type Key, ndArray } from "@pushforward/core";
import type { Column, NumberColumn, Table } from "@pushforward/datasets";
import { getColumn } from "@pushforward/datasets/extend";
import { type Flow, logProbRows, sampleRows } from "@pushforward/flows";
import type { TableDensity } from "@pushforward/tables";
import {
  type CellCoding,
  columnFromCells,
  type FilledRows,
  type FillOptions,
  type FreeCells,
  type NumberSupport,
  NumericFlow,
  TableMixture,
} from "@pushforward/tables/extend";

/** What can be asked: the density of the rows of a table. */
export interface JointDensity {
  /** The columns without rows, for their names and kinds. */
  readonly columns: readonly Column[];
  /** The log-density of each row, in nats. */
  logProb(table: Table): Float64Array;
  sample(key: Key, rows: number): Table;
  /** How the cells of a column are coded, which tells what it can have. Absent: all numbers. */
  readonly codingOf?: ((name: string) => CellCoding) | undefined;
  /** The numbers of a column that can be drawn. Absent: not known. */
  readonly support: (name: string) => NumberSupport | undefined;
  /** Draws free cells given those before them, where the density has an order of its columns. */
  readonly fill?: ((key: Key, table: Table, free: FreeCells, options: FillOptions) => FilledRows) | undefined;
}

/** Rows that tell where a flow draws, and how many widths of their range lie between it and the end of what counts as possible. */
const SUPPORT_ROWS = 256;
const SUPPORT_WIDTHS = 1000;

/** Where drawn numbers lie, with a wide margin: only numbers that no sample of any usual size reaches are outside. */
function wideSupport(drawn: Table, name: string): NumberSupport | undefined {
  const values = (getColumn(drawn, name).values as Float64Array).filter(Number.isFinite);
  if (values.length === 0) return undefined;
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const margin = SUPPORT_WIDTHS * (high - low || Math.max(1, Math.abs(low)));
  return { low: low - margin, high: high + margin };
}

/** A flow of the numeric columns of a table, as a density of its rows. */
export function flowDensity(flow: Flow, names: readonly string[]): JointDensity {
  let drawn: Table | undefined;
  const density: JointDensity = {
    columns: names.map((name) => columnFromCells(name, "number", [])),
    support(name) {
      drawn ??= density.sample(createKey(0).fold("support"), SUPPORT_ROWS);
      return wideSupport(drawn, name);
    },
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
  return density;
}

/** The density of a table of any columns. */
export function tableJointDensity(model: TableDensity | TableMixture): JointDensity {
  const codings = new Map(model.columns.map(({ name, coding }) => [name, coding]));
  const networks = model instanceof TableMixture ? model.density : model;
  // A flow of some columns has no bounds; columns that follow from others have no range of their own.
  const flows = model instanceof TableMixture ? model.members.filter((one) => one instanceof NumericFlow) : [];
  const unbounded = new Set([
    ...flows.flatMap(({ columns }) => columns),
    ...model.columns.flatMap(({ name, dependent }) => (dependent === undefined ? [] : [name])),
  ]);
  let drawn: Table | undefined;
  return {
    columns: model.columns.map(({ name, coding }) => columnFromCells(name, coding.columnKind, [])),
    support(name) {
      if (!unbounded.has(name)) return model.columns.find((column) => column.name === name)?.coding.support;
      drawn ??= model.sample(createKey(0).fold("support"), SUPPORT_ROWS);
      return wideSupport(drawn, name);
    },
    logProb: (table) => model.logProb(table),
    sample: (key, rows) => model.sample(key, rows),
    codingOf: (name) => codings.get(name) as CellCoding,
    fill: (key, table, free, options) => networks.fill(key, table, free, options),
  };
}
