import type { AnomalyReasons, AnomalyScore } from "@pushforward/anomalies";
import { DataError, type Json } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { suggestedName } from "@pushforward/core/plain";
import type { CsvTable, Table } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import type { RowRule } from "@pushforward/tables";
import { rowsThatKeep } from "@pushforward/tables/extend";

/** Anomaly of rows, with reasons if requested. */
export interface OddRows {
  readonly scores: Float64Array;
  readonly pValues: Float64Array;
  /** Undefined unless requested. */
  readonly reasons: AnomalyReasons | undefined;
}

/** Options of {@link oddRows}. */
export interface OddRowsOptions {
  /** Log-density of each row by the model of the file. */
  readonly logProb: Float64Array;
  /** `true` to also compute the surprise of each cell. Default: false. */
  readonly explain?: boolean | undefined;
  /** Rules that training rows keep, as in `TableModel.rules`. Default: none. */
  readonly rules?: readonly RowRule[] | undefined;
}

/**
 * Computes the anomaly of the rows of a table. A row that breaks a rule has at least the score of the oddest held-out
 * row, and the columns of the rule are its reasons.
 *
 * @throws {DataError} a column is missing or of the wrong kind.
 * @example
 * const odd = (anomalies: AnomalyScore, table: Table, logProb: Float64Array) => oddRows(anomalies, table, { logProb });
 */
export function oddRows(
  anomalies: AnomalyScore,
  table: Table,
  { logProb, explain = false, rules = [] }: OddRowsOptions,
): OddRows {
  const { scores, reasons } = explain
    ? anomalies.judge(table, logProb)
    : { scores: anomalies.score(table, logProb), reasons: undefined };
  const least = Math.log(anomalies.rows + 1);
  for (const rule of rules) {
    const places = rule.columns.map((name) => reasons?.columns.indexOf(name) ?? -1);
    for (const [row, keeps] of rowsThatKeep(rule, table).entries()) {
      if (keeps === 1) continue;
      for (const values of [scores, ...places.map((place) => reasons?.surprises[place])]) {
        if (values !== undefined) values[row] = Math.max(values[row] as number, least);
      }
    }
  }
  return { scores, pValues: anomalies.pValueOf(scores), reasons };
}

/** Maximum number of columns in the reasons of a row, and minimum surprise of a reason: one in ten cells reaches it. */
const MOST_REASONS = 3;
const LEAST_SURPRISE = Math.log(10);

/**
 * Returns the columns that make a row odd, the oddest first.
 * @example
 * reasonsOf({ columns: ["a", "b"], surprises: [Float64Array.of(5), Float64Array.of(1)] }, 0); // → ["a"]
 */
export function reasonsOf({ columns, surprises }: AnomalyReasons, row: number): readonly string[] {
  return columns
    .map((name, k) => ({ name, surprise: (surprises[k] as Float64Array)[row] as number }))
    .filter(({ surprise }) => surprise >= LEAST_SURPRISE)
    .sort((a, b) => b.surprise - a.surprise)
    .slice(0, MOST_REASONS)
    .map(({ name }) => name);
}

/** A row that is among the oddest. */
export interface TopRow {
  /** Its number in the file, from 1. */
  readonly row: number;
  readonly anomaly: number;
  readonly pValue: number;
  readonly logDensity: number;
  /** Cells of the columns that the user wants to see. */
  readonly kept: readonly string[];
  /** Columns that make the row odd with their cells, the oddest first. */
  readonly reasons: readonly { readonly column: string; readonly cell: string }[];
}

/**
 * The oddest rows of a stream, in constant memory.
 *
 * @example
 * new TopRows(10, ["id"]).rows.length; // → 0
 */
export class TopRows {
  private readonly count: number;
  private readonly keep: readonly string[];
  private readonly sorted: TopRow[] = [];

  constructor(count: number, keep: readonly string[]) {
    this.count = count;
    this.keep = keep;
  }

