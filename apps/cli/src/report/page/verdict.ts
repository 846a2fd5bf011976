import { excessOf } from "../near-copies.ts";
import { percent } from "../percent.ts";
import type { PrivacyReport } from "../table-report.ts";
import { html, type Markup } from "./html.ts";

/** What a test says of a number: it is as it should be, it is not, or the rows do not tell. */
export interface Verdict {
  readonly word: "as it should be" | "look at this" | "not clear";
  /** What the number should be, or why it is not clear. */
  readonly why: string;
}

/** Beyond so many standard deviations (p-values of 0.001 and 0.05) a number is wrong, or not clear. */
const [WRONG, DOUBTFUL] = [3.09, 1.645];
/** Differences of shares and areas that tell next to nothing. */
const SLIGHT = 0.02;
/** Standard errors beyond which a number near ½ says nothing. */
const MOST_ERROR = 0.016;
/** Copies of a larger share of the rows must be found, or their absence says nothing. */
const MOST_HIDDEN = 0.01;

/** A verdict on the page. */
export function verdictHtml({ word, why }: Verdict): Markup {
  return word === "as it should be"
    ? html`<span class="good">${word}</span> (${why})`
    : html`<span class="look">${word}</span> (${why})`;
}

/** Whether there are more rows of a kind than among new rows. */
function verdictOnCount(count: number, expected: number, rows: number, detectable: number, isFound = false): Verdict {
  const wanted = `${expected.toFixed(1)} expected among as many new rows`;
  const excess = excessOf(count, expected, rows);
  if (isFound || excess > WRONG) return { word: "look at this", why: wanted };
  if (excess > DOUBTFUL) return { word: "not clear", why: wanted };
  if (expected < 0.5) return { word: "as it should be", why: wanted };
  const found = `${wanted}; copies of ${percent(detectable)} of the rows would be found`;
  return { word: detectable > MOST_HIDDEN ? "not clear" : "as it should be", why: found };
}

/** On copies of rows that occur once. */
export function verdictOnCopies({ copies }: PrivacyReport): Verdict {
  const { unique, expectedUnique, rows, detectable, found } = copies;
  return verdictOnCount(unique, expectedUnique, rows, detectable, found);
}

/** On rows that equal a training row in all cells but one. */
export function verdictOnNearCopies({ count, expected, rows }: NonNullable<PrivacyReport["nearCopies"]>): Verdict {
  // The normal quantiles of the p-value and of 95 % of all cases; a copy of a row that is near another one is none more.
  const share = Math.min(1, expected / rows);
  const detectable = Math.min(1, (4.7 * Math.sqrt((2 * share * (1 - share)) / rows)) / Math.max(1e-9, 1 - share));
  return verdictOnCount(count, expected, rows, detectable);
}

/** On the share of closest records. */
export function verdictOnShare({ share, standardError }: NonNullable<PrivacyReport["closestRecords"]>): Verdict {
  return verdictOnHalf(share, standardError, "48 to 52 %");
}

/** On an attack by a score. */
export function verdictOnAttack({
  area,
  standardError,
}: {
  readonly area: number;
  readonly standardError: number;
}): Verdict {
  return verdictOnHalf(area, standardError, "at most 0.52; 0.5 is a guess");
}

/** On a number that is ½ where a training row cannot be told from another one. */
function verdictOnHalf(value: number, standardError: number, wanted: string): Verdict {
  const excess = (value - 0.5) / standardError;
  const isSlight = Math.abs(value - 0.5) <= SLIGHT;
  // Far below ½ the rows are not drawn alike.
  if (!isSlight && Math.abs(excess) > WRONG) return { word: "look at this", why: wanted };
  if (standardError > MOST_ERROR) return { word: "not clear", why: `${wanted}; there are too few rows to tell` };
  return { word: !isSlight && excess > DOUBTFUL ? "not clear" : "as it should be", why: wanted };
}
