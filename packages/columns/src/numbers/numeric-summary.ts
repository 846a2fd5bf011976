import type { ColumnCodes } from "../cells/column-codes.ts";
import type { Variable } from "../variables/variable.ts";

/** What was seen of a column of numbers. */
export type NumericSummary = Pick<Variable, "rows" | "missingRows" | "distinct" | "min" | "max" | "missing">;

/**
 * Rows, different values, range and markers of missing values.
 *
 * @param codeValues the number of each text; NaN where it marks a missing value.
 */
export function summarizeNumbers(coded: ColumnCodes, codeValues: Float64Array): NumericSummary {
  const { texts, counts, codes } = coded;
  const markers = new Map<string, number>();
  for (const [text, count] of coded.missing) markers.set(text.trim(), (markers.get(text.trim()) ?? 0) + count);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  const distinct = new Set<number>();
  for (let code = 0; code < texts.length; code++) {
    const value = codeValues[code] as number;
    if (Number.isNaN(value)) {
      const text = (texts[code] as string).trim();
      markers.set(text, (markers.get(text) ?? 0) + (counts[code] as number));
      continue;
    }
    distinct.add(value);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return {
    rows: codes.length,
    ...missingSummary(markers),
    distinct: distinct.size,
    ...(distinct.size > 0 && { min, max }),
  };
}

/** Number of rows without a value, and what marks them, the most frequent first. */
export function missingSummary(markers: ReadonlyMap<string, number>): Pick<Variable, "missingRows" | "missing"> {
  const sorted = [...markers].sort(([, a], [, b]) => b - a).map(([text]) => text);
  const isDefault = sorted.length === 0 || (sorted.length === 1 && sorted[0] === "");
  return {
    missingRows: [...markers.values()].reduce((sum, count) => sum + count, 0),
    ...(!isDefault && { missing: sorted }),
  };
}
