import type { Range } from "./settings.ts";

/** Action of a button that fixes an error. */
export type Remedy =
  /** Open a file. */
  | { readonly kind: "open-file" }
  /** Leave out the rows with missing values. */
  | { readonly kind: "drop-missing" }
  /** Treat the first line as data without names. */
  | { readonly kind: "no-names" }
  /** Leave out a column and keep all other columns. */
  | {
      readonly kind: "leave-out";
      readonly column: string;
      readonly columns: readonly string[];
      readonly given: readonly string[];
    };

/** An error that the visitor can cure, in words of the page. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly remedy: Remedy | undefined;

  constructor(message: string, remedy?: Remedy, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

/** At most `most` row numbers, evenly spread over all. */
export function thinned(count: number, most: number): Int32Array {
  const shown = Math.min(count, most);
  return Int32Array.from({ length: shown }, (_, i) => Math.floor((i * count) / shown));
}

/**
 * Returns the interval of some numbers, without this share of the numbers at each end, plus a margin relative to its
 * width. Never empty.
 */
export function rangeOf(values: Float64Array, share: number, margin: number): Range {
  const sorted = values.filter(Number.isFinite).sort();
  const at = (p: number): number => sorted[Math.round(p * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(share), at(1 - share)];
  if (!(high > low)) {
    const half = Math.max(1, 1e-6 * Math.abs(low));
    return [low - half, low + half];
  }
  return [low - margin * (high - low), high + margin * (high - low)];
}
