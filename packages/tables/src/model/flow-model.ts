import type { ReadTableOptions, Variable } from "@pushforward/columns";
import { logPrintedWidth, roundToFormat, rowNumber, tableLocation, tablePlace } from "@pushforward/columns/extend";
import { DataError, type Json, type Key, ModelFileError, type NdArray, ndArray, type Shape } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { roundToGrid, takeTableRows } from "@pushforward/datasets/extend";
import { ConditionalFlow, Flow, logProbRows, sampleRows } from "@pushforward/flows";
import type { NumberSupport } from "../density/coding/category-coding.ts";
import {
  contextNames,
  contextSize,
  gridSpacing,
  layoutFromJson,
  layoutKinds,
  layoutNames,
  layoutToJson,
  type NumberDigits,
  type RowLayout,
  SAMPLE_BLOCK_ROWS,
  sampleBlocks,
  sampleColumns,
} from "../flow/row-layout.ts";
import {
  contextRows,
  contextValues,
  eventRows,
  findColumn,
  numberColumn,
  numberTable,
  tableRows,
} from "../flow/table-rows.ts";
import { drawnSupport } from "./drawn-support.ts";
import type {
  DrawOptions,
  OpenTableOptions,
  PrintedNumbers,
  ReadingOptions,
  RowColumn,
  RowFlow,
  RowScores,
  TableModel,
  TypedRowsOptions,
} from "./table-model.ts";

/** Rows that are scored at once. */
const CHUNK_ROWS = 16_384;

/** Parts of a {@link FlowModel}. */
export interface FlowModelParts extends RowFlow {
  /** Columns without a number below 0 in the training rows. Default: none. */
  readonly nonNegative?: readonly string[];
}

/** A flow of the numeric columns of a table, without missing cells, as a model of the table. */
export class FlowModel implements TableModel {
  readonly module: Flow | ConditionalFlow;
  readonly rowFlow: RowFlow;
  readonly nonNegative: readonly string[];
  readonly blockRows: number = SAMPLE_BLOCK_ROWS;
  readonly scoresCells: boolean = false;
  readonly allowsMissing: boolean = false;
  readonly columns: readonly RowColumn[];
  readonly context: readonly string[];
  readonly variables: readonly Variable[];
  readonly names: readonly string[];
  readonly support: (name: string) => NumberSupport | undefined;

  constructor({ flow, layout, nonNegative = [] }: FlowModelParts) {
    this.module = flow;
    this.rowFlow = { flow, layout };
    this.nonNegative = nonNegative;
    this.columns = layout.columns.map((name) => ({ name }));
    this.context = contextNames(layout);
    this.variables = [
      ...layout.columns.map((name) => unseenVariable(name, "real")),
      ...layout.context.map(({ name, kind }) => unseenVariable(name, kind === "number" ? "real" : "category")),
    ];
    this.names = layoutNames(layout);
    this.support = drawnSupport(this);
  }

  get layout(): RowLayout {
    return this.rowFlow.layout;
  }

  get printed(): PrintedNumbers {
    const { layout } = this;
    const formatOf = (name: string): NumberDigits => layout.formats?.[layout.columns.indexOf(name)] ?? {};
    return {
      round: (name, x) => {
        const spacing = gridSpacing(layout, name);
        return roundToFormat(spacing === undefined ? x : roundToGrid(x, spacing), formatOf(name));
      },
      width: (name, x) => {
        const step = gridSpacing(layout, name);
        return Math.exp(logPrintedWidth({ ...(step !== undefined && { step }), numberFormat: formatOf(name) }, x));
      },
    };
  }

  get learned(): readonly Variable[] {
    return this.variables;
  }

  describe(): string[] {
    const { columns, context } = this.layout;
    return [
      `columns: ${columns.join(", ")}`,
      ...context.map(
        (column) =>
          `context: ${column.name}${column.kind === "number" ? "" : ` (${shortened(column.categories.join(", "))})`}`,
      ),
    ];
  }

  reading({ missing, keepOthers }: ReadingOptions): ReadTableOptions {
    return {
      columns: layoutNames(this.layout),
      others: keepOthers ? "keep" : "leave",
      kinds: layoutKinds(this.layout),
      missing: missing ?? "error",
      chunkRows: CHUNK_ROWS,
    };
  }

  read(table: Table, { file, isPartial = false }: TypedRowsOptions = {}): Table {
    const { layout } = this;
    const present = new Set(table.columns.map(({ name }) => name));
    const wanted = this.names.filter((name) => !isPartial || present.has(name));
    const texts = new Set(layout.context.flatMap(({ name, kind }) => (kind === "category" ? [name] : [])));
    const columns = wanted.map((name): Column => {
      const column = findColumn(table, name, file);
      return texts.has(name) ? column : parsedNumbers(table, column, file);
    });
    contextValues({ ...table, columns }, { context: layout.context.filter(({ name }) => wanted.includes(name)) }, file);
    return { rows: table.rows, columns };
  }

  numbersOf({ name, ...column }: Column): ArrayLike<number> {
    if (column.kind === "number") return column.values;
    const categories = this.categoriesOf(name) ?? [];
    return Float64Array.from(column.values, (text) => categories.indexOf(text));
  }

  categoriesOf(name: string): readonly string[] | undefined {
    const found = this.layout.context.find((column) => column.name === name);
    return found?.kind === "category" ? found.categories : undefined;
  }

  canOccur(name: string, cell: number | string): boolean {
    const categories = this.categoriesOf(name);
    return categories === undefined ? typeof cell === "number" : categories.includes(String(cell));
  }

