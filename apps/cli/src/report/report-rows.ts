import { takeTableRows } from "@pushforward/datasets/extend";
import { rowsByWord } from "@pushforward/tables/extend";
import { createKey, type Table } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { QueryOptions, ReadOptions } from "../options/read-options.ts";
import { say } from "../output/terminal.ts";
import { droppedNote, tableSource } from "../reading/read-table.ts";
import { excessOf, nearRows } from "./near-copies.ts";
import type { ReadRows, ReportModel } from "./report-model.ts";

/** Which rows a report is about. */
export interface RowChoice extends ReadOptions, QueryOptions {
  readonly holdout?: string;
  readonly splitColumn?: string;
  /** Most rows of each part. */
  readonly rows: number;
  readonly seed: number;
}

/** The rows that a report is about. */
export interface ReportRows {
  /** Rows that the model may have been fitted on. */
  readonly training: Table;
  /** Their numbers in the file, from 1. */
  readonly rowNumbers: Int32Array;
  /** Rows that the model has not seen, according to the user. */
  readonly heldOut: Table | undefined;
  readonly unusedRows: number;
  /** Number of held-out rows that equal a training row, and are left out. */
  readonly overlap: number;
}

/**
 * Reads the rows of a report: the rows of the data, and as held-out rows a second file or the test rows of the data.
 *
 * @throws {UserError} no rows of a requested kind.
 */
export async function reportRows(model: ReportModel, dataFile: string, choice: RowChoice): Promise<ReportRows> {
  const { holdout, splitColumn } = choice;
  const data = await readRows(model, dataFile, choice, splitColumn === undefined ? [] : [splitColumn]);
  const parts = rowsByWord(data.file, splitColumn, (await tableSource(dataFile, choice)).name);
  const training = [...parts.train, ...parts.validation].sort((a, b) => a - b);
  if (splitColumn !== undefined && holdout === undefined && parts.test.length === 0) {
    throw new UserError(
      `${dataFile}: expected rows for test in "${splitColumn}", got none. Name a file of held-out rows with --holdout, or leave --split-column out.`,
    );
  }
  refuseFew(training.length, dataFile);
  const kept = fewer(training, choice, "training");
  const all = takeTableRows(data.table, training);
  const table =
    holdout === undefined ? takeTableRows(data.table, parts.test) : await heldOutRows(model, holdout, choice);
  const place = holdout ?? dataFile;
  if (table.rows > 0) refuseFew(table.rows, place);
  const disjoint = table.rows === 0 ? [] : disjointRows(all, table, place);
  const heldOut = fewer(disjoint, choice, "held out");
  return {
    training: takeTableRows(data.table, kept),
    rowNumbers: Int32Array.from(kept, (row) => data.file.rowNumbers[row] as number),
    heldOut: heldOut.length === 0 ? undefined : takeTableRows(table, heldOut),
    unusedRows: training.length - kept.length,
    overlap: table.rows - disjoint.length,
  };
}

async function heldOutRows(model: ReportModel, holdout: string, choice: RowChoice): Promise<Table> {
  return (await readRows(model, holdout, { ...choice, query: undefined }, [])).table;
}

/** Of tables in which a larger share of the rows is repeated, equal rows are no sign of an overlap. */
const MOST_REPEATED = 0.01;
/** Standard deviations beyond which there are more equal rows than by chance. */
const OVERLAP = 3.09;

/**
 * Returns the held-out rows that are not rows of the data: if rows rarely repeat, the rows that equal no row of the
 * data.
 *
 * @throws {UserError} rows repeat so often that an overlap cannot be detected, or too few rows are left.
 */
function disjointRows(training: Table, heldOut: Table, file: string): readonly number[] {
  const rows = Array.from({ length: heldOut.rows }, (_, row) => row);
  const { equal, expectedEqual } = nearRows(training, heldOut);
  if (equal.length === 0) return rows;
  const isRepeated = expectedEqual > MOST_REPEATED * heldOut.rows;
  if (isRepeated && excessOf(equal.length, expectedEqual, heldOut.rows) <= OVERLAP) return rows;
  const left = heldOut.rows - equal.length;
  if (isRepeated || left < LEAST_ROWS) {
    const chance = isRepeated ? `, where ${expectedEqual.toFixed(1)} are expected by chance` : "";
    throw new UserError(
      `${file}: expected held-out rows that the model was not fitted on, got ${equal.length} of ${heldOut.rows} that equal a row of the data${chance}. Pass other rows, or none.`,
    );
  }
  say(
    `${equal.length} of ${heldOut.rows} held-out rows equal a row of the data: they are left out, because the model was fitted on it`,
  );
  const isEqual = new Set(equal);
  return rows.filter((row) => !isEqual.has(row));
}

async function readRows(
  model: ReportModel,
  file: string,
  reading: ReadOptions & QueryOptions,
  others: readonly string[],
): Promise<ReadRows> {
  const read = await model.read(await tableSource(file, reading), reading, others);
  const dropped = droppedNote(read.file.rows, read.file);
  if (dropped !== undefined) say(dropped);
  return read;
}

/** Minimum number of rows for informative folds. */
const LEAST_ROWS = 10;

function refuseFew(rows: number, file: string): void {
  if (rows >= LEAST_ROWS) return;
  throw new UserError(`${file}: expected at least ${LEAST_ROWS} rows to compare with, got ${rows}.`);
}

/** Returns at most `most` rows, drawn at random and in their order. */
function fewer(rows: readonly number[], { rows: most, seed }: RowChoice, what: string): readonly number[] {
  if (rows.length <= most) return rows;
  const places = createKey(seed).fold(`${what} rows`).permutation(rows.length).subarray(0, most).sort();
  return Array.from(places, (place) => rows[place] as number);
}
