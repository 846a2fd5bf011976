import type { Table } from "pushforward";
import type { Variable } from "pushforward/extend";
import type { MarginalPicture, TableAxis } from "../../shared/table-protocol.ts";
import { tableAxis } from "./table-axis.ts";

/** Bars of a histogram; a column of fewer different numbers on a grid has one for each. */
const BARS = 32;

/** The data and samples of a column as bars. One of the two may be absent. */
export function marginalPicture(
  variable: Variable,
  data: Table | undefined,
  samples: Table | undefined,
): MarginalPicture {
  const reference = data ?? samples;
  if (reference === undefined) throw new Error("marginalPicture: expected data or samples, got none.");
  const { axis, valuesOf } = tableAxis(variable, reference);
  const { shown, count, placeOf } = barsOf(axis, variable);
  const part = <T>(of: (values: Float64Array) => T): { data?: T; samples?: T } => ({
    ...(data !== undefined && { data: of(valuesOf(data)) }),
    ...(samples !== undefined && { samples: of(valuesOf(samples)) }),
  });
  const missing = part(missingShare);
  const isMissing = axis.kind === "numbers" && [missing.data, missing.samples].some((share) => (share ?? 0) > 0);
  return {
    ...{ column: variable.name, axis: shown },
    ...part((values) => shares(values, count, placeOf)),
    ...(isMissing && { missing }),
  };
}

interface Bars {
  readonly shown: TableAxis;
  readonly count: number;
  placeOf(value: number): number;
}

function barsOf(axis: TableAxis, { step = 0 }: Variable): Bars {
  if (axis.kind === "categories") return { shown: axis, count: axis.labels.length, placeOf: (value) => value };
  const [low, high] = axis.range;
  const isGrid = step > 0 && (high - low) / step < BARS;
  // A bar of a grid stands on its value.
  const [from, to] = isGrid ? [low - step / 2, high + step / 2] : [low, high];
  const count = isGrid ? Math.round((to - from) / step) : BARS;
  const placeOf = (value: number): number =>
    value === high && !isGrid ? count - 1 : Math.floor(((value - from) / (to - from)) * count);
  return { shown: { ...axis, range: [from, to] }, count, placeOf };
}

/** The share of all rows in each bar; rows beyond the axis are in none. */
function shares(values: Float64Array, count: number, placeOf: (value: number) => number): number[] {
  const result = new Array<number>(count).fill(0);
  for (const value of values) {
    const place = placeOf(value);
    if (place >= 0 && place < count) result[place] = (result[place] as number) + 1 / values.length;
  }
  return result;
}

function missingShare(values: Float64Array): number {
  return values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0) / Math.max(1, values.length);
}
