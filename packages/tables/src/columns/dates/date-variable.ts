import type { ColumnCodes } from "../cells/column-codes.ts";
import { toNumbers } from "../cells/typed-column.ts";
import type { FoundColumn } from "../finding/found-column.ts";
import { summarizeNumbers } from "../numbers/numeric-summary.ts";
import { markerNotes } from "../numbers/numeric-variable.ts";
import type { FoundDates } from "./find-date-format.ts";

/** Spacings that clocks are read at, in seconds. */
const CLOCK_STEPS: readonly number[] = [3600, 1800, 900, 600, 300, 60, 30, 10, 5, 1];
/** Fewer different times than these may be full hours by chance. */
const LEAST_DISTINCT = 8;

/** A column of dates, whose other texts all mark missing values. */
export function dateVariable(coded: ColumnCodes, { values, format, compiled }: FoundDates): FoundColumn {
  const { name } = coded;
  const summary = summarizeNumbers(coded, values);
  const { unit } = compiled;
  const multiples = CLOCK_STEPS.filter((step) => step > unit && unit >= 1 && summary.distinct >= LEAST_DISTINCT);
  const step = unit === 86_400 ? unit : (multiples.find((candidate) => isMultiple(values, candidate)) ?? unit);
  return {
    variable: { name, kind: "date", step, format, ...summary },
    column: toNumbers(coded, values),
    notes: markerNotes(coded, values),
  };
}

function isMultiple(values: Float64Array, step: number): boolean {
  return values.every((value) => Number.isNaN(value) || value % step === 0);
}