  /** The oddest rows first; ties in the order of the file. */
  get rows(): readonly TopRow[] {
    return this.sorted;
  }

  /**
   * @param table the cells as written in the file.
   * @throws {DataError} a kept column is missing.
   */
  add(table: CsvTable, logDensity: Float64Array, { scores, pValues, reasons }: OddRows): void {
    const cells = new Map(table.columns.map((column) => [column.name, column]));
    const unknown = this.keep.find((name) => !cells.has(name));
    if (unknown !== undefined) {
      const names = [...cells.keys()];
      throw new DataError(
        [
          mention("keep"),
          `: expected columns of the table, ${listNames(names)}, got "${unknown}".${suggestedName(unknown, names)}`,
        ],
        { column: unknown },
      );
    }
    const cellOf = (name: string, row: number): string => {
      const column = cells.get(name);
      if (column === undefined) return "";
      const isMissing = column.kind === "text" ? column.missing?.has(row) : Number.isNaN(column.values[row]);
      return isMissing ? "" : String(column.values[row]);
    };
    for (const [row, anomaly] of scores.entries()) {
      if (this.sorted.length === this.count && !(anomaly > (this.sorted.at(-1) as TopRow).anomaly)) continue;
      const place = this.sorted.findIndex((other) => anomaly > other.anomaly);
      const found: TopRow = {
        row: table.rowNumbers[row] as number,
        ...{ anomaly, pValue: pValues[row] as number, logDensity: logDensity[row] as number },
        kept: this.keep.map((name) => cellOf(name, row)),
        reasons:
          reasons === undefined ? [] : reasonsOf(reasons, row).map((column) => ({ column, cell: cellOf(column, row) })),
      };
      this.sorted.splice(place < 0 ? this.sorted.length : place, 0, found);
      if (this.sorted.length > this.count) this.sorted.pop();
    }
  }

  /** As a table of text, with a line of names above. */
  lines(): string[] {
    const head = ["row", "anomaly", "p", "log-density", ...this.keep, "why"];
    const body = this.sorted.map(({ row, anomaly, pValue, logDensity, kept, reasons }) => [
      ...[String(row), anomaly.toFixed(2), pValue.toPrecision(2), logDensity.toFixed(2)],
      ...kept,
      reasons.map(({ column, cell }) => `${column} ${cell === "" ? "is missing" : `is ${cell}`}`).join(", ") ||
        "unusual as a whole",
    ]);
    const widths = head.map((name, k) => Math.max(name.length, ...body.map((cells) => (cells[k] as string).length)));
    const line = (cells: readonly string[]): string =>
      cells
        .map((cell, k) => (k < 4 ? cell.padStart(widths[k] as number) : cell.padEnd(widths[k] as number)))
        .join("  ")
        .trimEnd();
    return [line(head), ...body.map(line)];
  }

  /**
   * The rows as JSON.
   *
   * @param types of columns in SQL: cells of numbers and booleans are such, and a missing one is null. Default: all cells are
   * texts.
   */
  toJson(types?: ReadonlyMap<string, string>): Json {
    const typed = (name: string, text: string): Json =>
      types === undefined ? text : cellToJson(text, types.get(name));
    return this.sorted.map(({ kept, reasons, logDensity, ...rest }) => ({
      ...rest,
      logDensity: Number.isFinite(logDensity) ? logDensity : null,
      ...(this.keep.length > 0 && {
        kept: Object.fromEntries(this.keep.map((name, k) => [name, typed(name, kept[k] as string)])),
      }),
      reasons: reasons.map(({ column, cell }) => ({ column, cell: typed(column, cell) })),
    }));
  }
}

function cellToJson(text: string, type: string | undefined): Json {
  if (text === "") return null;
  if (type === "BOOLEAN" && /^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  const isNumber = type !== undefined && /INT|INTEGER|FLOAT|DOUBLE|DECIMAL/.test(type);
  const value = isNumber ? Number(text) : Number.NaN;
  // An integer beyond 2⁵³ keeps its digits as a text.
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : text;
}
