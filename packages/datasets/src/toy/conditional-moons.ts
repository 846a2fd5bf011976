import { type Key, type NdArray, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { noisyCurve } from "./curves.ts";
import { drawPoints, type LogDensity, quadrature } from "./toy-dataset.ts";

/** Options of {@link conditionalMoons}. */
export interface ConditionalMoonsOptions {
  /** Standard deviation of the noise, from 0.02. Default: 0.1. */
  readonly noise?: number;
}

/** A seeded data set of points in the plane, each with a context. */
export interface ConditionalToyDataset {
  readonly name: string;
  /** Plot range with nearly all of its mass. */
  readonly bounds: { readonly x: readonly [number, number]; readonly y: readonly [number, number] };
  /**
   * Independent points `[count, 2]` and their contexts `[count, 1]`, in float64. The same key returns the same points.
   */
  sample(key: Key, count: number): { readonly x: NdArray; readonly context: NdArray };
  /** Exact log-density of points `[n, 2]` given contexts `[n, 1]`, in nats; −∞ for a context that does not occur. */
  logProb(points: NdArray, context: NdArray): Float64Array;
  /** Mean of −log p(x | context) in nats, which no model can get below on average. */
  readonly entropy?: number;
}

const CURVES = [
  (t: number): [number, number] => [Math.cos(t), Math.sin(t)],
  (t: number): [number, number] => [1 - Math.cos(t), 0.5 - Math.sin(t)],
];

/**
 * Two interlocking half circles of radius 1, with noise: the upper one for context 0, the lower one for context 1,
 * equally often. The points and labels of scikit-learn's `make_moons`, but drawn independently.
 *
 * @throws {OptionError} the noise is below 0.02.
 * @example
 * const { x, context } = conditionalMoons().sample(createKey(1), 500);
 */
export function conditionalMoons(options: ConditionalMoonsOptions = {}): ConditionalToyDataset {
  checkOptions("conditionalMoons", options, { noise: true });
  const { noise = 0.1 } = options;
  if (!(noise >= 0.02 && noise < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`conditionalMoons: expected a finite noise of at least 0.02, got ${describeValue(noise)}.`);
  }
  const reach = 4 * noise;
  let made: readonly LogDensity[] | undefined;
  return {
    name: "conditional moons",
    bounds: { x: [-1 - reach, 2 + reach], y: [-0.5 - reach, 1 + reach] },
    ...(noise === 0.1 && { entropy: 0.3162758 }),
    sample(key, count) {
      const [classKey, pointKey] = key.split();
      const context = Float64Array.from(classKey.uniform(count), (u) => (u < 0.5 ? 0 : 1));
      let row = 0;
      const points = drawPoints(pointKey, count, 1, 2, ([t], [zx, zy]) => {
        const [x, y] = (CURVES[context[row++] as number] as (t: number) => [number, number])(Math.PI * (t as number));
        return [x + noise * (zx as number), y + noise * (zy as number)];
      });
      return { x: ndArray([count, 2], points), context: ndArray([count, 1], context) };
    },
    logProb(points, context) {
      const [rows, columns] = points.shape;
      if (points.shape.length !== 2 || columns !== 2 || context.data.length !== rows) {
        throw new ShapeError(
          `conditionalMoons.logProb: expected points of shape [n, 2] and contexts of shape [n, 1], got ` +
            `[${points.shape.join(", ")}] and [${context.shape.join(", ")}].`,
        );
      }
      made ??= CURVES.map((at) => {
        const rule = quadrature(0, Math.PI, Math.max(16, Math.ceil(2 / noise)));
        return noisyCurve([{ rule, at, weight: () => 1 / Math.PI }], noise);
      });
      return Float64Array.from({ length: rows }, (_, i) => {
        const [x, y] = [points.data[2 * i] as number, points.data[2 * i + 1] as number];
        if (Number.isNaN(x + y)) return Number.NaN;
        const density = made?.[context.data[i] as number];
        return density !== undefined && Number.isFinite(x + y) ? density(x, y) : Number.NEGATIVE_INFINITY;
      });
    },
  };
}