  write(rows: Table): Table {
    const { layout } = this;
    const own = layout.columns.filter((name) => rows.columns.some((column) => column.name === name));
    const kept = rows.columns.filter(({ name }) => this.context.includes(name));
    const part = { ...layout, columns: own };
    return { rows: rows.rows, columns: [...kept, ...sampleColumns(part, eventRows(rows, part))] };
  }

  logProb(rows: Table): Float64Array {
    const { x, context } = tableRows(rows, this.layout);
    return logProbRows(this.module, x, context);
  }

  score(rows: Table): RowScores {
    return { scores: this.logProb(rows) };
  }

  logProbAt(points: NdArray, context?: Table): Float64Array {
    const [rows = 0] = points.shape;
    const contexts = context && takeTableRows(context, new Int32Array(rows));
    return logProbRows(this.module, points, contexts && contextRows(contexts, this.layout));
  }

  sample(key: Key, count: number, { context }: { readonly context?: Table | undefined } = {}): Table {
    const contexts = context && contextRows(context, this.layout);
    const { shape, data } = sampleRows(this.module, key, count, contexts);
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    return numberTable(ndArray([rows, this.layout.columns.length], data), this.layout.columns);
  }

  *draw({ count, seed, from, context, contextFile }: DrawOptions): Generator<Table> {
    const contexts = context && contextRows(context, this.layout, contextFile);
    for (const { samples, contextRows: of } of sampleBlocks(this.module, { count, seed, from, contexts })) {
      const given = context === undefined || of === undefined ? [] : takeTableRows(context, of).columns;
      yield { rows: samples.shape[0] as number, columns: [...given, ...sampleColumns(this.layout, samples)] };
    }
  }

  toJson(): Json {
    return layoutToJson(this.layout);
  }
}

/**
 * Returns the model of a table of numbers, from the contents of a model file; undefined for a model of a different
 * kind.
 *
 * @throws {ModelFileError} the described table and the flow have different columns.
 */
export function flowModel(
  module: unknown,
  table: Json,
  metadata: Json,
  where: string,
  { makesNames = false }: OpenTableOptions = {},
): FlowModel | undefined {
  if (!(module instanceof Flow || module instanceof ConditionalFlow)) return undefined;
  const shape = eventShapeOf(module);
  if (shape !== undefined && shape.length !== 1) {
    throw new ModelFileError("type", `${where}: expected a flow of rows, got events of ${shape.length} axes.`);
  }
  if (table === null) return makesNames ? new FlowModel({ flow: module, layout: unnamedLayout(module) }) : undefined;
  const layout = layoutFromJson(table);
  const features = shape?.[0] ?? layout.columns.length;
  const width = contextWidthOf(module);
  if (layout.columns.length !== features || contextSize(layout) !== width) {
    throw new ModelFileError(
      "metadata",
      `${where}: expected as many columns as the flow has variables (${features}) and context (${width}), got ${layout.columns.length} and ${contextSize(layout)}.`,
    );
  }
  return new FlowModel({ flow: module, layout, nonNegative: storedNonNegative(metadata, layout) });
}

/** Returns a layout for a flow from a file without a table description: columns x1, x2, … and contexts c1, c2, … */
function unnamedLayout(flow: Flow | ConditionalFlow): RowLayout {
  const named = (letter: string, count: number): string[] =>
    Array.from({ length: count }, (_, j) => `${letter}${j + 1}`);
  return {
    columns: named("x", eventShapeOf(flow)?.[0] ?? 0),
    context: named("c", contextWidthOf(flow)).map((name) => ({ name, kind: "number" })),
  };
}

/** Columns of training rows without a number below 0. */
export function nonNegativeColumns(x: { readonly data: ArrayLike<number> }, columns: readonly string[]): string[] {
  const { data } = x;
  return columns.filter((_, j) => {
    for (let at = j; at < data.length; at += columns.length) if ((data[at] as number) < 0) return false;
    return true;
  });
}

/** Numbers as they are, and texts as the numbers that they are. */
function parsedNumbers(table: Table, column: Column, file: string | undefined): Column {
  const { name } = column;
  if (column.kind === "number") return { name, kind: "number", values: numberColumn(table, name, file) };
  const values = Float64Array.from(column.values, (text, row) => {
    if (column.missing?.has(row) || text.trim() === "") return Number.NaN;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    const at = tableLocation(file, name, rowNumber(table, row));
    throw new DataError(
      `${tablePlace(at)}expected ${Number.isNaN(value) ? "a number" : "a finite number"}, got "${text}".`,
      at,
    );
  });
  return { name, kind: "number", values };
}

/** Undefined if the shape depends on the context. */
function eventShapeOf(flow: Flow | ConditionalFlow): Shape | undefined {
  if (flow instanceof Flow) return flow.eventShape;
  return "eventShape" in flow.base ? flow.transform.forwardShape(flow.base.eventShape) : undefined;
}

function contextWidthOf(flow: Flow | ConditionalFlow): number {
  return flow instanceof ConditionalFlow ? (flow.contextShape.at(-1) ?? 0) : 0;
}

/** The columns that `fit` noted in the file; none for other files. */
function storedNonNegative(metadata: Json, { columns }: RowLayout): string[] {
  const fit = fieldOf(metadata, "fit");
  const names = fit === undefined ? undefined : fieldOf(fit, "nonNegative");
  return Array.isArray(names) ? columns.filter((name) => names.includes(name)) : [];
}

function fieldOf(json: Json, name: string): Json | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  return new Map(Object.entries(json)).get(name);
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function unseenVariable(name: string, kind: Variable["kind"]): Variable {
  return { name, kind, rows: 0, missingRows: 0, distinct: 0 };
}
