import { DECIMAL } from "./csv-numbers.ts";

/** Infinity as programs write it. */
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** A comma that may separate thousands. */
const THOUSANDS = /,\d{3}$/;

/** Integers with zeros before them are codes, and no numbers. */
const CODE = /^[+-]?0\d/;

/**
 * The texts that mark a missing value. A marker that is a number stands for all ways to write it: −99 also for −99.0.
 *
 * @example
 * const markers = new MissingMarkers(["-99", "NA"]);
 * ["-99.00", "NA", "-990"].map((text) => markers.has(text)); // → [true, true, false]
 */
export class MissingMarkers {
  private readonly texts: ReadonlySet<string>;
  private readonly numbers: ReadonlySet<number>;
  private readonly decimal: "." | "," | undefined;

  /** @param decimal what separates the digits of a fraction. Default: a point, or a comma where it separates no thousands. */
  constructor(markers: Iterable<string>, decimal?: "." | ",") {
    this.texts = new Set(markers);
    this.decimal = decimal;
    const numbers = Array.from(this.texts, (text) => this.numberOf(text));
    this.numbers = new Set(numbers.filter((value) => !Number.isNaN(value)));
  }

  /** Whether some of them are numbers. */
  get hasNumbers(): boolean {
    return this.numbers.size > 0;
  }

  /**
   * Whether a text without spaces around it marks a missing value.
   *
   * @param isQuoted whether it stood in quotes: a word is meant as it stands then, for "NA" may be Namibia. Default: false.
   */
  has(text: string, isQuoted = false): boolean {
    return (!isQuoted && this.texts.has(text)) || (this.numbers.size > 0 && this.numbers.has(this.numberOf(text)));
  }

  /** Whether a number marks a missing value. */
  hasNumber(value: number): boolean {
    return this.numbers.has(value);
  }

  /** NaN for a text that is no number. */
  private numberOf(text: string): number {
    const infinite = INFINITE.exec(text);
    if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    const hasComma = this.decimal === "," || (this.decimal === undefined && !THOUSANDS.test(text));
    const plain = hasComma ? text.replace(",", ".") : text;
    return DECIMAL.test(plain) && !CODE.test(plain) ? Number(plain) : Number.NaN;
  }
}
