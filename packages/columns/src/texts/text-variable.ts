import type { Column } from "@pushforward/datasets";
import { type ColumnCodes, presentRows, toTexts } from "../cells.ts";
import { missingSummary } from "../numbers/numeric-variable.ts";
import type { FoundColumn, Variable, VariableKind } from "../variables/variable.ts";

/** More different texts than these are kept, not learned, unless the column is declared. */
const MOST_CATEGORIES = 5000;
/** Share of rows with a text of their own from which texts are taken for identifiers. */
const ALMOST_ALL = 0.95;
/** Longer texts, on average, are prose. */
const LONG_TEXT = 60;
/** Identifiers are no longer than this, on average. */
const LONG_ID = 40;

/** Words for false and true, in lower case. */
const BOOLEANS: readonly (readonly [string, string])[] = [
  ["false", "true"],
  ["no", "yes"],
  ["f", "t"],
  ["n", "y"],
  ["off", "on"],
  ["non", "oui"],
  ["nein", "ja"],
  ["falsch", "wahr"],
];

/** Returns the words of a boolean column as written, false first; undefined if the texts are not such words. */
export function booleanWords(texts: readonly string[]): readonly [string, string] | undefined {
  if (texts.length > 2) return undefined;
  const lower = texts.map((text) => text.trim().toLowerCase());
  const words = BOOLEANS.find((pair) => lower.every((text) => pair.includes(text)));
  const [first = "", second] = texts;
  if (words === undefined || texts.length === 0) return undefined;
  if (second !== undefined)
    return lower[0] === lower[1] ? undefined : lower[0] === words[0] ? [first, second] : [second, first];
  // A single word says enough only when it can't mean anything else.
  if (words[0] !== "false") return undefined;
  const other = likeWritten(lower[0] === "false" ? "true" : "false", first);
  return lower[0] === "false" ? [first, other] : [other, first];
}

