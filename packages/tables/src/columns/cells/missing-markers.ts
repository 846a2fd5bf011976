// Texts that mean "no value" in a column of numbers or dates, where they can't be values. In a column of text they may be.
const SIGNS = ["?", "-", "--", "---", ".", "..", "...", "*", "\u2013", "\u2014", "\u2026", "#n/a", "<na>", "(null)"];
const MARKERS: ReadonlySet<string> = new Set([
  ...SIGNS,
  ...["na", "n/a", "n.a.", "nan", "nat", "null", "none", "nil", "missing", "unknown", "\\n"],
  ...["#value!", "#div/0!", "#ref!", "#num!", "#null!", "0000-00-00", "0000-00-00 00:00:00"],
]);

const INFINITE = /^[+-]?inf(?:inity)?$/i;

/** Whether a text that stands among numbers or dates marks a missing value. */
export function isMissingMarker(text: string): boolean {
  return text === "" || MARKERS.has(text.toLowerCase());
}

/** Whether a text is a sign that hardly means anything else, also among words. */
export function isMissingSign(text: string): boolean {
  return SIGNS.includes(text.toLowerCase());
}

/** Whether a text says infinity, which has no density. */
export function isInfinity(text: string): boolean {
  return INFINITE.test(text) || Math.abs(Number(text)) === Number.POSITIVE_INFINITY;
}
