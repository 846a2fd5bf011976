import { DataError, type DataLocation, OptionError } from "@pushforward/core";
import { afterLineEnd, CsvFields, type CsvRecord, countLineEnds, INCOMPLETE, skipBlankLines } from "./csv-fields.ts";
import { DECIMAL, hasDecimalComma, INFINITE, looksLikeData } from "./csv-numbers.ts";
import { type CsvOptions, type CsvTable, MISSING_VALUES } from "./csv-options.ts";
import { findDelimiter } from "./find-delimiter.ts";
import { listNames } from "./list-names.ts";
import type { Column, ColumnKind } from "./table.ts";

const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const LF = 10;
const CR = 13;
const LOWER_E = 101;
const UPPER_E = 69;

/** A field that is not read. */
const SKIP = -1;

const SAMPLE_RECORDS = 1000;
const SAMPLE_LENGTH = 1 << 18;

// Powers of ten that float64 holds exactly: a product or quotient of two exact numbers is rounded once, so correctly.
const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * Turns CSV text that comes in pieces (RFC 4180, any of the usual line ends) into tables of at most `chunkRows` rows.
 * Memory is bounded by one chunk, one piece and one record.
 */
export class CsvParser {
  private readonly options: CsvOptions;
  private readonly chunkRows: number;
  private readonly missing: ReadonlySet<string>;
  private readonly maxRecordLength: number;
  /** False when a number (−99, say) may stand for a missing value: then each is compared as text. */
  private readonly digitsAreNumbers: boolean;
  private readonly point: number;

  private pieces: string[] = [];
  private pendingLength = 0;
  private retryAt = 0;
  private started = false;
  private atStart = true;

  private readonly fields: CsvFields = new CsvFields((text, below) => this.fail(text, { line: this.line + below }));
  private delimiter = 0;
  private fieldCount = 0;
  private names: string[] = [];
  private kinds: ColumnKind[] = [];
  private slots: Int32Array = new Int32Array(0);
  private numberSlots: Uint8Array = new Uint8Array(0);
  private numbers: Float64Array[] = [];
  private texts: string[][] = [];
  private capacity = 0;
  /** Slots of columns that nobody asked for and that are kept as they are. */
  private keptSlots: Uint8Array = new Uint8Array(0);
  private rows = 0;
  private rowNumbers: Float64Array = new Float64Array(0);
  private dropped = 0;
  /** For each slot, the rows that were left out because of it, and those that stay without a value. */
  private droppedBy: Int32Array = new Int32Array(0);
  private missingRows: number[][] = [];
  private missingSlots: number[] = [];
  private chunks: CsvTable[] = [];
  private emitted = false;

  private line = 1;
  private row = 0;
  private problem: { readonly expected: string; readonly got: string; readonly slot: number } | undefined;
  private firstError: { readonly text: string; readonly location: DataLocation } | undefined;
  private otherErrors = 0;

  constructor(options: CsvOptions, chunkRows: number = Number.POSITIVE_INFINITY) {
    if (!(chunkRows >= 1)) throw new OptionError(`csv: expected chunkRows of at least 1, got ${chunkRows}.`);
    this.options = options;
    this.chunkRows = Math.floor(chunkRows);
    this.missing = new Set(options.missingValues ?? MISSING_VALUES);
    this.maxRecordLength = options.maxRecordLength ?? 1 << 24;
    this.point = options.decimal === "," ? COMMA : POINT;
    this.digitsAreNumbers = ![...this.missing].some((value) => Number.isFinite(this.numberOf(value)));
  }

  push(text: string): void {
    this.pieces.push(text);
    this.pendingLength += text.length;
    if (this.pendingLength >= this.retryAt) this.advance(false);
  }

  end(): void {
    this.advance(true);
    if (!this.started) this.fail("expected a header line and rows, got nothing.", {});
    this.throwProblems();
    this.flush();
  }

  /** The chunks that are complete. */
  take(): CsvTable[] {
    this.throwProblems();
    const { chunks } = this;
    this.chunks = [];
    return chunks;
  }

  /** The line up to which text has come in: where bytes that follow it stand. */
  lastLine(): number {
    return this.line + countLineEnds(this.pieces.join(""));
  }

