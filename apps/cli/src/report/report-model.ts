import type { PlottedColumn } from "@pushforward/columns/extend";
import type { AnomalyScore, CsvTable, Table, TableSource } from "pushforward";
import type { ReadOptions } from "../options/read-options.ts";

/** The log-densities of some rows. */
export interface RowScores {
  readonly logDensity: Float64Array;
  /** The log-probability of each cell given those before it, by column; none for a model without densities of cells. */
  readonly cells: readonly { readonly name: string; readonly values: Float64Array }[];
}

/** A column of the model. */
export interface ReportColumn {
  readonly name: string;
  /** What it is, in a line for people. */
  readonly description: string;
  /** Whether the model does not learn it, but is given it. */
  readonly isGiven: boolean;
  /** How pictures show it, with the frequencies of these rows. */
  plotted(reference: Table): PlottedColumn;
  /** A value as its file has it. */
  write(value: number | string | undefined): string;
}

/** The columns of a model, as a density of the same columns is fitted to them. */
export interface ModelParts {
  /** Names of the columns that are learned and do not follow from others. */
  readonly learned: readonly string[];
  readonly given: readonly string[];
  /** Spacing of the numbers of a column, by its name; 0 for real numbers. */
  readonly steps: ReadonlyMap<string, number>;
}

/** What a report asks of a model, whatever its kind. */
export interface ReportModel {
  /** In the order of the file. */
  readonly columns: readonly ReportColumn[];
  readonly parts: ModelParts;
  /** What scores how odd rows are; undefined of a model without it. */
  readonly anomalies: AnomalyScore | undefined;
  /** Reads the columns of the model, and those besides that are named, which stay as they are. */
  read(source: TableSource, reading: ReadOptions, others: readonly string[]): Promise<ReadRows>;
  /** As many rows as there are in a table, given what the model is given of them, in the same columns. */
  sample(rows: Table, seed: number): Table;
  score(rows: Table): RowScores;
}

/** Rows of a file as a model takes them. */
export interface ReadRows {
  /** The columns of the model. */
  readonly table: Table;
  /** All that was read. */
  readonly file: CsvTable;
}
