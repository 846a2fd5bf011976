// What the page and the trainer say to each other of a table of any columns.

import type { Tick } from "./nice-ticks.ts";
import type { FoundReading } from "./options.ts";
import type { Phase, Range } from "./settings.ts";

/** Role of a column: learned, dependent, not learnable, or excluded by the visitor. */
export type ColumnUse = "learned" | "follows" | "kept" | "left";

/** Type of a table column. */
export interface TableColumn {
  readonly name: string;
  readonly kind: string;
  /** Additional description, for instance `17 to 90`. */
  readonly detail: string;
  readonly use: ColumnUse;
  /** Its source columns, in a few words. */
  readonly follows?: string;
  /** True if the visitor selected the type. */
  readonly isDeclared: boolean;
  /** Details in parentheses after the type: date format, bounds, or levels in order. */
  readonly argument?: string;
  /** Bounds for a column of numbers that becomes an interval, or circular. */
  readonly suggested?: { readonly interval: string; readonly circular: string };
  /** Notes about decisions. */
  readonly notes: readonly string[];
}

/** A table of any columns, as the page knows it. */
export interface TableInfo {
  readonly name: string;
  /** 0 for a model that was opened without rows. */
  readonly rows: number;
  readonly columns: readonly TableColumn[];
  /** All that a column can be. */
  readonly kinds: readonly string[];
  /** Some rows of the file as text: the learned columns. */
  readonly preview: TableCells;
  readonly notes: readonly string[];
  /** How the file was read; absent without a file. */
  readonly reading?: FoundReading;
  /** The same run on the command line and in TypeScript; empty for a model from a file. */
  readonly command: string;
  readonly code: string;
}

/** Cells as texts, row by row. An empty text is a cell that is missing. */
export interface TableCells {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** How a column is learned. */
export interface ColumnProgress {
  readonly name: string;
  readonly phase: "waiting" | "training" | "learned";
  /** The network that is trained, from 1, and its epochs. */
  readonly network: number;
  readonly epoch: number;
  readonly epochs: number;
  /** Gain from the previous columns, in nats per validation row, over its own frequencies. */
  readonly gain: number;
  /** Gain after each epoch so far. */
  readonly trace: readonly number[];
}

/** State of the training of a table. */
export interface TableProgress {
  readonly phase: Phase;
  /** Columns that are learned, and all. */
  readonly done: number;
  readonly total: number;
  /** Training steps so far, of all columns. */
  readonly step: number;
  readonly stepsPerSecond: number;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Columns changed since the previous event, by index among the learned columns. */
  readonly changed: readonly (readonly [place: number, column: ColumnProgress])[];
}

/** A row of a table and its log-density. */
export interface OddRow {
  /** Its number in the file, from 1. */
  readonly row: number;
  readonly logDensity: number;
  /** Its least probable cell given the cells before it, of models that have densities of cells. */
  readonly least?: { readonly column: string; readonly cell: string; readonly logProb: number };
}

/** Scores of the rows of a table. */
export interface TableScore {
  readonly name: string;
  readonly rows: number;
  readonly meanLogDensity: number;
  readonly standardError: number;
  readonly note?: string;
  /** The rows of the lowest density, the lowest first. */
  readonly odd: readonly OddRow[];
}

/** A trained density of a table. */
export interface TableModelInfo {
  /** Name of the file that it came from. */
  readonly file?: string;
  readonly parameters: number;
  readonly trainRows?: number;
  readonly validationRows?: number;
  /** Nats per row, of the model and of independent columns; absent if unknown. */
  readonly validationNll?: number;
  readonly marginalNll?: number;
  readonly seconds?: number;
  /** True if the visitor stopped the run. */
  readonly isStopped: boolean;
  readonly gains: readonly (readonly [column: string, gain: number])[];
  readonly score?: TableScore;
}

/** The axis of a column: numbers, or places of categories. */
export type TableAxis =
  | { readonly kind: "numbers"; readonly range: Range; readonly ticks: readonly Tick[] }
  | { readonly kind: "categories"; readonly labels: readonly string[] };

/** A column of the data and of samples as bars: the share of the rows in each. */
export interface MarginalPicture {
  readonly column: string;
  readonly axis: TableAxis;
  readonly data?: readonly number[];
  readonly samples?: readonly number[];
  /** The shares of missing cells of a numeric column, if any. */
  readonly missing?: { readonly data?: number; readonly samples?: number };
}

/** Quantiles of the numbers of a group: 5, 25, 50, 75 and 95%. */
export type Quantiles = readonly [number, number, number, number, number];

/** Two columns of some rows: points, the numbers of each category, or the share of each pair of categories. */
export type PairValues =
  | {
      readonly kind: "points";
      readonly x: Float64Array;
      readonly y: Float64Array;
      /** Places of the categories of `groups` of the picture, NaN for a cell without one. */
      readonly groups?: Float64Array;
    }
  | { readonly kind: "groups"; readonly groups: readonly (Quantiles | null)[] }
  | { readonly kind: "shares"; readonly shares: readonly (readonly number[])[] };

/** Two columns of data and samples. For a number and a category, the category is first. */
export interface PairPicture {
  readonly columns: readonly [string, string];
  readonly axes: readonly [TableAxis, TableAxis];
  /** The column of few categories that colors points, if the table has one. */
  readonly groups?: { readonly column: string; readonly labels: readonly string[] };
  readonly data?: PairValues;
  readonly samples?: PairValues;
}

/** Events of the trainer of tables. */
export type TableEvent =
  | { readonly type: "table-progress"; readonly progress: TableProgress }
  | { readonly type: "table-model"; readonly model: TableModelInfo };

/** Calls to the trainer that are about the density of a table. */
export interface TableApi {
  /** Some new rows of the model. */
  drawRows(request: { readonly count: number; readonly seed: number }): Promise<TableCells>;
  /** New rows as CSV, in the formats of the file. */
  rowsCsv(request: { readonly count: number; readonly seed: number }): Promise<string>;
  /** The rows of the table that is open, with their log-densities. */
  scoresCsv(nothing: null): Promise<string>;
  /** Each of some columns, by their places in the table. */
  marginals(places: readonly number[]): Promise<readonly MarginalPicture[]>;
  pairOf(places: readonly [number, number]): Promise<PairPicture>;
}
