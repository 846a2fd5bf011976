import type { Table } from "pushforward";
import { visible } from "../../output/words.ts";
import { excessOf } from "../near-copies.ts";
import type { ReportModel } from "../report-model.ts";
import type { PrivacyReport } from "../table-report.ts";

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Values of a template: text and numbers are escaped, markup is not. */
export type HtmlValue = string | number | undefined | Markup | readonly Markup[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Markup from a template. Inserted text stays text, in elements and in quoted attributes: a name in a file cannot add, hide or
 * reverse markup.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Markup {
  return new Markup(parts.map((part, i) => part + (i < values.length ? textOf(values[i]) : "")).join(""));
}

function textOf(value: HtmlValue): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "string") return escaped(value);
  if (typeof value === "number") return String(value);
  return value.map(({ text }) => text).join("");
}

function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** Marker of a report file. */
export const PAGE_MARK = '<meta name="generator" content="pushforward report">';

/** Content of the pictures of a page. */
export interface PageRows {
  readonly model: ReportModel;
  readonly real: Table;
  readonly synthetic: Table;
}

/** A picture for light and dark pages; the page shows the matching one. */
export function themed(draw: (theme: "light" | "dark") => string): Markup {
  // Pictures of `plots` are markup, and escape their texts themselves.
  const of = (theme: "light" | "dark"): Markup => new Markup(draw(theme));
  return html`<div class="plot for-light">${of("light")}</div><div class="plot for-dark">${of("dark")}</div>`;
}

/** A table with its first rows, and the other rows behind a button. */
export function foldedTable(
  label: string,
  head: Markup,
  rows: readonly Markup[],
  { shown }: { readonly shown: number },
): Markup {
  const table = (some: readonly Markup[]): Markup => html`<table><thead>${head}</thead><tbody>${some}</tbody></table>`;
  const rest = rows.slice(shown);
  const more =
    rest.length === 0 ? undefined : html`<details><summary>${rest.length} more rows</summary>${table(rest)}</details>`;
  return html`<div class="wide" tabindex="0" role="region" aria-label="${label}">${table(rows.slice(0, shown))}${more}</div>`;
}

/** A share in percent, to two decimals. */
export function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}

/** Verdict of a test: as expected, not as expected, or unclear. */
export interface Verdict {
  readonly word: "as it should be" | "look at this" | "not clear";
  /** The expected value, or the reason for an unclear verdict. */
  readonly why: string;
}

/** Standard deviations (p-values of 0.001 and 0.05) above which a number is wrong, or unclear. */
const [WRONG, DOUBTFUL] = [3.09, 1.645];
/** Negligible differences of shares and areas. */
const SLIGHT = 0.02;
/** Standard errors above which a number near ½ is inconclusive. */
const MOST_ERROR = 0.016;
/** Minimum detectable share of copies; above it, absence of copies is inconclusive. */
const MOST_HIDDEN = 0.01;

/** A verdict on the page. */
export function verdictHtml({ word, why }: Verdict): Markup {
  return word === "as it should be"
    ? html`<span class="good">${word}</span> (${why})`
    : html`<span class="look">${word}</span> (${why})`;
}

/** Returns the verdict on a count of rows compared with the count expected among new rows. */
function verdictOnCount(count: number, expected: number, rows: number, detectable: number, isFound = false): Verdict {
  const wanted = `${expected.toFixed(1)} expected among the same number of new rows`;
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

/** For a number equal to ½ if training rows cannot be distinguished from new rows. */
function verdictOnHalf(value: number, standardError: number, wanted: string): Verdict {
  const excess = (value - 0.5) / standardError;
  const isSlight = Math.abs(value - 0.5) <= SLIGHT;
  // Far below ½ the rows are not drawn alike.
  if (!isSlight && Math.abs(excess) > WRONG) return { word: "look at this", why: wanted };
  if (standardError > MOST_ERROR)
    return { word: "not clear", why: `${wanted}; the number of rows is too small for a verdict` };
  return { word: !isSlight && excess > DOUBTFUL ? "not clear" : "as it should be", why: wanted };
}
