import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import { afterLineEnd, CsvFields, countLineEnds, INCOMPLETE, skipBlankLines } from "./csv-fields.ts";
import { readCsvHeader } from "./csv-header.ts";
import { type CsvColumns, CsvNumberReader, chooseCsvColumns, SKIP } from "./csv-number-reader.ts";
import { INFINITE } from "./csv-numbers.ts";
import { type CsvOptions, type CsvTable, MISSING_VALUES } from "./csv-options.ts";
import { CsvProblems } from "./csv-problems.ts";
import { CsvRows } from "./csv-rows.ts";
import { findDelimiter, MissingMarkers } from "./missing-markers.ts";

const LF = 10;
const CR = 13;

/** Text from which the delimiter and the kinds of the columns are judged. */
const SAMPLE_LENGTH = 1 << 18;
const MAX_RECORD_LENGTH = 1 << 24;

/** State after the first line. */
interface Layout extends CsvColumns {
  readonly delimiter: number;
  readonly fieldCount: number;
  readonly rows: CsvRows;
}

/**
 * Parses CSV text in pieces (RFC 4180, all usual line breaks) into tables of at most `chunkRows` rows. Memory is
 * bounded by one chunk, one piece and one record.
 */
export class CsvParser {
  private readonly options: CsvOptions;
  private readonly chunkRows: number;
  private readonly missing: MissingMarkers;
  private readonly maxRecordLength: number;
  private readonly problems: CsvProblems;
  private readonly numbers: CsvNumberReader;
  private readonly fields: CsvFields;
  /** Position of the parser, for messages. */
  private readonly place = { line: 1, row: 0 };

  private readonly sampleLength: number;
  private pieces: string[] = [];
  private pendingLength = 0;
  private retryAt = 0;
  private atStart = true;
  private layout: Layout | undefined;
  private chunks: CsvTable[] = [];

  constructor(options: CsvOptions, chunkRows: number = Number.POSITIVE_INFINITY) {
    if (!(chunkRows >= 1))
      throw new OptionError(`csv: expected chunkRows of at least 1, got ${describeValue(chunkRows)}.`);
    this.options = options;
    this.chunkRows = Math.floor(chunkRows);
    this.sampleLength = options.sampleLength ?? SAMPLE_LENGTH;
    this.missing = new MissingMarkers(options.missingValues ?? MISSING_VALUES, options.decimal);
    this.maxRecordLength = options.maxRecordLength ?? MAX_RECORD_LENGTH;
    this.problems = new CsvProblems(options);
    this.numbers = new CsvNumberReader(options.decimal, this.missing);
    this.fields = new CsvFields((text, below) => this.problems.fail(text, { line: this.place.line + below }));
  }

  push(text: string): void {
    this.pieces.push(text);
    this.pendingLength += text.length;
    if (this.pendingLength >= this.retryAt) this.advance(false);
  }

  end(): void {
    this.advance(true);
    if (this.layout === undefined) this.problems.fail("expected a header line and rows, got empty input.", {});
    this.throwProblems();
    this.add(this.layout?.rows.take());
  }

  /** The chunks that are complete. */
  take(): CsvTable[] {
    this.throwProblems();
    const { chunks } = this;
    this.chunks = [];
    return chunks;
  }

  /** Line number of the last received text: the position of following bytes. */
  lastLine(): number {
    return this.place.line + countLineEnds(this.pieces.join(""));
  }

  private throwProblems(): void {
    this.problems.throwFirst(this.place.line - 1);
  }

  private add(chunk: CsvTable | undefined): void {
    if (chunk !== undefined) this.chunks.push(chunk);
  }

  private advance(final: boolean): void {
    let text = this.pieces.length === 1 ? (this.pieces[0] as string) : this.pieces.join("");
    if (this.atStart && text.length > 0) {
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      this.atStart = false;
    }
    let used = 0;
    if (this.layout === undefined && (final || text.length >= this.sampleLength)) used = this.start(text, final);
    if (this.layout !== undefined) used = this.parse(text, used, final, this.layout);
    const rest = text.slice(used);
    this.pieces = [rest];
    this.pendingLength = rest.length;
    if (rest.length > this.maxRecordLength) {
      const hint = this.fields.open ? " Perhaps a quote in it is never closed." : "";
      this.problems.fail(`expected a record of at most ${this.maxRecordLength} characters, got a longer one.${hint}`, {
        line: this.place.line,
      });
    }
    // Each retry reads the record from its start: waiting for twice the text keeps the whole linear in its length.
    const isWaiting = this.layout !== undefined || rest.length >= this.sampleLength;
    this.retryAt = isWaiting ? Math.min(2 * rest.length, this.maxRecordLength + 1) : this.sampleLength;
  }

