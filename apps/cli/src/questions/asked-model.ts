import {
  askTable,
  type Column,
  type Condition,
  type Conditions,
  createKey,
  type NumberRange,
  type Table,
  type TableQuestions,
} from "pushforward";
import { readVariables, sampleColumns, type Variable, writeVariables } from "pushforward/extend";
import { UserError } from "../errors/user-error.ts";
import { isTableDensity, type LoadedModel } from "../reading/load-table-model.ts";
import type { WrittenCondition } from "./parse-conditions.ts";

/** How a model reads and writes cells. */
export interface ModelCells {
  /** Names of its columns. */
  readonly names: readonly string[];
  /** Columns of a file, as text, as the model reads them. */
  readonly read: (columns: Table) => Table;
  /** Rows of the model as its file has them. */
  readonly write: (table: Table) => Table;
}

/** A model that is asked about some columns given others. */
export interface AskedModel extends ModelCells {
  readonly questions: TableQuestions;
}

/** How a model reads and writes cells. */
export function modelCells(model: LoadedModel, modelFile: string): ModelCells {
  if (isTableDensity(model)) {
    const { learned } = model;
    return {
      names: learned.map(({ name }) => name),
      read: (columns) => readVariables(columns, known(learned, columns)).table,
      write: (table) => writeVariables({ variables: learned, table: inOrder(table, learned) }),
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
  };
}

/**
 * Prepares a model for questions.
 *
 * @throws {UserError} the model is conditional: its given columns have no density.
 */
export async function askModel(model: LoadedModel, modelFile: string, seed: number): Promise<AskedModel> {
  const key = createKey(seed).fold("questions");
  const cells = modelCells(model, modelFile);
  if (isTableDensity(model)) {
    const { density } = model;
    if (density.given.length > 0) throw conditionalModel(modelFile, density.given);
    return { ...cells, questions: await askTable(density, { key }) };
  }
  const { schema, flow } = model;
  if (!("eventShape" in flow))
    throw conditionalModel(
      modelFile,
      schema.context.map(({ name }) => name),
    );
  return { ...cells, questions: await askTable(flow, { key, columns: schema.columns }) };
}

/** Conditions as the model reads them. */
export function conditionsOf(written: readonly WrittenCondition[], { read, questions }: AskedModel): Conditions {
  const kinds = new Map(questions.columns.map(({ name, kind }) => [name, kind]));
  const conditions: Record<string, Condition> = {};
  for (const { column, operator, value } of written) {
    // Of a category `income>50K` means the value ">50K".
    const isText = kinds.get(column) === "text";
    const text = isText && operator !== "=" ? `${operator}${value}` : value;
    const missing = text === "" ? { missing: new Set([0]) } : {};
    const one = read({ rows: 1, columns: [{ name: column, kind: "text", values: [text], ...missing }] })
      .columns[0] as Column;
    const cell =
      one.kind === "text" ? (one.missing?.has(0) ? null : (one.values[0] as string)) : numberOrNull(one.values[0]);
    conditions[column] =
      isText || operator === "=" ? cell : { ...rangeOf(conditions[column]), ...bound(operator, cell, column) };
  }
  return conditions;
}

function rangeOf(condition: Condition | undefined): NumberRange {
  return typeof condition === "object" && condition !== null && !("in" in condition) ? condition : {};
}

function bound(operator: WrittenCondition["operator"], cell: string | number | null, column: string): NumberRange {
  if (typeof cell !== "number") {
    throw new UserError(`--given: expected a number behind ${operator} for the column ${column}, got none.`);
  }
  const names = { ">=": "min", ">": "above", "<=": "max", "<": "below", "=": "min" } as const;
  return { [names[operator]]: cell };
}

function numberOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

function numbersOf(column: Column, file: string): Column {
  if (column.kind === "number") return column;
  const values = Float64Array.from(column.values, (text, row) => {
    if (column.missing?.has(row) || text.trim() === "") return Number.NaN;
    const value = Number(text);
    if (Number.isNaN(value)) {
      throw new UserError(`${file}: expected a number for the column ${column.name}, got "${text}".`);
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

function conditionalModel(file: string, given: readonly string[]): UserError {
  return new UserError(
    `${file}: expected a model of all columns, got one that is conditional on ${given.join(", ")}: fit one without --context.`,
  );
}
