import { type Key, type NdArray, ndArray, ShapeError } from "@pushforward/core";

/** A seeded data set of points in the plane. */
export interface ToyDataset {
  readonly name: string;
  /** A box that holds nearly all of it: what to plot. */
  readonly bounds: { readonly x: readonly [number, number]; readonly y: readonly [number, number] };
  /** Independent points, `[count, 2]` in float64; the same key gives the same points. */
  sample(key: Key, count: number): NdArray;
  /** Exact log-density of points `[n, 2]`, in nats. Absent where there is none, because the set is a line in the plane. */
  logProb?(points: NdArray): Float64Array;
  /** Entropy in nats: the mean of −log p, which no model can get below on average. */
  readonly entropy?: number;
}

/** What a toy set is made of; the points of `draw` stand one after the other. */
export interface ToyDefinition {
  readonly name: string;
  readonly bounds: readonly [xLow: number, xHigh: number, yLow: number, yHigh: number];
  readonly draw: (key: Key, count: number) => Float64Array;
  /** Made at the first use: some of it is a table of the points of a curve. */
  readonly density?: () => LogDensity;
  readonly entropy?: number;
}

/** Log-density at a point. */
export type LogDensity = (x: number, y: number) => number;

/** A toy set from its definition. */
export function defineToyDataset(definition: ToyDefinition): ToyDataset {
  const { name, draw, density, entropy } = definition;
  const [xLow, xHigh, yLow, yHigh] = definition.bounds;
  let made: LogDensity | undefined;
  return {
    name,
    bounds: { x: [xLow, xHigh], y: [yLow, yHigh] },
    sample: (key, count) => ndArray([count, 2], draw(key, count)),
    ...(entropy !== undefined && { entropy }),
    ...(density !== undefined && {
      logProb(points: NdArray): Float64Array {
        if (points.shape.length !== 2 || points.shape[1] !== 2) {
          throw new ShapeError(`${name}.logProb: expected points of shape [n, 2], got [${points.shape.join(", ")}].`);
        }
        made ??= density();
        const { data } = points;
        const result = new Float64Array(data.length / 2);
        for (let i = 0; i < result.length; i++) {
          const x = data[2 * i] as number;
          const y = data[2 * i + 1] as number;
          result[i] = Number.isFinite(x) && Number.isFinite(y) ? made(x, y) : notFinite(x, y);
        }
        return result;
      },
    }),
  };
}

function notFinite(x: number, y: number): number {
  return Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : Number.NEGATIVE_INFINITY;
}

/** Points made one by one from `uniforms` uniform and `normals` standard normal numbers each. */
export function drawPoints(
  key: Key,
  count: number,
  uniforms: number,
  normals: number,
  point: (u: Float64Array, z: Float64Array) => readonly [number, number],
): Float64Array {
  const [uniformKey, normalKey] = key.split();
  const allUniforms = Float64Array.from(uniformKey.uniform(count * uniforms));
  const allNormals = Float64Array.from(normalKey.normal(count * normals));
  const points = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    points.set(
      point(
        allUniforms.subarray(i * uniforms, (i + 1) * uniforms),
        allNormals.subarray(i * normals, (i + 1) * normals),
      ),
      2 * i,
    );
  }
  return points;
}
