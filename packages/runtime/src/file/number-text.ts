import type { Json } from "@pushforward/core/plain";

// JSON has no infinite numbers, and the ends of a half-open interval are some.
const TEXTS: ReadonlyMap<number, string> = new Map([
  [Number.POSITIVE_INFINITY, "Infinity"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
]);
const NUMBERS: ReadonlyMap<unknown, number> = new Map([...TEXTS].map(([value, text]) => [text, value]));

/** Plain data as JSON, with texts in place of infinite numbers; what is undefined is left out. */
export function withNumberTexts(value: unknown): Json {
  return map(value, (leaf) => TEXTS.get(leaf as number) ?? leaf) as Json;
}

/** The same back. */
export function withNumbers(value: Json): Json {
  return map(value, (leaf) => NUMBERS.get(leaf) ?? leaf) as Json;
}

function map(value: unknown, ofLeaf: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => map(item, ofLeaf));
  if (typeof value !== "object" || value === null) return ofLeaf(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, map(item, ofLeaf)]));
}
