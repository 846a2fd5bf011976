import type { ReadTableOptions, Variable } from "@pushforward/columns";
import { describeDependent, describeVariable, shortList } from "@pushforward/columns/extend";
import type { Json, Key, Module, NdArray } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import type { ConditionalFlow, Flow } from "@pushforward/flows";
import type { CellCoding, NumberSupport } from "../density/coding/category-coding.ts";
import type { CopiedCells } from "../density/copied-cells.ts";
import type { DensityColumn } from "../density/density-column.ts";
import type { AnyRowMixture, DrawnHoles } from "../density/draw-holes.ts";
import type { RowLayout } from "../flow/row-layout.ts";
import type { HoleTask } from "../mixtures/hole-rows.ts";
import type { NormalMixture } from "../mixtures/normal-mixture/normal-mixture.ts";
import type { ProductMixture } from "../mixtures/product-mixture/product-mixture.ts";
import type { RowRule } from "../rules/row-rules.ts";

/** A column of a density of rows. */
export interface RowColumn {
  readonly name: string;
  /** How its cells are coded, which decides the values that can occur. Absent: all numbers can. */
  readonly coding?: CellCoding | undefined;
  /** How it follows from other columns; absent if it does not. */
  readonly dependent?: object | undefined;
}

/** Flow of rows of numbers, with the table columns of its variables. */
export interface RowFlow {
  readonly flow: Flow | ConditionalFlow;
  readonly layout: RowLayout;
}

/** How the numbers of a file are printed. */
export interface PrintedNumbers {
  /** A number of a column with the digits of the file. */
  round(name: string, x: number): number;
  /** The width of the numbers that are printed as this one. */
  width(name: string, x: number): number;
}

/** Density of the rows of a typed table: the interface that questions, anomaly scores and imputation need. */
export interface RowDensity {
  readonly columns: readonly RowColumn[];
  /** Names of the columns that the density is conditional on. */
  readonly context: readonly string[];
  /** Log-density of each row, in nats. @throws {DataError} a column is missing or of the wrong kind. */
  logProb(rows: Table): Float64Array;
  /** Draws rows; of a conditional density, `count` for each row of `context`. */
  sample(key: Key, count: number, options?: { readonly context?: Table | undefined }): Table;
  /** The numbers of a column that can be drawn; undefined if they are not known. */
  support(name: string): NumberSupport | undefined;
  /** How numbers are printed. Absent: with all digits. */
  readonly printed?: PrintedNumbers | undefined;
  /**
   * Draws the holes of rows several times, with importance weights.
   *
   * @param proposals mixtures near the density that draw as well, if the density has none.
   */
  readonly drawHoles?: ((task: HoleTask, proposals: readonly AnyRowMixture[]) => DrawnHoles) | undefined;
  /**
   * Mixture that is part of the density, over the columns that do not follow from other columns: its conditionals are
   * known.
   */
  readonly ownMixture?: NormalMixture | ProductMixture | undefined;
}

/** Log-probability of the cells of one column given the earlier columns. */
export interface CellScores {
  readonly name: string;
  readonly values: Float64Array;
}

/** The log-densities of some rows, in nats. */
export interface RowScores {
  /** For each row, in the units of the table. */
  readonly scores: Float64Array;
  /** For each learned column; absent if the model has no densities of single cells. */
  readonly cells?: readonly CellScores[];
}

/** How the rows of a file are read. */
export interface ReadingOptions {
  readonly missing?: "error" | "drop" | undefined;
  /** `true` to keep columns that the model does not know. */
  readonly keepOthers: boolean;
}

/** How rows of a file become typed rows. */
export interface TypedRowsOptions {
  /** Name of the file, for messages. */
  readonly file?: string | undefined;
  /** `true` if columns and cells may be missing: columns that the table lacks are not read. Default: false. */
  readonly isPartial?: boolean;
}

/** How the model of a table is opened. */
export interface OpenTableOptions {
  /** `true` to name columns x1, x2, … and the context c1, c2, … if the file has no names. Default: false. */
  readonly makesNames?: boolean;
}

/** Which rows are drawn. */
export interface DrawOptions {
  /** Number of rows; of a conditional model, the number for each row of the context. */
  readonly count: number;
  readonly seed: number;
  /** The first row, a multiple of {@link TableModel.blockRows}. Rows before it are not drawn. Default: 0. */
  readonly from?: number | undefined;
  /** Columns that the model is conditional on, as {@link TableModel.read} returns them. */
  readonly context?: Table | undefined;
  /** Name of the table of the context, for messages. */
  readonly contextFile?: string | undefined;
  /** Maximum number of rows that are drawn at once. Default: {@link TableModel.blockRows}. */
  readonly block?: number | undefined;
}

/**
 * Model of a table: a density of typed rows, together with the columns of the source file.
 *
 * Commands, the server, reports and questions use this interface only. Features that some models lack are optional.
 */
