import { DataError, type DataLocation } from "@pushforward/core";
import type { MessageParts } from "@pushforward/core/extend";
import { hasDecimalComma } from "./csv-numbers.ts";
import type { CsvOptions } from "./csv-options.ts";
import { decimalRemedy, markerRemedy, missingRemedy, textRemedy } from "./csv-remedies.ts";

/** What is wrong with a record. */
interface Problem {
  readonly expected: string;
  readonly got: string;
  readonly remedies: MessageParts;
  readonly column?: string;
}

/** Collects what cannot be read: the first problem with its place and its remedies, and the number of the others. */
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

  /** A field of a record holds something else than a number. Of a record only the first problem is told. */
  noteNumber(value: string, isInfinite: boolean, column: string): void {
    const got = JSON.stringify(shortened(value));
    this.problem ??= {
      ...{ expected: isInfinite ? "a finite number" : "a number", got, column },
      remedies: isInfinite ? [markerRemedy(got)] : this.numberRemedies(value, got, column),
    };
  }

  /** A field of a record holds no value. */
  noteMissing(value: string, column: string): void {
    const got = value === "" ? "an empty field" : JSON.stringify(value.trim());
    this.problem ??= { expected: "a value", got, remedies: [missingRemedy], column };
  }

  /** A record has too many fields or too few, which explains all else that is wrong with it. */
  noteFieldCount(expected: number, got: number): void {
    this.problem = {
      ...{ expected: `${expected} ${expected === 1 ? "field" : "fields"}`, got: String(got) },
      remedies: got > expected ? [" Put a field that holds the delimiter in double quotes."] : [],
    };
  }

  /** Ends a record; returns whether there was a problem. */
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

  /** Throws what was collected up to a line, if anything. */
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
