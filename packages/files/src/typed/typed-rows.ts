import { DataError } from "@pushforward/core";
import { type MessageParts, mention } from "@pushforward/core/extend";
import type { Column, CsvTable } from "@pushforward/datasets";
import type { MissingMarkers } from "@pushforward/datasets/extend";
import type { TypedBlock, TypedColumn } from "./typed-block.ts";
import type { WantedColumn } from "./typed-file.ts";

/** Options for the conversion of the rows of a typed file. */
export interface TypedRowsOptions {
  readonly file: string;
  readonly wanted: readonly WantedColumn[];
  /** For each column: `true` if it was kept without a request, so that its missing cells are not an error. */
  readonly kept: readonly boolean[];
  readonly missing: "error" | "drop" | "keep";
  readonly missingValues: MissingMarkers;
  readonly chunkRows: number;
  /** Number of rows of the file before the first row passed. */
  readonly rowsBefore: number;
}

const missingRemedy = mention("missing", {
  value: "drop",
  sentence: (words) => ` Fill it in, or leave such rows out (${words}).`,
});

/** Suggests that a text may mark a missing value. */
function markerRemedy(text: string): MessageParts[number] {
  return mention("missingValues", {
    words: `say so (missingValues: ["${text}"])`,
    sentence: (words) => ` If ${text} marks a missing value, ${words}.`,
  });
}

/** Turns the blocks of a typed file into tables of `chunkRows` rows, and sees to missing cells. */
export class TypedRows {
  private readonly options: TypedRowsOptions;
  private pending: TypedBlock[] = [];
  private pendingRows = 0;
  /** Row of the file, from 0, at which `pending` begins. */
  private start: number;
  private isFirst = true;

  constructor(options: TypedRowsOptions) {
    this.options = options;
    this.start = options.rowsBefore;
  }

  push(block: TypedBlock): void {
    this.pending.push(block);
    this.pendingRows += block.rows;
  }

  /** The chunks that are complete. */
  *take(): Generator<CsvTable> {
    const { chunkRows } = this.options;
    while (this.pendingRows >= chunkRows) yield this.chunk(chunkRows);
  }

  /** Yields the remaining rows; a table without rows if the file had no rows. */
  *end(): Generator<CsvTable> {
    yield* this.take();
    if (this.pendingRows > 0 || this.isFirst) yield this.chunk(this.pendingRows);
  }

  private chunk(rows: number): CsvTable {
    const { wanted } = this.options;
    const parts = this.cut(rows);
    const start = this.start;
    this.start += rows;
    this.isFirst = false;
    const columns = wanted.map((column, k) => this.column(column, k, parts, rows, start));
    const gaps = columns.map((column) => missingRows(column));
    const { missing, kept } = this.options;
    if (missing === "drop") return dropped(columns, gaps, kept, rows, start);
    if (missing === "error") this.refuseMissing(columns, gaps, start);
    const rowNumbers = Float64Array.from({ length: rows }, (_, i) => start + i + 1);
    return { rows, columns, dropped: 0, droppedBy: new Map(), rowNumbers };
  }

  /** Removes `rows` rows from the pending blocks. */
  private cut(rows: number): TypedBlock[] {
    const parts: TypedBlock[] = [];
    let missing = rows;
    while (missing > 0) {
      const block = this.pending[0] as TypedBlock;
      if (block.rows <= missing) {
        parts.push(block);
        this.pending.shift();
        missing -= block.rows;
        continue;
      }
      parts.push(part(block, 0, missing));
      this.pending[0] = part(block, missing, block.rows);
      missing = 0;
    }
    this.pendingRows -= rows;
    return parts;
  }

  private column(
    { name, kind }: WantedColumn,
    k: number,
    parts: readonly TypedBlock[],
    rows: number,
    start: number,
  ): Column {
    const pieces = parts.map(({ columns }) => columns[k] as TypedColumn);
    if (kind === "number") {
      const values = new Float64Array(rows);
      let at = 0;
      for (const piece of pieces) {
        values.set(piece.kind === "number" ? this.withoutMarkers(piece.values) : this.numbers(piece, start + at), at);
        at += piece.values.length;
      }
      const infinite = this.options.kept[k] ? -1 : values.findIndex((x) => x === Infinity || x === -Infinity);
      if (infinite >= 0) {
        const got = String(values[infinite]);
        this.fail("expected a finite number", [`got ${got}.`, markerRemedy(got)], start + infinite, name);
      }
      return { name, kind, values };
    }
    const texts = pieces.flatMap((piece): (string | null)[] =>
      piece.kind === "text" ? [...piece.values] : Array.from(piece.values, (x) => (Number.isNaN(x) ? null : String(x))),
    );
    const { missingValues } = this.options;
    const missing = new Set<number>();
    const values = texts.map((text, row) => {
      if (text !== null && !missingValues.has(text.trim())) return text;
      missing.add(row);
      return text ?? "";
    });
    return { name, kind, values, ...(missing.size > 0 && { missing }) };
  }

  /** Numbers, with NaN in place of declared markers of missing values. */
  private withoutMarkers(values: Float64Array): Float64Array {
    const { missingValues } = this.options;
    return missingValues.hasNumbers ? values.map((x) => (missingValues.hasNumber(x) ? Number.NaN : x)) : values;
  }

  /** Converts texts of a column that was requested as numbers. */
  private numbers({ name, values }: TypedColumn, start: number): Float64Array {
    const { missingValues } = this.options;
    return Float64Array.from(values as readonly (string | null)[], (text, row) => {
      const trimmed = text?.trim() ?? "";
      if (text === null || trimmed === "" || missingValues.has(trimmed)) return Number.NaN;
      const value = Number(trimmed);
      if (Number.isNaN(value)) this.fail("expected a number", `got ${JSON.stringify(text)}.`, start + row, name);
      return value;
    });
  }

