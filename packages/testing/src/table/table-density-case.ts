import type { Key } from "@pushforward/core";
import type { KnownLimit } from "../law/law.ts";

/** Possible cells of a column. */
export interface TableColumnCase {
  readonly name: string;
  readonly kind: "number" | "text";
  /** Cells that have a probability and can be drawn; undefined is a missing cell. Default: none. */
  readonly cells?: readonly Cell[];
  /** Cells that have a probability but are never drawn; one new category may represent all new ones. Default: none. */
  readonly unseen?: readonly Cell[];
  /**
   * A number that represents all numbers off the grid of the cells, which have a density but are never drawn, and the
   * measure that gives it their probability. Default: no number off the grid can occur.
   */
  readonly offGrid?: { readonly cell: number; readonly measure: number };
  /** Range that contains the mass of numbers with a density. Default: all numbers are among the cells. */
  readonly integrate?: {
    readonly low: number;
    readonly high: number;
    /** Points of the midpoint rule. Default 2,000. */
    readonly points?: number;
  };
  /** The smallest and the largest number that can be drawn. Default: no bounds. */
  readonly bounds?: readonly [low: number, high: number];
}

/** Bounds of the errors of the laws of densities of tables. */
export interface TableDensityTolerances {
  /** |Σ ∫ p − 1|. Default 1e-6, and 1e-3 where a column has numbers with a density. */
  readonly total: number;
  /**
   * Log-density of a row against the sum of its cells, and scored alone against scored in a batch, mixed error. Default
   * 1e-6.
   */
  readonly same: number;
  /** Two backends, mixed error. Default 1e-4. */
  readonly backends: number;
}

/** A density of the rows of a table and its test settings. */
export interface TableDensityCase<T extends object = TableDensityLike> {
  /** Makes a new object, which is disposed after each law: if training is expensive, decode a copy of the model. */
  make(key: Key): T;
  /** Returns the density of an object that is not a density of rows. Default: the object is the density. */
  readonly ask?: (value: T) => TableDensityLike;
  /** The columns that have a density. */
  readonly columns: readonly TableColumnCase[];
  /** Rows of the context, for a density of the other columns given the context: the laws are tested for each row. */
  readonly context?: TableLike;
  /** Rows that cannot occur, with all columns: their log-density is `-Infinity`. */
  readonly outside?: TableLike;
  /** Probability that is spread over drawn and other numbers, but never drawn. Default 0. */
  readonly undrawn?: number;
  /** Standard deviation of the noise added to each trainable parameter. Default 0.1. */
  readonly perturbation?: number;
  readonly tolerances?: Partial<TableDensityTolerances>;
  readonly knownLimits?: readonly KnownLimit[];
}

/**
 * A density of the rows of a table: with respect to counting measure on categories, missing cells and numbers with a
 * probability of their own, and to Lebesgue measure on other numbers.
 */
export interface TableDensityLike {
  /** Log-density of each row, in nats, `[rows]`; with context columns, of the other columns given the context. */
  logProb(table: TableLike): Float64Array;
  /** For each column the log-densities of its cells given the earlier cells, `[rows]` each: their sum is `logProb`. */
  cellLogProb?(table: TableLike): readonly Float64Array[];
  /** Draws rows; where columns are given, `rows` for each row of `context`, one after the other. */
  sample(key: Key, rows: number, options?: { readonly context?: TableLike | undefined }): TableLike;
  /**
   * Draws the cells in the holes of rows given their known cells, with importance weights.
   *
   * @param proposals densities that may draw as well: none.
   */
  readonly drawHoles?: DrawHoles | undefined;
  /** For each row the first rule that it breaks, -1 for none. Rows that break a rule have a density, but may never be drawn. */
  firstBroken?(table: TableLike): Int32Array;
}

/** Methods are compared less strictly than functions: a density may take only tables of its own package. */
type DrawHoles = { draw(task: HolesLike, proposals: readonly never[]): DrawnHolesLike }["draw"];

/** Rows with holes that are drawn several times. */
export interface HolesLike {
  readonly table: TableLike;
  /** For each column with holes, 1 for each row with a hole. The cell in a hole is ignored. */
  readonly holes: ReadonlyMap<string, Uint8Array>;
  /** `true` if a hole may be drawn as a missing cell. */
  readonly mayBeMissing: boolean;
  /** Draws of each row. */
  readonly times: number;
  readonly key: Key;
  /** `true` to draw the columns in their order. Default: as the density prefers. */
  readonly isInOrder?: boolean;
}

/** Drawn rows; the draws of each row are consecutive. */
export interface DrawnHolesLike {
  readonly table: TableLike;
  /** The log-density of each row minus that of its draw, in nats: their mean is the density of the known cells. */
  readonly logWeights: Float64Array;
}

/** A cell of a table: a category, a number, or undefined for a missing cell. */
export type Cell = string | number | undefined;

/** A column of a {@link TableLike}: numbers, NaN where one is missing, or text. */
export type ColumnLike =
  | { readonly name: string; readonly kind: "number"; readonly values: Float64Array }
  | {
      readonly name: string;
      readonly kind: "text";
      readonly values: readonly string[];
      /** Rows, from 0, without a value. */
      readonly missing?: ReadonlySet<number>;
    };

/** Named columns of equal length, such as the tables of `@pushforward/datasets`. */
export interface TableLike {
  readonly rows: number;
  readonly columns: readonly ColumnLike[];
}
