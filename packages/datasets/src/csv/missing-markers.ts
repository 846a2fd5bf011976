import { CsvFields, type CsvRecord, skipBlankLines } from "./csv-fields.ts";
import { DECIMAL } from "./csv-numbers.ts";

/** Infinity as programs write it. */
const INFINITE_MARKER = /^([+-]?)inf(?:inity)?$/i;

/** A comma that may separate thousands. */
const THOUSANDS = /,\d{3}$/;

/** Integers with leading zeros are codes, not numbers. */
const CODE = /^[+-]?0\d/;

/**
 * Texts that mark a missing value. A marker that is a number covers all ways to write it: −99 also covers −99.0.
 * @example
 * const markers = new MissingMarkers(["-99", "NA"]);
 * ["-99.00", "NA", "-990"].map((text) => markers.has(text)); // → [true, true, false]
 */
export class MissingMarkers {
  private readonly texts: ReadonlySet<string>;
  private readonly numbers: ReadonlySet<number>;
  private readonly decimal: "." | "," | undefined;

  /** @param decimal decimal separator. Default: a point, or a comma that is not a thousands separator. */
  constructor(markers: Iterable<string>, decimal?: "." | ",") {
    this.texts = new Set(markers);
    this.decimal = decimal;
    const numbers = Array.from(this.texts, (text) => this.numberOf(text));
    this.numbers = new Set(numbers.filter((value) => !Number.isNaN(value)));
  }

  /** True if some of these texts are numbers. */
  get hasNumbers(): boolean {
    return this.numbers.size > 0;
  }

  /**
   * Returns `true` if a text without surrounding spaces marks a missing value.
   *
   * @param isQuoted `true` if the text was quoted: then it is literal, because "NA" may be Namibia. Default: false.
   */
  has(text: string, isQuoted = false): boolean {
    return (!isQuoted && this.texts.has(text)) || (this.numbers.size > 0 && this.numbers.has(this.numberOf(text)));
  }

  /** Returns `true` if a number marks a missing value. */
  hasNumber(value: number): boolean {
    return this.numbers.has(value);
  }

  /** NaN for a text that is no number. */
  private numberOf(text: string): number {
    const infinite = INFINITE_MARKER.exec(text);
    if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    const hasComma = this.decimal === "," || (this.decimal === undefined && !THOUSANDS.test(text));
    const plain = hasComma ? text.replace(",", ".") : text;
    return DECIMAL.test(plain) && !CODE.test(plain) ? Number(plain) : Number.NaN;
  }
}

/** Delimiters that are looked for; of equal ones the first is taken. */
const DELIMITERS = [",", ";", "\t", "|"] as const;

/** Field separator. */
export type Delimiter = (typeof DELIMITERS)[number];

const DELIMITER_RECORDS = 50;

class Refused extends Error {}

/**
 * The delimiter that splits most of the first records into the same number of fields as the first one, at least two; among
 * equal ones the one with most fields. A character within names or texts splits unevenly.
 */
export function findDelimiter(text: string, from: number, final: boolean): Delimiter {
  let best: Delimiter = ",";
  let bestEven = 0;
  let bestFields = 1;
  for (const delimiter of DELIMITERS) {
    const counts = fieldCounts(text, from, delimiter.charCodeAt(0), final);
    const fields = counts[0] ?? 1;
    if (fields < 2) continue;
    const even = counts.filter((count) => count === fields).length / counts.length;
    if (even > bestEven || (even === bestEven && fields > bestFields)) {
      best = delimiter;
      bestEven = even;
      bestFields = fields;
    }
  }
  return best;
}

/** Fields of each of the first records; none when the text cannot be cut in this way. */
function fieldCounts(text: string, from: number, delimiter: number, final: boolean): number[] {
  const counts: number[] = [];
  const fields = new CsvFields(() => {
    throw new Refused();
  });
  let at = from;
  try {
    while (counts.length < DELIMITER_RECORDS) {
      ({ at } = skipBlankLines(text, at));
      const record: CsvRecord | undefined = at < text.length ? fields.record(text, at, delimiter, final) : undefined;
      if (record === undefined) return counts;
      counts.push(record.fields.length);
      at = record.next;
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // An open quote far below says nothing about the lines before it; one that is cut wrongly says that it is not this.
    if (counts.length < 2) return [];
  }
  return counts;
}
