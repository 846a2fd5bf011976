import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";
import { normalQuantile } from "@pushforward/core/plain";
import type { EmbeddedRows } from "./table-embedding.ts";

/** Knots of the map of a feature to normal quantiles, at most. */
const MOST_KNOTS = 256;
/** Standardized values beyond this limit are clipped to it. */
const FARTHEST = 1e6;

/** How a feature is standardized. */
interface FeatureView {
  readonly center: number;
  /** 0 for a feature that was constant. */
  readonly scale: number;
  /**
   * Map applied first: piecewise linear between values and normal quantiles, and with slope 1/spread beyond the
   * quantiles. Absent: identity.
   */
  readonly map?: { readonly values: readonly number[]; readonly quantiles: readonly number[]; readonly spread: number };
}

/** A view of features: the indices of the varying features, and the standardization of each. */
export interface View {
  readonly features: readonly FeatureView[];
}

/** Features in units of their standard deviation. */
export function standardView(embedded: EmbeddedRows): View {
  return { features: columnsOf(embedded).map((values) => standardized(values)) };
}

/** Features as normal quantiles of their ranks among the training rows, in units of their standard deviation. */
export function normalView(embedded: EmbeddedRows): View {
  return {
    features: columnsOf(embedded).map((values) => {
      const { scale: spread } = standardized(values);
      if (spread === 0) return standardized(values);
      const map = { ...normalMap(values), spread };
      return { ...standardized(values.map((x) => applyMap(map, x))), map };
    }),
  };
}

/** Transforms rows to `[rows, varying features]` by a view. */
export function viewRows({ features: views }: View, { rows, features }: EmbeddedRows): Float64Array {
  const varying = varyingFeatures({ features: views });
  const result = new Float64Array(rows * varying.length);
  for (const [j, feature] of varying.entries()) {
    const { center, scale, map } = views[feature] as FeatureView;
    for (let row = 0; row < rows; row++) {
      const x = features[row * views.length + feature] as number;
      const z = ((map === undefined ? x : applyMap(map, x)) - center) / scale;
      result[row * varying.length + j] = Math.min(Math.max(z, -FARTHEST), FARTHEST);
    }
  }
  return result;
}

/** The places of the features that varied. */
export function varyingFeatures({ features }: View): readonly number[] {
  return features.flatMap(({ scale }, j) => (scale > 0 ? [j] : []));
}

/** Value of each constant feature, null for varying features. */
export function constantFeatures({ features }: View): readonly (number | null)[] {
  return features.map(({ center, scale }) => (scale > 0 ? null : center));
}

function columnsOf({ rows, features }: EmbeddedRows): Float64Array[] {
  const width = rows === 0 ? 0 : features.length / rows;
  return Array.from({ length: width }, (_, j) =>
    Float64Array.from({ length: rows }, (_, row) => features[row * width + j] as number),
  );
}

function standardized(values: Float64Array): FeatureView {
  const first = values[0] ?? 0;
  if (values.every((x) => x === first)) return { center: first, scale: 0 };
  // About the first value: nothing cancels for numbers far from 0.
  const mean = values.reduce((sum, x) => sum + (x - first) / values.length, 0);
  const square = values.reduce((sum, x) => sum + (x - first - mean) ** 2 / values.length, 0);
  const scale = Math.sqrt(square);
  return scale > 0 && Number.isFinite(scale) ? { center: first + mean, scale } : { center: first, scale: 0 };
}

/** Distinct values, thinned out, and the normal quantiles of their mid-ranks. */
function normalMap(values: Float64Array): { readonly values: number[]; readonly quantiles: number[] } {
  const sorted = values.slice().sort();
  const knots: number[] = [];
  const quantiles: number[] = [];
  for (let from = 0; from < sorted.length; ) {
    const x = sorted[from] as number;
    let to = from + 1;
    while (to < sorted.length && sorted[to] === x) to++;
    knots.push(x);
    quantiles.push(normalQuantile((from + to) / 2 / sorted.length));
    from = to;
  }
  if (knots.length <= MOST_KNOTS) return { values: knots, quantiles };
  // Half of the knots at even ranks of the distinct values, half at even steps of the quantiles: tails keep their shape.
  const [low, high] = [quantiles[0] as number, quantiles.at(-1) as number];
  const chosen = new Set<number>([0, knots.length - 1]);
  for (let k = 1; k < MOST_KNOTS / 2; k++) {
    chosen.add(Math.round((k * (knots.length - 1)) / (MOST_KNOTS / 2)));
    const wanted = low + (k * (high - low)) / (MOST_KNOTS / 2);
    chosen.add(lastAtMost(quantiles, wanted));
  }
  const places = [...chosen].sort((a, b) => a - b);
  return { values: places.map((k) => knots[k] as number), quantiles: places.map((k) => quantiles[k] as number) };
}

function applyMap({ values, quantiles, spread }: NonNullable<FeatureView["map"]>, x: number): number {
  const last = values.length - 1;
  const [low, high] = [values[0] as number, values[last] as number];
  if (x <= low) return (quantiles[0] as number) + (x - low) / spread;
  if (x >= high) return (quantiles[last] as number) + (x - high) / spread;
  const k = lastAtMost(values, x);
  const [x0, x1] = [values[k] as number, values[k + 1] as number];
  const [z0, z1] = [quantiles[k] as number, quantiles[k + 1] as number];
  return z0 + ((z1 - z0) * (x - x0)) / (x1 - x0);
}

/** Returns the last index with a value of at most x. The values increase, and the first is at most x. */
function lastAtMost(values: readonly number[], x: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] as number) <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

const TYPE = "pushforward/anomaly-score.views";

/** A view in a model file. */
export function viewToJson({ features }: View): Json {
  return features.map(
    ({ center, scale, map }): Json => ({
      ...{ center, scale },
      ...(map && { map: { values: [...map.values], quantiles: [...map.quantiles], spread: map.spread } }),
    }),
  );
}

/** @throws {ModelFileError} the JSON is not a view of `count` features. */
export function viewFromJson(items: readonly Json[], count: number): View {
  if (items.length !== count) {
    throw new ModelFileError("config", `${TYPE}: expected ${count} features, got ${items.length}.`);
  }
  return { features: items.map(featureFromJson) };
}

function featureFromJson(item: Json): FeatureView {
  const reader = new ConfigReader(TYPE, item);
  const [center, scale] = [reader.number("center"), reader.number("scale", { min: 0 })];
  const map = reader.has("map") ? mapFromJson(reader.raw("map")) : undefined;
  reader.end();
  return { center, scale, ...(map && { map }) };
}

function mapFromJson(item: Json): NonNullable<FeatureView["map"]> {
  const reader = new ConfigReader(`${TYPE}.map`, item);
  const [values, quantiles] = [reader.numbers("values"), reader.numbers("quantiles")];
  const spread = reader.number("spread", { min: 0 });
  reader.end();
  const rises = values.every((value, k) => k === 0 || value > (values[k - 1] as number));
  if (values.length < 2 || values.length !== quantiles.length || !rises) {
    throw new ModelFileError("config", `${TYPE}: expected a map of rising values, as many as quantiles.`);
  }
  return { values, quantiles, spread };
}
