import type { Table, Variable } from "pushforward";
import type { PairPicture, PairValues, Quantiles, TableAxis } from "../../shared/table-protocol.ts";
import { thinned } from "../../shared/thinned.ts";
import { type AxisColumn, tableAxis } from "./table-axis.ts";

/** Points of a picture; of samples as many as of the data, so that the two compare. */
const POINTS = 1200;
/** Numbers of a category below which its quantiles say nothing. */
const LEAST = 5;
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

/** The data and samples of two columns. One of the two sets may be absent. */
export function pairPicture(
  [first, second]: readonly [Variable, Variable],
  data: Table | undefined,
  samples: Table | undefined,
): PairPicture {
  const reference = data ?? samples;
  if (reference === undefined) throw new Error("pairPicture: expected data or samples, got none.");
  const [a, b] = [tableAxis(first, reference), tableAxis(second, reference)];
  const isTurned = a.axis.kind === "numbers" && b.axis.kind === "categories";
  const [x, y] = isTurned ? [b, a] : [a, b];
  return {
    columns: isTurned ? [second.name, first.name] : [first.name, second.name],
    axes: [x.axis, y.axis],
    ...(data !== undefined && { data: valuesOf(x, y, data, POINTS) }),
    ...(samples !== undefined && { samples: valuesOf(x, y, samples, Math.min(POINTS, data?.rows ?? POINTS)) }),
  };
}

function valuesOf(x: AxisColumn, y: AxisColumn, table: Table, most: number): PairValues {
  const [across, up] = [x.valuesOf(table), y.valuesOf(table)];
  if (x.axis.kind === "numbers") return points(across, up, most);
  const count = x.axis.labels.length;
  return y.axis.kind === "numbers" ? groups(across, up, count) : sharesOf(across, up, count, y.axis);
}

function points(x: Float64Array, y: Float64Array, most: number): PairValues {
  const whole = Array.from(x.keys()).filter((row) => !Number.isNaN((x[row] as number) + (y[row] as number)));
  const rows = Array.from(thinned(whole.length, most), (place) => whole[place] as number);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row] as number);
  return { kind: "points", x: pick(x), y: pick(y) };
}

function groups(places: Float64Array, values: Float64Array, count: number): PairValues {
  const byPlace = Array.from({ length: count }, (): number[] => []);
  for (const [row, place] of places.entries()) {
    const value = values[row] as number;
    if (!Number.isNaN(value)) byPlace[place]?.push(value);
  }
  return { kind: "groups", groups: byPlace.map(quantiles) };
}

function quantiles(values: readonly number[]): Quantiles | null {
  if (values.length < LEAST) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (level: number): number => sorted[Math.round(level * (sorted.length - 1))] as number;
  return LEVELS.map(at) as unknown as Quantiles;
}

function sharesOf(
  x: Float64Array,
  y: Float64Array,
  count: number,
  { labels }: Extract<TableAxis, { kind: "categories" }>,
): PairValues {
  const shares = Array.from({ length: count }, () => new Array<number>(labels.length).fill(0));
  for (const [row, place] of x.entries()) {
    const cells = shares[place];
    const at = y[row] as number;
    if (cells?.[at] !== undefined) cells[at] += 1 / x.length;
  }
  return { kind: "shares", shares };
}