  private advance(final: boolean): void {
    let text = this.pieces.length === 1 ? (this.pieces[0] as string) : this.pieces.join("");
    if (this.atStart && text.length > 0) {
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      this.atStart = false;
    }
    let used = 0;
    if (!this.started && (final || text.length >= SAMPLE_LENGTH)) used = this.start(text, final);
    if (this.started) used = this.parse(text, used, final);
    const rest = text.slice(used);
    this.pieces = [rest];
    this.pendingLength = rest.length;
    if (rest.length > this.maxRecordLength) {
      const hint = this.fields.open ? " Perhaps a quote in it is never closed." : "";
      this.fail(`expected a record of at most ${this.maxRecordLength} characters, got a longer one.${hint}`, {
        line: this.line,
      });
    }
    // Each retry reads the record from its start: waiting for twice the text keeps the whole linear in its length.
    this.retryAt = this.started ? Math.min(2 * rest.length, this.maxRecordLength + 1) : SAMPLE_LENGTH;
    if (!this.started && rest.length >= SAMPLE_LENGTH)
      this.retryAt = Math.min(2 * rest.length, this.maxRecordLength + 1);
  }

  /** Reads the header and decides what the columns hold; returns where the rows begin. */
  private start(text: string, final: boolean): number {
    const { at, lines } = skipBlankLines(text, 0);
    if (at === text.length) return 0;
    this.line = 1 + lines;
    if (text.includes("\0")) {
      this.fail("expected plain text, got zero bytes. If the file is UTF-16 or UTF-32, save it as UTF-8.", {
        line: this.line,
      });
    }
    this.delimiter = (this.options.delimiter ?? findDelimiter(text, at, final)).charCodeAt(0);
    const first = this.fields.record(text, at, this.delimiter, final);
    if (first === undefined) {
      this.line = 1;
      return 0;
    }
    this.fieldCount = first.fields.length;
    const header = this.options.header !== false;
    const names = first.fields.map((field, i) => (header && field.trim()) || `column${i + 1}`);
    const firstLine = this.line;
    if (header) this.line += first.lines;
    const kinds = this.sampleKinds(text, header ? first.next : at, final);
    if (header) this.checkHeader(first, names, kinds, firstLine);
    this.chooseColumns(names, kinds);
    this.started = true;
    return header ? first.next : at;
  }

  private checkHeader(record: CsvRecord, names: readonly string[], kinds: readonly ColumnKind[], line: number): void {
    const fields = record.fields.map((field) => field.trim());
    const isNumeric = kinds.map((kind) => kind === "number");
    if (
      this.options.header === undefined &&
      looksLikeData(fields, isNumeric, (field) => this.numberOf(field), this.missing)
    ) {
      const shown = fields.slice(0, 4).map(shorten).join(", ");
      this.fail(
        `expected the names of columns, got numbers (${fields.length > 4 ? `${shown}, …` : shown}). ` +
          "If the file has no header, say so (header: false); if these are names, say that (header: true).",
        { line },
      );
    }
    const twice = firstRepeated(names);
    if (twice !== undefined) {
      this.fail(`expected columns of different names, got "${twice}" twice.`, { line, column: twice });
    }
  }

  /** What each column holds, judged by the first rows. */
  private sampleKinds(text: string, from: number, final: boolean): ColumnKind[] {
    const numeric = new Int32Array(this.fieldCount);
    const present = new Int32Array(this.fieldCount);
    const { line } = this;
    let at = from;
    for (let i = 0; i < SAMPLE_RECORDS; i++) {
      const blank = skipBlankLines(text, at);
      at = blank.at;
      this.line += blank.lines;
      const record = at < text.length ? this.fields.record(text, at, this.delimiter, final) : undefined;
      if (record === undefined) break;
      this.line += record.lines;
      for (let j = 0; j < this.fieldCount; j++) {
        const value = record.fields[j]?.trim() ?? "";
        if (this.missing.has(value)) continue;
        present[j] = (present[j] as number) + 1;
        if (!Number.isNaN(this.numberOf(value)) || INFINITE.test(value)) numeric[j] = (numeric[j] as number) + 1;
      }
      at = record.next;
    }
    this.line = line;
    return Array.from(present, (count, j) => (count > 0 && 2 * (numeric[j] as number) <= count ? "text" : "number"));
  }

