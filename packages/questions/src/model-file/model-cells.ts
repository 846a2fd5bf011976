import { readVariables, type Variable, writeVariables } from "@pushforward/columns";
import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { refuseInfinite } from "@pushforward/datasets/extend";
import { canOccur, sampleColumns } from "@pushforward/tables/extend";
import { isTableDensity, type LoadedModel } from "./loaded-model.ts";

/** How a model reads and writes cells. */
export interface ModelCells {
  /** Names of its columns. */
  readonly names: readonly string[];
  /** Columns of a file as the model reads them: texts, or numbers that were read already. */
  readonly read: (columns: Table) => Table;
  /** Rows of the model as its file has them. */
  readonly write: (table: Table) => Table;
  /** Whether a column can have a cell: a category that training rows had, or a number within its bounds and on its grid. */
  readonly canOccur: (name: string, cell: number | string) => boolean;
}

/**
 * How a model reads and writes cells.
 *
 * @param modelFile name of its file, for messages.
 * @example
 * const names = (model: LoadedModel) => modelCells(model, "model.safetensors").names;
 */
export function modelCells(model: LoadedModel, modelFile: string): ModelCells {
  if (isTableDensity(model)) {
    const { learned, density } = model;
    const codings = new Map(density.columns.map(({ name, coding }) => [name, coding]));
    return {
      names: learned.map(({ name }) => name),
      read: (columns) => readVariables(columns, known(learned, columns)).table,
      write: (table) => writeVariables({ variables: learned, table: inOrder(table, learned) }),
      canOccur: (name, cell) => {
        const coding = codings.get(name);
        return coding !== undefined && canOccur(coding, cell);
      },
    };
  }
  const { schema } = model;
  return {
    names: schema.columns,
    read: (columns) => ({
      rows: columns.rows,
      columns: columns.columns
        .filter(({ name }) => schema.columns.includes(name))
        .map((column) => numbersOf(column, modelFile)),
    }),
    write: (table) => {
      const width = schema.columns.length;
      const columns = schema.columns.map((name) => table.columns.find((column) => column.name === name)?.values ?? []);
      const data = Float64Array.from({ length: table.rows * width }, (_, at) =>
        Number(columns[at % width]?.[Math.floor(at / width)]),
      );
      return { rows: table.rows, columns: sampleColumns(schema, { shape: [table.rows, width], data }) };
    },
    canOccur: (_, cell) => typeof cell === "number",
  };
}

function numbersOf(column: Column, file: string): Column {
  if (column.kind === "number") {
    refuseInfinite(column);
    return column;
  }
  const values = Float64Array.from(column.values, (text, row) => {
    if (column.missing?.has(row) || text.trim() === "") return Number.NaN;
    const value = Number(text);
    if (!Number.isFinite(value)) {
      throw new DataError(
        `${file}, row ${row + 1}: expected ${Number.isNaN(value) ? "a number" : "a finite number"} for the column ${column.name}, got "${text}".`,
        {
          ...{ column: column.name, row: row + 1 },
        },
      );
    }
    return value;
  });
  return { name: column.name, kind: "number", values };
}

function known(variables: readonly Variable[], { columns }: Table): readonly Variable[] {
  const names = new Set(columns.map(({ name }) => name));
  return variables.filter(({ name }) => names.has(name));
}

function inOrder({ rows, columns }: Table, variables: readonly Variable[]): Table {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return { rows, columns: variables.flatMap(({ name }) => byName.get(name) ?? []) };
}
