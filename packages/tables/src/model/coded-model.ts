import { type ReadTableOptions, readVariables, type Variable, writeVariables } from "@pushforward/columns";
import {
  blockRows,
  isLearnedVariable,
  isNumericVariable,
  logPrintedWidth,
  roundToFormat,
  variablesFromJson,
  variablesToJson,
} from "@pushforward/columns/extend";
import { createKey, type Json, type Key, ModelFileError, type Module } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { CategoryCoding, type CellCoding, type NumberSupport } from "../density/coding/category-coding.ts";
import { checkBlockStart } from "../flow/row-layout.ts";
import type {
  DrawOptions,
  PrintedNumbers,
  ReadingOptions,
  RowColumn,
  RowScores,
  TableModel,
  TypedRowsOptions,
} from "./table-model.ts";
import { canOccur } from "./unseen-cells.ts";

/** Density of columns with codings. */
export interface CodedDensity extends Module {
  readonly columns: readonly (RowColumn & { readonly coding: CellCoding })[];
  logProb(rows: Table): Float64Array;
  sample(key: Key, count: number, options?: { readonly context?: Table | undefined }): Table;
}

/** A density of columns of any kinds, with cells that may be missing, as a model of the table. */
export abstract class CodedModel<D extends CodedDensity> implements TableModel {
  readonly module: D;
  readonly variables: readonly Variable[];
  readonly learned: readonly Variable[];
  readonly names: readonly string[];
  readonly nonNegative: readonly string[] = [];
  readonly allowsMissing: boolean = true;
  readonly blockRows: number;
  abstract readonly scoresCells: boolean;
  abstract readonly context: readonly string[];

  /** @param variables all columns of the file, in their order. */
  constructor(module: D, variables: readonly Variable[]) {
    this.module = module;
    this.variables = variables;
    const names = new Set(module.columns.map(({ name }) => name));
    this.learned = variables.filter(({ name }) => names.has(name));
    this.names = this.learned.map(({ name }) => name);
    this.blockRows = blockRows(this.learned.length);
  }

  get printed(): PrintedNumbers {
    const byName = new Map(this.learned.map((variable) => [variable.name, variable]));
    const isReal = (variable: Variable | undefined): variable is Variable =>
      variable?.numberFormat !== undefined && variable.step === undefined;
    return {
      round: (name, x) => {
        const variable = byName.get(name);
        return isReal(variable) ? roundToFormat(x, variable.numberFormat ?? {}) : x;
      },
      width: (name, x) => {
        const variable = byName.get(name);
        return isReal(variable) ? Math.exp(logPrintedWidth(variable, x)) : 0;
      },
    };
  }

  abstract support(name: string): NumberSupport | undefined;

  abstract describe(): string[];

  abstract score(rows: Table): RowScores;

  get columns(): D["columns"] {
    return this.module.columns;
  }

  reading({ missing, keepOthers }: ReadingOptions): ReadTableOptions {
    return {
      columns: this.names,
      others: keepOthers ? "keep" : "leave",
      kinds: "text",
      missing: missing ?? "keep",
      chunkRows: this.blockRows,
    };
  }

  read(table: Table, { file, isPartial = false }: TypedRowsOptions = {}): Table {
    const present = new Set(table.columns.map(({ name }) => name));
    const variables = this.learned.filter(({ name }) => !isPartial || present.has(name));
    return readVariables(table, variables, { file }).table;
  }

  numbersOf(column: Column): ArrayLike<number> {
    if (column.kind === "number") return column.values;
    const { name, missing } = column;
    const coded = this.columns.find((one) => one.name === name)?.coding.encode(column);
    return Float64Array.from(column.values, (_, row) => {
      if (missing?.has(row)) return Number.NaN;
      // A category that the model knows has no floor.
      return coded?.logFloor[row] === Number.NEGATIVE_INFINITY ? (coded.codes[row] as number) : -1;
    });
  }

  categoriesOf(name: string): readonly string[] | undefined {
    const coding = this.columns.find((column) => column.name === name)?.coding;
    return coding instanceof CategoryCoding ? coding.categories : undefined;
  }

  canOccur(name: string, cell: number | string): boolean {
    const coding = this.columns.find((column) => column.name === name)?.coding;
    return coding !== undefined && canOccur(coding, cell);
  }

  write(rows: Table): Table {
    const byName = new Map(rows.columns.map((column) => [column.name, column]));
    const variables = this.learned.filter(({ name }) => byName.has(name));
    const columns = variables.map(({ name }) => byName.get(name) as Column);
    return writeVariables({ variables, table: { rows: rows.rows, columns } });
  }

  logProb(rows: Table): Float64Array {
    return this.module.logProb(rows);
  }

  sample(key: Key, count: number, options?: { readonly context?: Table | undefined }): Table {
    return this.module.sample(key, count, options);
  }

  *draw({
    count,
    seed,
    from: first = 0,
    context,
    block: most = Number.POSITIVE_INFINITY,
  }: DrawOptions): Generator<Table> {
    const key = createKey(seed);
    const size = Math.min(most, this.blockRows);
    const total = count * (context?.rows ?? 1);
    checkBlockStart("draw", first, size);
    const given = new Set(this.context);
    const variables = [
      ...this.learned.filter(({ name }) => given.has(name)),
      ...this.learned.filter(({ name }) => !given.has(name)),
    ];
    for (let from = first, block = first / size; from < total; from += size, block++) {
      const rows = Math.min(size, total - from);
      // All rows of one context, then those of the next.
      const indices = Array.from({ length: context === undefined ? 0 : rows }, (_, i) =>
        Math.floor((from + i) / count),
      );
      const drawn =
        context === undefined
          ? this.module.sample(key.fold(block), rows)
          : this.module.sample(key.fold(block), 1, { context: takeTableRows(context, indices) });
      const byName = new Map(drawn.columns.map((column) => [column.name, column]));
      const columns = variables.flatMap(({ name }) => byName.get(name) ?? []);
      yield writeVariables({ variables, table: { rows: drawn.rows, columns } });
    }
  }

  toJson(): Json {
    return { variables: variablesToJson(this.variables) };
  }
}

/**
 * The columns of a file, which its metadata describe, for a model with codings.
 *
 * @throws {ModelFileError} the columns of the file are not described, or do not fit the model.
 */
export function codedVariables({ columns }: Pick<CodedDensity, "columns">, table: Json, where: string): Variable[] {
  const variables = storedVariables(table);
  if (variables === undefined) {
    throw new ModelFileError("metadata", `${where}: expected a description of the columns of its table, got none.`);
  }
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  for (const { name, coding } of columns) {
    const variable = byName.get(name);
    if (
      variable === undefined ||
      !isLearnedVariable(variable) ||
      isNumericVariable(variable) !== (coding.columnKind === "number")
    ) {
      throw new ModelFileError(
        "metadata",
        `${where}: expected column "${name}" as the model has learned it, got ${variable?.kind ?? "no such column"}.`,
      );
    }
  }
  return variables;
}

function storedVariables(table: Json): Variable[] | undefined {
  if (typeof table !== "object" || table === null || Array.isArray(table)) return undefined;
  const variables = new Map(Object.entries(table)).get("variables");
  return variables === undefined ? undefined : variablesFromJson(variables);
}