  private refuseMissing(columns: readonly Column[], gaps: readonly ReadonlySet<number>[], start: number): void {
    let first: { readonly row: number; readonly name: string } | undefined;
    for (const [k, { name }] of columns.entries()) {
      if (this.options.kept[k]) continue;
      for (const row of gaps[k] as ReadonlySet<number>) {
        if (first === undefined || row < first.row) first = { row, name };
        break;
      }
    }
    if (first !== undefined) {
      this.fail("expected a value", ["got none.", missingRemedy], start + first.row, first.name);
    }
  }

  private fail(expected: string, got: string | MessageParts, row: number, column: string): never {
    const { file } = this.options;
    const parts = typeof got === "string" ? [got] : got;
    throw new DataError([`${file} row ${row + 1}, column "${column}": ${expected}, `, ...parts], {
      ...{ file, row: row + 1, column },
    });
  }
}

function part({ columns }: TypedBlock, from: number, to: number): TypedBlock {
  return {
    rows: to - from,
    columns: columns.map(
      (column): TypedColumn =>
        column.kind === "number"
          ? { ...column, values: column.values.subarray(from, to) }
          : { ...column, values: column.values.slice(from, to) },
    ),
  };
}

function missingRows(column: Column): ReadonlySet<number> {
  if (column.kind === "text") return column.missing ?? new Set();
  const rows = new Set<number>();
  for (const [row, value] of column.values.entries()) if (Number.isNaN(value)) rows.add(row);
  return rows;
}

/** Drops rows with a missing value in a requested column. */
function dropped(
  columns: readonly Column[],
  gaps: readonly ReadonlySet<number>[],
  kept: readonly boolean[],
  rows: number,
  start: number,
): CsvTable {
  const bad = new Set<number>();
  const droppedBy = new Map<string, number>();
  for (const [k, { name }] of columns.entries()) {
    const own = gaps[k] as ReadonlySet<number>;
    if (kept[k] || own.size === 0) continue;
    droppedBy.set(name, own.size);
    for (const row of own) bad.add(row);
  }
  const places = Array.from({ length: rows }, (_, i) => i).filter((i) => !bad.has(i));
  return {
    rows: places.length,
    columns:
      bad.size === 0 ? columns : columns.map((column, k) => pick(column, places, gaps[k] as ReadonlySet<number>)),
    dropped: bad.size,
    droppedBy,
    rowNumbers: Float64Array.from(places, (i) => start + i + 1),
  };
}

function pick(column: Column, places: readonly number[], gaps: ReadonlySet<number>): Column {
  if (column.kind === "number")
    return { ...column, values: Float64Array.from(places, (i) => column.values[i] as number) };
  const missing = new Set(places.flatMap((i, k) => (gaps.has(i) ? [k] : [])));
  const { name, kind, values } = column;
  return { name, kind, values: places.map((i) => values[i] as string), ...(missing.size > 0 && { missing }) };
}

/** The shortest decimal that float32 rounds to a value: a float32 of 0.1 means 0.1, as in a text file. */
export function shortestDecimal(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return Number(value.toPrecision(9));
}

/** Seconds of a day. */
export const DAY_SECONDS = 86_400n;

/** A time as SQL writes it, in UTC: `2024-01-31 12:00:00`. */
export function timeText(time: Date): string {
  return isoText(time)
    .replace("T", " ")
    .replace(/(\.000)?Z$/, "");
}

/** @throws {RangeError} JavaScript has no such date: files mark infinite dates by the last days of their integers. */
function isoText(time: Date): string {
  if (Number.isNaN(time.getTime())) throw new RangeError("a date more than 270,000 years from 1970");
  return time.toISOString();
}

/** A date: `2024-01-31`. @param days since 1970. */
export function dateText(days: bigint): string {
  return isoText(new Date(Number(days * DAY_SECONDS) * 1000)).replace(/T.*$/, "");
}

/** A time of day: `12:00:00.25`. @param time since midnight, in units of 1/`unit` seconds. */
export function clockText(time: bigint, unit: bigint): string {
  const seconds = time / unit;
  const fraction = String(time % unit)
    .padStart(String(unit).length - 1, "0")
    .replace(/0+$/, "");
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, "0"));
  return `${parts.join(":")}${fraction === "" ? "" : `.${fraction}`}`;
}

/** A time as SQL writes it, in UTC: `2024-01-31 12:00:00.25`. */
export function timestampText(time: bigint, unit: bigint): string {
  const day = DAY_SECONDS * unit;
  const rest = ((time % day) + day) % day;
  return `${dateText((time - rest) / day)} ${clockText(rest, unit)}`;
}

/** Location of the cells of a part of a column. */
export interface CellPlace {
  readonly file: string;
  readonly column: string;
  /** Rows of the file before the first of the part. */
  readonly rowsBefore: number;
}

/** Returns the error to throw for a cell with a value that is no number and no text: an error with the location. */
export function unreadableCell({ file, column, rowsBefore }: CellPlace, i: number, cause: unknown): unknown {
  if (!(cause instanceof RangeError)) return cause;
  const row = rowsBefore + i + 1;
  return new DataError(
    `${file} row ${row}, column "${column}": expected a number, a text, a date, a time or a boolean, got ${cause.message}. ` +
      "Leave the column out of the file.",
    { file, row, column },
    { cause },
  );
}