function likeWritten(word: string, example: string): string {
  if (example === example.toUpperCase()) return word.toUpperCase();
  return example === example.toLowerCase() ? word : `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

/** Returns the kind of a text column that has no numbers, no dates, and no words for true and false. */
export function textKind(coded: ColumnCodes): VariableKind {
  const { texts, counts } = coded;
  const present = presentRows(coded);
  const distinct = texts.length;
  if (distinct <= 1) return "category";
  const length = texts.reduce((sum, text) => sum + text.length, 0) / distinct;
  const kept = looksLikeIds(texts, length) ? "id" : "text";
  if (distinct >= ALMOST_ALL * present || distinct > MOST_CATEGORIES) return kept;
  if (length > LONG_TEXT && 5 * distinct > present) return "text";
  // Texts that occur once teach nothing of each other: where most rows have such a one, the column is kept as it is.
  const single = counts.reduce((sum, count) => sum + (count === 1 ? 1 : 0), 0);
  return 2 * single > present ? kept : "category";
}

function looksLikeIds(texts: readonly string[], length: number): boolean {
  if (length > LONG_ID) return false;
  const coded = texts.reduce((sum, text) => sum + (/\d/.test(text) && !/\s/.test(text.trim()) ? 1 : 0), 0);
  return 2 * coded > texts.length;
}

/**
 * A column that is kept as text.
 *
 * @param levels its values in their order, for an ordinal one.
 */
export function textVariable(
  column: Column,
  coded: ColumnCodes,
  kind: VariableKind,
  levels?: readonly string[],
): FoundColumn {
  const words = kind === "boolean" ? (booleanWords(coded.texts) ?? anyWords(coded.texts)) : undefined;
  const variable: Variable = {
    name: coded.name,
    kind,
    ...(words !== undefined && { words }),
    ...(levels !== undefined && { levels }),
    rows: coded.codes.length,
    ...missingSummary(coded.missing),
    distinct: coded.texts.length,
  };
  return { variable, column: toTexts(column, coded), notes: [] };
}

/** The words of a declared boolean, in order: 0 before 1. */
function anyWords(texts: readonly string[]): readonly [string, string] | undefined {
  const [first, second] = [...texts].sort();
  return first === undefined || second === undefined ? undefined : [first, second];
}

/**
 * Scales of words with a known order, the lowest first. Words in the same place are synonyms. A scale orders a column
 * only if it contains all values, so a single word with a second meaning (L for left) is not enough.
 */
const SCALES: readonly (readonly (readonly string[])[])[] = [
  [["none"], ["very low"], ["low"], ["medium", "moderate", "mid", "middle"], ["high"], ["very high"]],
  [["xxs"], ["xs"], ["s"], ["m"], ["l"], ["xl"], ["xxl", "2xl"], ["xxxl", "3xl"]],
  [["very small"], ["small"], ["medium", "mid", "middle"], ["large", "big"], ["very large", "extra large"]],
  [["none", "absent"], ["minimal"], ["mild"], ["moderate"], ["severe"], ["very severe"]],
  [["never"], ["rarely", "seldom"], ["sometimes", "occasionally"], ["often", "frequently"], ["very often"], ["always"]],
  [["very poor"], ["poor"], ["fair"], ["good"], ["very good"], ["excellent"]],
  [["very bad"], ["bad"], ["average", "ok", "okay"], ["good"], ["very good"], ["excellent"]],
  [
    ["strongly disagree", "completely disagree", "totally disagree"],
    ["disagree"],
    ["somewhat disagree", "slightly disagree"],
    ["neutral", "neither agree nor disagree", "undecided"],
    ["somewhat agree", "slightly agree"],
    ["agree"],
    ["strongly agree", "completely agree", "totally agree"],
  ],
  [
    ["very dissatisfied", "very unsatisfied"],
    ["dissatisfied", "unsatisfied"],
    ["neutral", "neither satisfied nor dissatisfied"],
    ["satisfied"],
    ["very satisfied"],
  ],
  [["very unlikely"], ["unlikely"], ["neutral", "possible"], ["likely"], ["very likely"]],
];
/** Minimum number of ordered levels. An order of two values adds no information. */
const LEAST_LEVELS = 3;

/** The order of the values of a column, the lowest first, where they say it without doubt: words of a scale, or ranges. */
export function findLevels(texts: readonly string[]): readonly string[] | undefined {
  if (texts.length < LEAST_LEVELS) return undefined;
  return orderOfWords(texts) ?? orderOfRanges(texts);
}

function orderOfWords(texts: readonly string[]): readonly string[] | undefined {
  const words = texts.map((text) =>
    text
      .trim()
      .toLowerCase()
      .replace(/[\s_-]+/g, " "),
  );
  const scale = SCALES.find((candidate) => words.every((word) => candidate.some((place) => place.includes(word))));
  if (scale === undefined) return undefined;
  const places = words.map((word) => scale.findIndex((place) => place.includes(word)));
  // Two words of one place have no order.
  return new Set(places).size < places.length ? undefined : sortBy(texts, places);
}

const NUMBER = "\\$?(\\d[\\d,]*(?:\\.\\d+)?)(?:k|%)?";
const RANGE = new RegExp(`^${NUMBER}\\s*(?:-|\\u2013|to)\\s*${NUMBER}$`, "i");
const BELOW = new RegExp(`^(?:<|<=|\\u2264|under|below|less than|up to)\\s*${NUMBER}$`, "i");
const ABOVE = new RegExp(
  `^(?:(?:>|>=|\\u2265|over|above|more than)\\s*${NUMBER}|${NUMBER}\\s*(?:\\+|or more|and over|and above))$`,
  "i",
);
const CUT = /^[[(]\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|-inf)\s*,\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf)\s*[\])]$/i;

/**
 * Orders ranges of numbers that do not overlap: `18-24`, `25-34`, `65+`, or `(0,10]`, `(10,20]` in the notation of R
 * and pandas.
 */
function orderOfRanges(texts: readonly string[]): readonly string[] | undefined {
  const ranges = texts.map((text) => rangeOf(text.trim()));
  if (ranges.includes(undefined)) return undefined;
  const found = ranges as [number, number][];
  // "<5" and ">80" alone are limits of a measurement, not groups.
  if (found.filter(([low, high]) => Number.isFinite(low) && Number.isFinite(high)).length < 2) return undefined;
  const sorted = [...found].sort(([a], [b]) => a - b);
  const isOverlapping = sorted.some(([low], i) => i > 0 && low < (sorted[i - 1] as [number, number])[1]);
  return isOverlapping
    ? undefined
    : sortBy(
        texts,
        found.map(([low]) => low),
      );
}

function rangeOf(text: string): [number, number] | undefined {
  const numberOf = (part = ""): number => Number(part.replaceAll(",", "").replace(/inf/i, "Infinity"));
  const below = BELOW.exec(text);
  if (below !== null) return [Number.NEGATIVE_INFINITY, numberOf(below[1])];
  const above = ABOVE.exec(text);
  if (above !== null) return [numberOf(above[1] ?? above[2]), Number.POSITIVE_INFINITY];
  const [, low, high] = RANGE.exec(text) ?? CUT.exec(text) ?? [];
  if (low === undefined || high === undefined) return undefined;
  const range: [number, number] = [numberOf(low), numberOf(high)];
  return range[1] > range[0] ? range : undefined;
}

function sortBy(texts: readonly string[], places: readonly number[]): readonly string[] {
  return texts
    .map((text, i) => ({ text, place: places[i] as number }))
    .sort((a, b) => a.place - b.place)
    .map(({ text }) => text);
}
