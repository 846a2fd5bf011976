import type { ColumnKind } from "../tables.ts";
import { type CsvFields, skipBlankLines } from "./csv-fields.ts";
import { type CsvNumberReader, firstRepeated } from "./csv-number-reader.ts";
import { INFINITE, looksLikeData } from "./csv-numbers.ts";
import { type CsvProblems, headerRemedies, shortened } from "./csv-problems.ts";
import type { MissingMarkers } from "./missing-markers.ts";

const SAMPLE_RECORDS = 1000;
const MOST_SHOWN = 4;

/** Parser of a file, and its position. */
export interface CsvReading {
  readonly fields: CsvFields;
  readonly numbers: CsvNumberReader;
  readonly problems: CsvProblems;
  readonly missing: MissingMarkers;
  /** The line that is being read, for messages. */
  readonly place: { line: number };
}

/** Names and kinds of the columns. */
export interface CsvHeader {
  readonly names: readonly string[];
  readonly kinds: readonly ColumnKind[];
  /** Where the rows begin. */
  readonly next: number;
}

/**
 * Reads the first line and judges the columns by the first rows.
 *
 * @returns undefined when the first line is not complete.
 */
export function readCsvHeader(
  reading: CsvReading,
  text: string,
  at: number,
  delimiter: number,
  { header, final }: { readonly header: boolean | undefined; readonly final: boolean },
): CsvHeader | undefined {
  const { place } = reading;
  const first = reading.fields.record(text, at, delimiter, final);
  if (first === undefined) return undefined;
  const hasNames = header !== false;
  const names = first.fields.map((field, i) => (hasNames && field.trim()) || `column${i + 1}`);
  const { line } = place;
  if (hasNames) place.line += first.lines;
  const next = hasNames ? first.next : at;
  const kinds = sampleKinds(reading, text, next, delimiter, names.length, final);
  if (hasNames) {
    const fields = first.fields.map((field) => field.trim());
    if (header === undefined) refuseData(reading, fields, kinds, line);
    const twice = firstRepeated(names);
    if (twice !== undefined) {
      reading.problems.fail(`expected columns of different names, got "${twice}" twice.`, { line, column: twice });
    }
  }
  return { names, kinds, next };
}

function refuseData(
  { numbers, missing, problems }: CsvReading,
  fields: readonly string[],
  kinds: readonly ColumnKind[],
  line: number,
): void {
  const isNumeric = kinds.map((kind) => kind === "number");
  if (!looksLikeData(fields, isNumeric, (field) => numbers.numberOf(field), missing)) return;
  const shown = fields.slice(0, MOST_SHOWN).map(shortened).join(", ");
  const got = fields.length > MOST_SHOWN ? `${shown}, …` : shown;
  problems.fail([`expected the names of columns, got numbers (${got}).`, ...headerRemedies], { line });
}

/** Kind of each column, from the first rows. */
function sampleKinds(
  { fields, numbers, missing, place }: CsvReading,
  text: string,
  from: number,
  delimiter: number,
  fieldCount: number,
  final: boolean,
): ColumnKind[] {
  const numeric = new Int32Array(fieldCount);
  const present = new Int32Array(fieldCount);
  const { line } = place;
  let at = from;
  for (let i = 0; i < SAMPLE_RECORDS; i++) {
    const blank = skipBlankLines(text, at);
    at = blank.at;
    place.line += blank.lines;
    const record = at < text.length ? fields.record(text, at, delimiter, final) : undefined;
    if (record === undefined) break;
    place.line += record.lines;
    for (let j = 0; j < fieldCount; j++) {
      const value = record.fields[j]?.trim() ?? "";
      if (missing.has(value)) continue;
      present[j] = (present[j] as number) + 1;
      if (!Number.isNaN(numbers.numberOf(value)) || INFINITE.test(value)) numeric[j] = (numeric[j] as number) + 1;
    }
    at = record.next;
  }
  place.line = line;
  return Array.from(present, (count, j) => (count > 0 && 2 * (numeric[j] as number) <= count ? "text" : "number"));
}