  private chooseColumns(names: readonly string[], inferred: readonly ColumnKind[]): void {
    const { columns = names, kinds = {}, others = "leave" } = this.options;
    const places = new Map(names.map((name, i) => [name, i]));
    for (const name of [...columns, ...Object.keys(kinds)]) {
      if (!places.has(name)) {
        this.fail(`expected a column "${name}", got the columns ${listNames(names)}.`, {});
      }
    }
    const twice = firstRepeated(columns);
    if (twice !== undefined) throw new OptionError(`csv: expected different columns, got "${twice}" twice.`);
    const chosen = new Set(columns);
    this.names = others === "keep" ? [...names] : [...columns];
    const slots = new Map(this.names.map((name, slot) => [name, slot]));
    this.slots = Int32Array.from(names, (name) => slots.get(name) ?? SKIP);
    this.keptSlots = Uint8Array.from(this.names, (name) => (chosen.has(name) ? 0 : 1));
    this.kinds = this.names.map((name): ColumnKind => {
      if (!chosen.has(name)) return "text";
      // A plain object inherits "constructor" and others, which may be the names of columns.
      return (Object.hasOwn(kinds, name) ? kinds[name] : inferred[places.get(name) as number]) as ColumnKind;
    });
    this.numberSlots = Uint8Array.from(this.kinds, (kind) => (kind === "number" ? 1 : 0));
    this.droppedBy = new Int32Array(this.names.length);
    this.missingRows = this.names.map(() => []);
    this.allocate(Math.min(1024, this.chunkRows));
  }

  private allocate(capacity: number): void {
    this.capacity = capacity;
    this.numbers = this.kinds.map((kind, slot) => {
      const values = new Float64Array(kind === "number" ? capacity : 0);
      values.set(this.numbers[slot]?.subarray(0, this.rows) ?? []);
      return values;
    });
    const rowNumbers = new Float64Array(capacity);
    rowNumbers.set(this.rowNumbers.subarray(0, this.rows));
    this.rowNumbers = rowNumbers;
    if (this.texts.length === 0) this.texts = this.kinds.map(() => []);
  }

  private parse(text: string, from: number, final: boolean): number {
    let at = from;
    while (at < text.length) {
      if (this.rows === this.capacity) {
        if (this.rows === this.chunkRows) this.flush();
        else this.allocate(Math.min(2 * this.capacity, this.chunkRows));
      }
      const next = this.record(text, at, final);
      if (next === INCOMPLETE) break;
      at = next;
    }
    return at;
  }

