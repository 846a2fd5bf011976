import { DataError, type DataLocation } from "@pushforward/core";
import { type MessageParts, mention, type OptionMention } from "@pushforward/core/extend";
import { hasDecimalComma } from "./csv-numbers.ts";
import type { CsvOptions } from "./csv-options.ts";

// What the reader of CSV files proposes, each as the options that do it.

/** A value is missing. */
const missingRemedy: OptionMention = mention("missing", {
  value: "drop",
  sentence: (words) => ` Fill it in, or leave such rows out (${words}).`,
});

/** A number has a decimal comma. */
const decimalRemedy: OptionMention = mention("decimal", {
  value: ",",
  words: 'say so (decimal: ",")',
  sentence: (words) => ` Write decimals with a point, or ${words}.`,
});

/** Bytes are no UTF-8. */
export const encodingRemedy: OptionMention = mention("encoding", {
  value: "windows-1252",
  words: 'say so (encoding: "windows-1252")',
  sentence: (words) => ` If it is Windows-1252 (Latin-1), ${words}.`,
});

/** Remedy for a text in a column of numbers. */
const textRemedy: OptionMention = mention("kinds", {
  value: "text",
  words: 'say so (kinds: "text")',
  sentence: (words) => ` If the column holds text, ${words}.`,
});

/** A text, in quotes, may mark a missing value. */
function markerRemedy(text: string): OptionMention {
  return mention("missingValues", {
    words: `say so (missingValues: [${text}])`,
    sentence: (words) => ` If ${text} marks a missing value, ${words}.`,
  });
}

/** Remedies for numbers in the first line. */
export const headerRemedies: MessageParts = [
  mention("header", {
    value: false,
    words: "say so (header: false)",
    sentence: (words) => ` If the file has no header, ${words};`,
  }),
  mention("header", {
    value: true,
    words: "say that (header: true)",
    sentence: (words) => ` if these are names, ${words}.`,
  }),
];

/** A problem of a record. */
interface Problem {
  readonly expected: string;
  readonly got: string;
  readonly remedies: MessageParts;
  readonly column?: string;
}

/** Collects problems: the first one with its place and remedies, and the number of further ones. */
export class CsvProblems {
  private readonly options: CsvOptions;
  private problem: Problem | undefined;
  private first: { readonly parts: MessageParts; readonly location: DataLocation } | undefined;
  private others = 0;

  constructor(options: CsvOptions) {
    this.options = options;
  }

  startRecord(): void {
    this.problem = undefined;
  }

  /** A non-numeric field of a record. Only the first problem of a record is reported. */
  noteNumber(value: string, isInfinite: boolean, column: string): void {
    const got = JSON.stringify(shortened(value));
    this.problem ??= {
      ...{ expected: isInfinite ? "a finite number" : "a number", got, column },
      remedies: isInfinite ? [markerRemedy(got)] : this.numberRemedies(value, got, column),
    };
  }

  /** Notes a record with a missing value. */
  noteMissing(value: string, column: string): void {
    const got = value === "" ? "an empty field" : JSON.stringify(value.trim());
    this.problem ??= { expected: "a value", got, remedies: [missingRemedy], column };
  }

  /** Notes a record with too few or too many fields, which explains all other problems of the record. */
  noteFieldCount(expected: number, got: number): void {
    this.problem = {
      ...{ expected: `${expected} ${expected === 1 ? "field" : "fields"}`, got: String(got) },
      remedies: got > expected ? [" Put fields with the delimiter in double quotes."] : [],
    };
  }

  /** Closes a record. Returns `true` if it had a problem. */
  endRecord(line: number, row: number): boolean {
    if (this.problem === undefined) return false;
    if (this.first !== undefined) {
      this.others++;
      return true;
    }
    const { expected, got, remedies, column } = this.problem;
    this.first = {
      parts: [`expected ${expected}, got ${got}.`, ...remedies],
      location: { line, row, ...(column !== undefined && { column }) },
    };
    return true;
  }

  /** Throws the problems collected up to a line, if any. */
  throwFirst(lastLine: number): void {
    if (this.first === undefined) return;
    const { parts, location } = this.first;
    const count = this.others;
    const others =
      count === 0 ? "" : ` ${count} more ${count === 1 ? "row" : "rows"} up to line ${lastLine} can't be read either.`;
    this.fail([...parts, others], location);
  }

  fail(message: string | MessageParts, where: DataLocation): never {
    const { file } = this.options;
    const location = { ...where, ...(file !== undefined && { file }) };
    const parts = typeof message === "string" ? [message] : message;
    throw new DataError([`${describeLocation(location)}: `, ...parts], location);
  }

  private numberRemedies(value: string, got: string, column: string): MessageParts {
    if (hasDecimalComma(shortened(value).trim())) return [decimalRemedy];
    const { kinds } = this.options;
    const isGiven = typeof kinds === "object" && Object.hasOwn(kinds, column);
    return [...(isGiven ? [] : [textRemedy]), markerRemedy(got)];
  }
}

/** The start of a long text. */
export function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
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