export interface TableModel extends RowDensity {
  /** The model that is stored in the file. */
  readonly module: Module;
  /** All columns of the file that are known, in their order. */
  readonly variables: readonly Variable[];
  /** Columns of the density, including the context columns, in the order of the file. */
  readonly learned: readonly Variable[];
  /** Names of {@link learned}. */
  readonly names: readonly string[];
  /** Columns without a number below 0 in the training rows, where the density does not know this bound. */
  readonly nonNegative: readonly string[];
  /** Number of rows that are drawn at once. */
  readonly blockRows: number;
  /** `true` if {@link score} returns log-densities of single cells. */
  readonly scoresCells: boolean;
  /** `true` if a cell may be missing in rows that are scored. */
  readonly allowsMissing: boolean;
  /** A line for each column of the file: its kind, and how its density is computed. */
  describe(): readonly string[];
  /** The same as JSON, for models that compute their columns one by one. */
  columnsToJson?(): Json;
  /** Log-densities at points `[rows, columns]` of real numbers, each given the same context: a density that can be drawn as one. */
  logProbAt?(points: NdArray, context?: Table): Float64Array;
  /** Rules that rows keep, of a model that has some. */
  readonly rules?: readonly RowRule[];
  /** The flow that the density is, of a model that is one: it can be drawn as it bends space, and compiled. */
  readonly rowFlow?: RowFlow;
  /** Options for reading a file to score its rows. */
  reading(options: ReadingOptions): ReadTableOptions;
  /**
   * The rows of a file as typed rows: numbers, dates as seconds, and texts.
   *
   * @throws {DataError} a column is missing, or a value does not fit its column; the message names its row.
   */
  read(table: Table, options?: TypedRowsOptions): Table;
  /** The cells of a typed column as numbers: categories by their place, −1 for an unknown one; NaN for missing cells. */
  numbersOf(column: Column): ArrayLike<number>;
  /** Converts typed rows, or some of their columns, to the format of the file. */
  write(rows: Table): Table;
  /** The categories of a column of texts that training rows had; undefined for other columns. */
  categoriesOf(name: string): readonly string[] | undefined;
  /**
   * Returns `true` if a column can contain a cell: a category of the training rows, or a number within its bounds and
   * on its grid.
   */
  canOccur(name: string, cell: number | string): boolean;
  /** Log-densities of typed rows, and of their cells if the model has such. */
  score(rows: Table): RowScores;
  /**
   * Yields new rows in the format of the file, in blocks, with the context first. The same seed yields the same rows,
   * even if they are drawn in several parts by `from` and `count`.
   *
   * @throws {OptionError} `from` is not the start of a block.
   */
  draw(options: DrawOptions): Generator<Table>;
  /** The description of the table for the metadata of a model file. */
  toJson(): Json;
}

/** Returns a line for each column of a table: its kind, and how its density is computed. */
export function describeColumns(columns: readonly DensityColumn[], variables: readonly Variable[]): string[] {
  const places = new Map(columns.map(({ name }, k) => [name, k]));
  return variables.map((variable) => {
    const place = places.get(variable.name);
    const column = place === undefined ? undefined : columns[place];
    if (place === undefined || column === undefined) return describeVariable(variable);
    const { coding, parents, members, dependent, isGiven, copies } = column;
    const parts = [describeVariable(variable), `${coding.codes.toLocaleString("en")} codes`];
    const namesOf = (from: readonly number[]): string[] => from.map((k) => columns[k]?.name ?? "");
    if (isGiven) parts.push("context");
    else if (dependent !== undefined) parts.push(`follows from ${shortList(namesOf(dependent.from))}`);
    else if (members.length === 0) parts.push("by its frequencies alone");
    else {
      const given = parents.length === place ? "all columns before" : shortList(namesOf(parents));
      parts.push(`given ${given}, by ${members.length} ${members.length === 1 ? "network" : "networks"}`);
      if (copies) parts.push(describeCopies(copies, columns));
    }
    return parts.join("; ");
  });
}

function describeCopies({ sources, by, shares, recalled }: CopiedCells, columns: readonly DensityColumn[]): string {
  const nameOf = (place: number): string => columns[place]?.name ?? "";
  const parts = sources.map(({ from, signs, plus = 0 }, i) => {
    const own = shares.map((all) => all[i] as number);
    const ends = [...new Set([Math.min(...own), Math.max(...own)])].map((share) => share.toFixed(3));
    const relation = { type: "linear", weights: signs, plus } as const;
    const sum = describeDependent({ column: "", from: from.map(nameOf), relation });
    return `equal to ${sum} with probability ${ends.join(" to ")}`;
  });
  const copied = `${parts.join(", ")}${by === undefined ? "" : ` by ${nameOf(by)}`}`;
  if (recalled === undefined) return copied;
  const count = recalled.groups.reduce((sum, { values }) => sum + values.length, 0).toLocaleString("en");
  const ofRows = recalled.by.length === 0 ? "" : ` of rows with the same ${recalled.by.map(nameOf).join(" and ")}`;
  return `${copied === "" ? "" : `${copied}; `}recalls ${count} cells${ofRows}`;
}

/** Returns the same as JSON, in the words of model files: `given` is the context. */
export function columnsToJson(columns: readonly DensityColumn[], variables: readonly Variable[]): Json {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return variables.map(({ name, kind }) => {
    const column = byName.get(name);
    if (column === undefined) return { name, kind, codes: null, parents: [], members: 0 };
    const { coding, parents, members, dependent, isGiven } = column;
    const names = parents.map((k) => columns[k]?.name ?? "");
    const from = dependent?.from.map((k) => columns[k]?.name ?? "");
    return {
      name,
      kind,
      codes: coding.codes,
      parents: names,
      members: members.length,
      ...(from && { from }),
      ...(isGiven && { given: true }),
    };
  });
}
