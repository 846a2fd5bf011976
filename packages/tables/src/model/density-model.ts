import {
  blockRows,
  isLearnedVariable,
  isNumericVariable,
  type ReadTableOptions,
  readVariables,
  type Variable,
  variablesFromJson,
  variablesToJson,
  writeVariables,
} from "@pushforward/columns";
import { createKey, type Json, type Key, ModelFileError } from "@pushforward/core";
import { type Column, type Table, takeTableRows } from "@pushforward/datasets";
import { CategoryCoding } from "../density/coding/category-coding.ts";
import type { NumberSupport } from "../density/coding/cell-coding.ts";
import type { DensityColumn } from "../density/density-column.ts";
import type { FilledRows, FillOptions, FreeCells } from "../density/fill-rows.ts";
import { type SampleTableOptions, sumCells, TableDensity } from "../density/table-density.ts";
import { checkBlockStart } from "../flow/sample-blocks.ts";
import type { NormalMixture } from "../mixtures/normal-mixture/normal-mixture.ts";
import { TableMixture } from "../mixtures/table-mixture/table-mixture.ts";
import { columnsToJson, describeColumns } from "./describe-columns.ts";
import type { DrawOptions, ReadingOptions, ReadRowsOptions, RowScores, TableModel } from "./table-model.ts";
import { canOccur } from "./unseen-cells.ts";

/** Parts of a {@link DensityModel}. */
export interface DensityModelParts {
  readonly density: TableDensity | TableMixture;
  /** All columns of the file, in their order. */
  readonly variables: readonly Variable[];
}

/** A density of columns of any kinds, which are computed one after the other, as a model of the table. */
export class DensityModel implements TableModel {
  readonly module: TableDensity | TableMixture;
  readonly variables: readonly Variable[];
  readonly learned: readonly Variable[];
  readonly nonNegative: readonly string[] = [];
  readonly scoresCells: boolean = true;
  readonly allowsMissing: boolean = true;
  readonly blockRows: number;

  constructor({ density, variables }: DensityModelParts) {
    this.module = density;
    this.variables = variables;
    const names = new Set(density.columns.map(({ name }) => name));
    this.learned = variables.filter(({ name }) => names.has(name));
    this.blockRows = blockRows(this.learned.length);
  }

  get columns(): readonly DensityColumn[] {
    return this.module.columns;
  }

  get names(): readonly string[] {
    return this.learned.map(({ name }) => name);
  }

  get given(): readonly string[] {
    return this.module.given;
  }

  get normals(): NormalMixture | undefined {
    return this.module.normals;
  }

  support(name: string): NumberSupport | undefined {
    return this.module.support(name);
  }

  describe(): string[] {
    return [...describeColumns(this.columns, this.variables), ...this.module.describeMembers()];
  }

  columnsToJson(): Json {
    return columnsToJson(this.columns, this.variables);
  }

  reading({ missing, keepOthers }: ReadingOptions): ReadTableOptions {
    return {
      columns: this.learned.map(({ name }) => name),
      others: keepOthers ? "keep" : "leave",
      kinds: "text",
      missing: missing ?? "keep",
      chunkRows: this.blockRows,
    };
  }

  read(table: Table, { file, isPartial = false }: ReadRowsOptions = {}): Table {
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

  score(rows: Table): RowScores {
    const byColumn = this.module.cellLogProb(rows);
    const values = new Map(byColumn.map((column, k) => [this.columns[k]?.name, column]));
    const scored = this.learned.filter(({ name }) => !this.given.includes(name));
    return {
      scores: sumCells(byColumn, rows.rows),
      cells: scored.map(({ name }) => ({ name, values: values.get(name) as Float64Array })),
    };
  }

  sample(key: Key, count: number, options?: SampleTableOptions): Table {
    return this.module.sample(key, count, options);
  }

  fill(key: Key, rows: Table, free: FreeCells, options?: FillOptions): FilledRows {
    return this.module.fill(key, rows, free, options);
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
    const given = new Set(this.given);
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
          : this.module.sample(key.fold(block), 1, { given: takeTableRows(context, indices) });
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
 * The model of a table of any columns, from what a model file holds; undefined for a model of another kind.
 *
 * @throws {ModelFileError} the columns of the file are not described, or do not fit the model.
 */
export function densityModel(module: unknown, table: Json, _metadata: Json, where: string): DensityModel | undefined {
  if (!(module instanceof TableDensity || module instanceof TableMixture)) return undefined;
  const variables = storedVariables(table);
  if (variables === undefined) {
    throw new ModelFileError("metadata", `${where}: expected a description of the columns of its table, got none.`);
  }
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  for (const { name, coding } of module.columns) {
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
  return new DensityModel({ density: module, variables });
}

function storedVariables(table: Json): Variable[] | undefined {
  if (typeof table !== "object" || table === null || Array.isArray(table)) return undefined;
  const variables = new Map(Object.entries(table)).get("variables");
  return variables === undefined ? undefined : variablesFromJson(variables);
}