  /** Reads one record into the next row; returns where the following one begins. */
  private record(text: string, start: number, final: boolean): number {
    const { delimiter, slots, numberSlots, numbers, fieldCount, rows, digitsAreNumbers, point } = this;
    const first = text.charCodeAt(start);
    if (first === LF || first === CR) {
      const next = afterLineEnd(text, start, final);
      if (next !== INCOMPLETE) this.line++;
      return next;
    }
    const end = text.length;
    let at = start;
    let field = 0;
    this.problem = undefined;
    this.missingSlots.length = 0;
    this.fields.lines = 0;
    for (;;) {
      const slot = field < fieldCount ? (slots[field] as number) : SKIP;
      let done = false;
      if (digitsAreNumbers && slot !== SKIP && numberSlots[slot] === 1) {
        // The common form of a number is read from its digits. What does not fit is left to the general way below.
        let p = at;
        let c = p < end ? text.charCodeAt(p) : LF;
        const sign = c;
        if (sign === MINUS || sign === PLUS) c = ++p < end ? text.charCodeAt(p) : LF;
        const digitsFrom = p;
        let mantissa = 0;
        let exponent = 0;
        while (c >= 48 && c <= 57) {
          mantissa = mantissa * 10 + (c - 48);
          c = ++p < end ? text.charCodeAt(p) : LF;
        }
        let digits = p - digitsFrom;
        if (c === point) {
          c = ++p < end ? text.charCodeAt(p) : LF;
          const fractionFrom = p;
          while (c >= 48 && c <= 57) {
            mantissa = mantissa * 10 + (c - 48);
            c = ++p < end ? text.charCodeAt(p) : LF;
          }
          exponent = fractionFrom - p;
          digits -= exponent;
        }
        if ((c === LOWER_E || c === UPPER_E) && p + 1 < end) {
          let q = p + 1;
          let e = text.charCodeAt(q);
          const exponentSign = e;
          if (e === MINUS || e === PLUS) e = ++q < end ? text.charCodeAt(q) : LF;
          const exponentFrom = q;
          let size = 0;
          while (e >= 48 && e <= 57) {
            size = size * 10 + (e - 48);
            e = ++q < end ? text.charCodeAt(q) : LF;
          }
          if (q > exponentFrom && q - exponentFrom < 4) {
            exponent += exponentSign === MINUS ? -size : size;
            p = q;
            c = e;
          }
        }
        if (digits > 0 && (c === delimiter || c === LF || c === CR) && (p < end || final)) {
          let value: number;
          if (digits <= 15 && exponent >= -22 && exponent <= 22) {
            const power = POWERS_OF_TEN[exponent < 0 ? -exponent : exponent] as number;
            value = exponent < 0 ? mantissa / power : mantissa * power;
            if (sign === MINUS) value = -value;
          } else {
            value = Number(text.slice(at, p));
          }
          if (value - value === 0) {
            (numbers[slot] as Float64Array)[rows] = value;
            at = p;
            done = true;
          }
        }
      }
      if (!done) {
        at = this.fields.read(text, at, delimiter, final);
        if (at === INCOMPLETE) return INCOMPLETE;
        if (slot !== SKIP) this.store(slot, rows);
      }
      field++;
      if (at >= end) {
        if (!final) return INCOMPLETE;
        break;
      }
      if (text.charCodeAt(at) === delimiter) {
        at++;
        continue;
      }
      at = afterLineEnd(text, at, final);
      if (at === INCOMPLETE) return INCOMPLETE;
      break;
    }
    this.row++;
    if (field !== fieldCount) this.noteFieldCount(field);
    this.endRow();
    this.line += 1 + this.fields.lines;
    return at;
  }

  /** Keeps the row that was read last, or leaves it out. */
  private endRow(): void {
    const { missingSlots, rows } = this;
    if (this.problem !== undefined) {
      this.report();
      return;
    }
    if (this.options.missing === "drop" && missingSlots.some((slot) => this.keptSlots[slot] === 0)) {
      this.dropped++;
      for (const slot of missingSlots) {
        if (this.keptSlots[slot] === 0) this.droppedBy[slot] = (this.droppedBy[slot] as number) + 1;
      }
      return;
    }
    for (const slot of missingSlots) (this.missingRows[slot] as number[]).push(rows);
    this.rowNumbers[rows] = this.row;
    this.rows++;
  }

  /** Stores the field that was read last. */
  private store(slot: number, row: number): void {
    const value = this.fields.text;
    const trimmed = value.trim();
    if (this.numberSlots[slot] === 0) {
      (this.texts[slot] as string[])[row] = value;
      // A quoted word is meant as it stands: "NA" may be Namibia.
      if (!this.fields.quoted && this.missing.has(trimmed)) this.noteMissing(slot, value);
      return;
    }
    if (this.missing.has(trimmed)) {
      (this.numbers[slot] as Float64Array)[row] = Number.NaN;
      this.noteMissing(slot, value);
      return;
    }
    const parsed = this.numberOf(trimmed);
    (this.numbers[slot] as Float64Array)[row] = parsed;
    if (!Number.isFinite(parsed)) {
      const isInfinite = parsed === Number.POSITIVE_INFINITY || parsed === Number.NEGATIVE_INFINITY;
      const expected = isInfinite || INFINITE.test(trimmed) ? "a finite number" : "a number";
      this.problem ??= { expected, got: JSON.stringify(shorten(value)), slot };
    }
  }