  /** Reads the header and determines column kinds; returns the start of the rows. */
  private start(text: string, final: boolean): number {
    const { options, problems, place } = this;
    const { at, lines } = skipBlankLines(text, 0);
    if (at === text.length) return 0;
    place.line = 1 + lines;
    if (text.includes("\0")) {
      problems.fail("expected plain text, got zero bytes. If the file is UTF-16 or UTF-32, save it as UTF-8.", {
        line: place.line,
      });
    }
    const delimiter = (options.delimiter ?? findDelimiter(text, at, final)).charCodeAt(0);
    const { fields, numbers, missing } = this;
    const reading = { fields, numbers, problems, missing, place };
    const header = readCsvHeader(reading, text, at, delimiter, { header: options.header, final });
    if (header === undefined) {
      place.line = 1;
      return 0;
    }
    const columns = chooseCsvColumns(header.names, header.kinds, options, problems);
    const rows = new CsvRows(columns, options.missing, this.chunkRows);
    this.layout = { ...columns, delimiter, fieldCount: header.names.length, rows };
    return header.next;
  }

  private parse(text: string, from: number, final: boolean, layout: Layout): number {
    let at = from;
    while (at < text.length) {
      this.add(layout.rows.makeRoom());
      const next = this.record(text, at, final, layout);
      if (next === INCOMPLETE) break;
      at = next;
    }
    return at;
  }

  /** Reads one record into the next row; returns where the following one begins. */
  private record(text: string, start: number, final: boolean, layout: Layout): number {
    const { fields, numbers, problems, place } = this;
    const { delimiter, slots, fieldCount, rows } = layout;
    const first = text.charCodeAt(start);
    if (first === LF || first === CR) {
      const next = afterLineEnd(text, start, final);
      if (next !== INCOMPLETE) place.line++;
      return next;
    }
    const { isNumber, numbers: columns, count } = rows;
    const { digitsAreNumbers } = numbers;
    let at = start;
    let field = 0;
    problems.startRecord();
    rows.startRow();
    fields.lines = 0;
    for (;;) {
      const slot = field < fieldCount ? (slots[field] as number) : SKIP;
      let next = INCOMPLETE;
      if (digitsAreNumbers && slot !== SKIP && isNumber[slot] === 1) {
        next = numbers.read(text, at, delimiter, final, columns[slot] as Float64Array, count);
      }
      if (next === INCOMPLETE) {
        next = fields.read(text, at, delimiter, final);
        if (next === INCOMPLETE) return INCOMPLETE;
        if (slot !== SKIP) this.store(slot, layout);
      }
      at = next;
      field++;
      if (at >= text.length) {
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
    place.row++;
    if (field !== fieldCount) problems.noteFieldCount(fieldCount, field);
    if (!problems.endRecord(place.line, place.row)) rows.endRow(place.row);
    place.line += 1 + fields.lines;
    return at;
  }

  /** Stores the field that was read last. */
  private store(slot: number, layout: Layout): void {
    const { rows, names } = layout;
    const { text: value, quoted } = this.fields;
    const trimmed = value.trim();
    const isNumber = rows.isNumber[slot] !== 0;
    const isMissing = this.missing.has(trimmed, quoted && !isNumber);
    if (!isNumber) {
      (rows.texts[slot] as string[])[rows.count] = value;
      if (isMissing) this.noteMissing(slot, value, layout);
      return;
    }
    const parsed = isMissing ? Number.NaN : this.numbers.numberOf(trimmed);
    (rows.numbers[slot] as Float64Array)[rows.count] = parsed;
    if (isMissing) this.noteMissing(slot, value, layout);
    else if (!Number.isFinite(parsed)) {
      const isInfinite = !Number.isNaN(parsed) || INFINITE.test(trimmed);
      this.problems.noteNumber(value, isInfinite, names[slot] as string);
    }
  }

  private noteMissing(slot: number, value: string, { rows, names }: Layout): void {
    if (rows.noteMissing(slot)) this.problems.noteMissing(value, names[slot] as string);
  }
}
