import { DataError, type DataLocation, OptionError } from "@pushforward/core";
import { type CsvOptions, type CsvTable, MISSING_VALUES } from "./csv-options.ts";
import type { Column, ColumnKind } from "./table.ts";

const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const LF = 10;
const CR = 13;
const LOWER_E = 101;
const UPPER_E = 69;

/** A field that is not read. */
const SKIP = -1;
/** The record goes on beyond the text that is there. */
const INCOMPLETE = -1;

const SAMPLE_RECORDS = 1000;
const SAMPLE_LENGTH = 1 << 18;

// Powers of ten that float64 holds exactly: a product or quotient of two exact numbers is rounded once, so correctly.
const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

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

  private pieces: string[] = [];
  private pendingLength = 0;
  private retryAt = 0;
  private started = false;
  private atStart = true;

  private delimiter = 0;
  private fieldCount = 0;
  private names: string[] = [];
  private kinds: ColumnKind[] = [];
  private slots: Int32Array = new Int32Array(0);
  private numberSlots: Uint8Array = new Uint8Array(0);
  private numbers: Float64Array[] = [];
  private texts: string[][] = [];
  private capacity = 0;
  private rows = 0;
  private dropped = 0;
  private chunks: CsvTable[] = [];
  private emitted = false;

  private line = 1;
  private row = 0;
  private fieldText = "";
  private fieldQuoted = false;
  private fieldLines = 0;
  private quoteOpen = false;
  private problem: { readonly expected: string; readonly got: string; readonly slot: number } | undefined;
  private firstError: { readonly text: string; readonly location: DataLocation } | undefined;
  private otherErrors = 0;

  constructor(options: CsvOptions, chunkRows: number = Number.POSITIVE_INFINITY) {
    if (!(chunkRows >= 1)) throw new OptionError(`csv: expected chunkRows of at least 1, got ${chunkRows}.`);
    this.options = options;
    this.chunkRows = Math.floor(chunkRows);
    this.missing = new Set(options.missingValues ?? MISSING_VALUES);
    this.maxRecordLength = options.maxRecordLength ?? 1 << 24;
    this.digitsAreNumbers = ![...this.missing].some((value) => DECIMAL.test(value));
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
      const hint = this.quoteOpen ? " Perhaps a quote in it is never closed." : "";
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
    let at = this.skipBlankLines(text, 0);
    if (at === text.length) return 0;
    if (text.includes("\0")) {
      this.fail("expected plain text, got zero bytes. If the file is UTF-16 or UTF-32, save it as UTF-8.", {
        line: this.line,
      });
    }
    this.delimiter = (this.options.delimiter ?? findDelimiter(text, at)).charCodeAt(0);
    const firstLine = this.line;
    const first = this.readRecord(text, at, final);
    if (first === undefined) {
      this.line = 1;
      return 0;
    }
    const header = this.options.header ?? true;
    const names = first.fields.map((field, i) => (header && field.trim()) || `column${i + 1}`);
    if (header) {
      this.checkHeader(first.fields, names, firstLine);
      at = first.next;
    } else {
      this.line = firstLine;
    }
    this.fieldCount = names.length;
    this.chooseColumns(names, this.sampleKinds(text, at, final));
    this.started = true;
    return at;
  }

  private checkHeader(fields: readonly string[], names: readonly string[], line: number): void {
    if (fields.every((field) => DECIMAL.test(field.trim()))) {
      this.fail(`expected the names of columns, got only numbers. If the file has no header, say so (header: false).`, {
        line,
      });
    }
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      this.fail(`expected columns of different names, got "${twice}" twice.`, { line, column: twice });
    }
  }

  private sampleKinds(text: string, from: number, final: boolean): ColumnKind[] {
    const numeric = new Int32Array(this.fieldCount);
    const present = new Int32Array(this.fieldCount);
    const { line } = this;
    let at = from;
    for (let i = 0; i < SAMPLE_RECORDS; i++) {
      at = this.skipBlankLines(text, at);
      const record = at < text.length ? this.readRecord(text, at, final) : undefined;
      if (record === undefined) break;
      for (let j = 0; j < this.fieldCount; j++) {
        const value = record.fields[j]?.trim() ?? "";
        if (this.missing.has(value)) continue;
        present[j] = (present[j] as number) + 1;
        if (DECIMAL.test(value) || INFINITE.test(value)) numeric[j] = (numeric[j] as number) + 1;
      }
      at = record.next;
    }
    this.line = line;
    return Array.from(present, (count, j) => (count > 0 && 2 * (numeric[j] as number) <= count ? "text" : "number"));
  }

  private chooseColumns(names: readonly string[], inferred: readonly ColumnKind[]): void {
    const { columns = names, kinds = {} } = this.options;
    for (const name of [...columns, ...Object.keys(kinds)]) {
      if (!names.includes(name)) {
        this.fail(`expected one of the columns ${names.join(", ")}, got "${name}".`, { column: name });
      }
    }
    this.names = [...columns];
    const twice = this.names.find((name, i) => this.names.indexOf(name) !== i);
    if (twice !== undefined) throw new OptionError(`csv: expected different columns, got "${twice}" twice.`);
    this.slots = Int32Array.from(names, (name) => this.names.indexOf(name));
    this.kinds = this.names.map((name) => kinds[name] ?? (inferred[names.indexOf(name)] as ColumnKind));
    this.numberSlots = Uint8Array.from(this.kinds, (kind) => (kind === "number" ? 1 : 0));
    this.allocate(Math.min(1024, this.chunkRows));
  }

  private allocate(capacity: number): void {
    this.capacity = capacity;
    this.numbers = this.kinds.map((kind, slot) => {
      const values = new Float64Array(kind === "number" ? capacity : 0);
      values.set(this.numbers[slot]?.subarray(0, this.rows) ?? []);
      return values;
    });
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
    const { delimiter, slots, numberSlots, numbers, fieldCount, rows, digitsAreNumbers } = this;
    const first = text.charCodeAt(start);
    if (first === LF || first === CR) {
      const next = afterLineEnd(text, start, final);
      if (next !== INCOMPLETE) this.line++;
      return next;
    }
    const end = text.length;
    let at = start;
    let field = 0;
    let missing = false;
    this.problem = undefined;
    this.fieldLines = 0;
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
        if (c === POINT) {
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
        at = this.field(text, at, final);
        if (at === INCOMPLETE) return INCOMPLETE;
        if (slot !== SKIP && this.store(slot, rows)) missing = true;
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
    if (field !== fieldCount) {
      this.problem = { expected: `${fieldCount} fields`, got: String(field), slot: SKIP };
    }
    if (this.problem !== undefined) this.report();
    else if (missing && this.options.missing === "drop") this.dropped++;
    else this.rows++;
    this.line += 1 + this.fieldLines;
    return at;
  }

  /** Stores the field that was read last; true when it is missing. */
  private store(slot: number, row: number): boolean {
    const value = this.fieldText;
    if (this.numberSlots[slot] === 0) {
      (this.texts[slot] as string[])[row] = value;
      // A quoted word is meant as it stands: "NA" may be Namibia.
      if (this.fieldQuoted || !this.missing.has(value.trim())) return false;
      this.noteMissing(slot, value);
      return true;
    }
    const trimmed = value.trim();
    if (this.missing.has(trimmed)) {
      (this.numbers[slot] as Float64Array)[row] = Number.NaN;
      this.noteMissing(slot, value);
      return true;
    }
    const parsed = DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN;
    (this.numbers[slot] as Float64Array)[row] = parsed;
    if (!Number.isFinite(parsed)) {
      const isInfinite = parsed === Number.POSITIVE_INFINITY || parsed === Number.NEGATIVE_INFINITY;
      const expected = isInfinite || INFINITE.test(trimmed) ? "a finite number" : "a number";
      this.problem ??= { expected, got: JSON.stringify(shorten(value)), slot };
    }
    return false;
  }

  private noteMissing(slot: number, value: string): void {
    if (this.options.missing === "drop") return;
    this.problem ??= { expected: "a value", got: value === "" ? "an empty field" : JSON.stringify(value.trim()), slot };
  }

  private report(): void {
    if (this.firstError !== undefined) {
      this.otherErrors++;
      return;
    }
    const { expected, got, slot } = this.problem as { expected: string; got: string; slot: number };
    const name = slot === SKIP ? undefined : (this.names[slot] as string);
    let remedy = "";
    if (expected === "a value") remedy = ' Fill it in, or leave such rows out (missing: "drop").';
    else if (/^"[+-]?\d+,\d+"$/.test(got)) remedy = " Write decimals with a point.";
    else if (expected === "a number") remedy = ' If the column holds text, say so (kinds: "text").';
    this.firstError = {
      text: `expected ${expected}, got ${got}.${remedy}`,
      location: { line: this.line, row: this.row, ...(name !== undefined && { column: name }) },
    };
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

  /** Reads the field at `at` into `fieldText`; returns where its end mark stands. */
  private field(text: string, at: number, final: boolean): number {
    const end = text.length;
    this.quoteOpen = false;
    if (text.charCodeAt(at) !== QUOTE) {
      let p = at;
      while (p < end) {
        const c = text.charCodeAt(p);
        if (c === this.delimiter || c === LF || c === CR) break;
        p++;
      }
      if (p === end && !final) return INCOMPLETE;
      this.fieldText = text.slice(at, p);
      this.fieldQuoted = false;
      return p;
    }
    let value = "";
    let from = at + 1;
    for (;;) {
      const quote = text.indexOf('"', from);
      if (quote === -1 && final) {
        this.fail("expected a closing quote, got the end of the text.", { line: this.line + this.fieldLines });
      }
      if (quote === -1 || (quote + 1 === end && !final)) {
        this.quoteOpen = true;
        return INCOMPLETE;
      }
      const doubled = text.charCodeAt(quote + 1) === QUOTE;
      value += text.slice(from, doubled ? quote + 1 : quote);
      from = quote + 1;
      if (!doubled) break;
      from++;
    }
    const after = text.charCodeAt(from);
    if (from < end && after !== this.delimiter && after !== LF && after !== CR) {
      this.fail(
        `expected a delimiter after the closing quote, got ${JSON.stringify(text[from])}. Write a quote inside quotes twice.`,
        { line: this.line + this.fieldLines + countLineEnds(value) },
      );
    }
    this.fieldLines += countLineEnds(value);
    this.fieldText = value;
    this.fieldQuoted = true;
    return from;
  }

  /** Reads one record as text and counts its lines. */
  private readRecord(text: string, start: number, final: boolean): { fields: string[]; next: number } | undefined {
    const fields: string[] = [];
    let at = start;
    this.fieldLines = 0;
    for (;;) {
      at = this.field(text, at, final);
      if (at === INCOMPLETE) return undefined;
      fields.push(this.fieldText);
      if (at >= text.length) {
        if (!final) return undefined;
        break;
      }
      if (text.charCodeAt(at) === this.delimiter) {
        at++;
        continue;
      }
      at = afterLineEnd(text, at, final);
      if (at === INCOMPLETE) return undefined;
      break;
    }
    this.line += 1 + this.fieldLines;
    return { fields, next: at };
  }

  private skipBlankLines(text: string, from: number): number {
    let at = from;
    while (at < text.length && (text.charCodeAt(at) === LF || text.charCodeAt(at) === CR)) {
      at = afterLineEnd(text, at, true);
      this.line++;
    }
    return at;
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
      return { name, kind: "text", values };
    });
    this.chunks.push({ rows, columns, dropped });
    this.rows = 0;
    this.dropped = 0;
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

function afterLineEnd(text: string, at: number, final: boolean): number {
  if (text.charCodeAt(at) === LF) return at + 1;
  if (at + 1 === text.length && !final) return INCOMPLETE;
  return text.charCodeAt(at + 1) === LF ? at + 2 : at + 1;
}

function countLineEnds(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === LF || (c === CR && text.charCodeAt(i + 1) !== LF)) count++;
  }
  return count;
}

/** The most frequent delimiter of the first line outside quotes; a comma when there is none. */
function findDelimiter(text: string, from: number): string {
  const counts = new Map<string, number>();
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const c = text[i] as string;
    if (c === '"') quoted = !quoted;
    else if (!quoted && (c === "\n" || c === "\r")) break;
    else if (!quoted && ",;\t|".includes(c)) counts.set(c, (counts.get(c) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? ",";
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