  /** The number that a text writes, with a decimal point or comma as the options say; NaN when it writes none. */
  private numberOf(text: string): number {
    const plain = this.point === POINT ? text : text.replaceAll(".", "x").replace(",", ".");
    return DECIMAL.test(plain) ? Number(plain) : Number.NaN;
  }

  private noteMissing(slot: number, value: string): void {
    this.missingSlots.push(slot);
    if ((this.options.missing ?? "error") !== "error" || this.keptSlots[slot] === 1) return;
    this.problem ??= { expected: "a value", got: value === "" ? "an empty field" : JSON.stringify(value.trim()), slot };
  }

  private noteFieldCount(got: number): void {
    const { fieldCount } = this;
    this.problem = { expected: `${fieldCount} ${fieldCount === 1 ? "field" : "fields"}`, got: String(got), slot: SKIP };
  }

  private report(): void {
    if (this.firstError !== undefined) {
      this.otherErrors++;
      return;
    }
    const { expected, got, slot } = this.problem as { expected: string; got: string; slot: number };
    const name = slot === SKIP ? undefined : (this.names[slot] as string);
    this.firstError = {
      text: `expected ${expected}, got ${got}.${this.remedyFor(expected, got, name)}`,
      location: { line: this.line, row: this.row, ...(name !== undefined && { column: name }) },
    };
  }

  private remedyFor(expected: string, got: string, name: string | undefined): string {
    if (expected === "a value") return ' Fill it in, or leave such rows out (missing: "drop").';
    if (name === undefined) {
      return Number(got) > this.fieldCount ? " Put a field that holds the delimiter in double quotes." : "";
    }
    if (expected !== "a number") return "";
    if (hasDecimalComma(JSON.parse(got).trim())) return ' Write decimals with a point, or say so (decimal: ",").';
    const isGiven = this.options.kinds !== undefined && Object.hasOwn(this.options.kinds, name);
    const text = isGiven ? "" : ' If the column holds text, say so (kinds: "text").';
    return `${text} If ${got} marks a missing value, say so (missingValues: [${got}]).`;
  }

  private throwProblems(): void {
    if (this.firstError === undefined) return;
    const { text, location } = this.firstError;
    const count = this.otherErrors;
    const others =
      count === 0
        ? ""
        : ` ${count} more ${count === 1 ? "row" : "rows"} up to line ${this.line - 1} can't be read either.`;
    this.fail(text + others, location);
  }

  private flush(): void {
    const { rows, dropped } = this;
    // A table without rows is worth giving only when it is the sole one.
    if (rows === 0 && dropped === 0 && this.emitted) return;
    this.emitted = true;
    const columns = this.names.map((name, slot): Column => {
      if (this.kinds[slot] === "number") {
        return { name, kind: "number", values: (this.numbers[slot] as Float64Array).slice(0, rows) };
      }
      const values = (this.texts[slot] as string[]).slice(0, rows);
      const gaps = this.missingRows[slot] as number[];
      return { name, kind: "text", values, ...(gaps.length > 0 && { missing: new Set(gaps) }) };
    });
    const droppedBy = new Map(this.names.map((name, slot) => [name, this.droppedBy[slot] as number]));
    for (const [name, count] of droppedBy) if (count === 0) droppedBy.delete(name);
    this.chunks.push({ rows, columns, dropped, droppedBy, rowNumbers: this.rowNumbers.slice(0, rows) });
    this.rows = 0;
    this.dropped = 0;
    this.droppedBy.fill(0);
    for (const gaps of this.missingRows) gaps.length = 0;
  }

  private fail(text: string, location: DataLocation): never {
    const { file } = this.options;
    throw new DataError(`${describeLocation({ ...location, ...(file !== undefined && { file }) })}: ${text}`, {
      ...location,
      ...(file !== undefined && { file }),
    });
  }
}

/** `data.csv line 7, row 6, column "mass"`. */
function describeLocation({ file, line, row, column }: DataLocation): string {
  const place = [
    line === undefined ? "" : `line ${line}`,
    row === undefined ? "" : `row ${row}`,
    column === undefined ? "" : `column "${column}"`,
  ].filter((part) => part !== "");
  return [file ?? "csv", place.join(", ")].filter((part) => part !== "").join(" ");
}

function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
