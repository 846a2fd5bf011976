import type { DependentColumn } from "./dependent-column.ts";

/**
 * What a column follows from, in a few words.
 *
 * @example
 * describeDependent({ column: "total", from: ["net", "tax"], relation: { type: "sum" } }); // → "net + tax"
 */
export function describeDependent({ from, relation }: DependentColumn): string {
  const [first = "", second = ""] = from;
  switch (relation.type) {
    case "constant":
      return "constant";
    case "duplicate":
      return `the same as ${first}`;
    case "function":
      return `of ${first}`;
    case "sum":
      return `${first} + ${second}`;
    case "difference":
      return `${first} − ${second}`;
    case "affine": {
      const { slope, intercept } = relation;
      const shift = intercept === 0 ? "" : ` ${intercept < 0 ? "−" : "+"} ${short(Math.abs(intercept))}`;
      return `${short(slope)} × ${first}${shift}`;
    }
  }
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
