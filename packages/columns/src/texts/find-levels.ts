/**
 * Words that say their own order, the lowest first. Words of one place mean the same. A column is ordered by a scale that has
 * all of its values, so that a single word which means something else (L for left) is not enough.
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
/** With two values an order says nothing that the values don't. */
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

/** Ranges of numbers that do not overlap: `18-24`, `25-34`, `65+`, or `(0,10]`, `(10,20]` as R and pandas cut them. */
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
