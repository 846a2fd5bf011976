import { type Key, type NdArray, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import { logSumExp } from "@pushforward/core/plain";

/** A seeded data set of points in the plane. */
export interface ToyDataset {
  readonly name: string;
  /** Plot range with nearly all of its mass. */
  readonly bounds: { readonly x: readonly [number, number]; readonly y: readonly [number, number] };
  /** Independent points, `[count, 2]` in float64. The same key returns the same points. */
  sample(key: Key, count: number): NdArray;
  /** Exact log-density of points `[n, 2]`, in nats. Absent for a line in the plane, which has no density. */
  logProb?(points: NdArray): Float64Array;
  /** Entropy in nats: the mean of −log p, which no model can get below on average. */
  readonly entropy?: number;
}

/** Definition of a toy set; `draw` returns the points in order. */
export interface ToyDefinition {
  readonly name: string;
  readonly bounds: readonly [xLow: number, xHigh: number, yLow: number, yHigh: number];
  readonly draw: (key: Key, count: number) => Float64Array;
  /** Creates the density on first use, because some densities need a table of the points of a curve. */
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

/** Options of {@link mixtureSet}. */
export interface MixtureSetOptions {
  readonly name: string;
  readonly centers: readonly (readonly [number, number])[];
  readonly scale: number;
  readonly entropy?: number;
}

/** Isotropic normals of equal scale around centers, all equally likely. */
export function mixtureSet({ name, centers, scale, entropy }: MixtureSetOptions): ToyDataset {
  if (centers.length === 0) throw new OptionError(`${name}: expected at least one center, got none.`);
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`${name}: expected a positive scale, got ${describeValue(scale)}.`);
  }
  const [xs, ys] = [0, 1].map((axis) => centers.map((center) => center[axis] as number)) as [number[], number[]];
  const reach = 4 * scale;
  return defineToyDataset({
    name,
    bounds: [Math.min(...xs) - reach, Math.max(...xs) + reach, Math.min(...ys) - reach, Math.max(...ys) + reach],
    ...(entropy !== undefined && { entropy }),
    draw: (key, count) =>
      drawPoints(key, count, 1, 2, ([u], [zx, zy]) => {
        const [x, y] = centers[Math.floor((u as number) * centers.length)] as readonly [number, number];
        return [x + scale * (zx as number), y + scale * (zy as number)];
      }),
    density: () => {
      const constant = -Math.log(2 * Math.PI * scale * scale * centers.length);
      return (x, y) => {
        const terms = centers.map(([cx, cy]) => (-0.5 * ((x - cx) ** 2 + (y - cy) ** 2)) / (scale * scale));
        return constant + logSumExp(terms);
      };
    },
  });
}

/** Nodes and weights of a quadrature rule. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

const ORDER = 16;

/** Gauss–Legendre of order 16 on each of `panels` equal parts of [from, to]. */
export function quadrature(from: number, to: number, panels: number): Quadrature {
  const nodes = new Float64Array(ORDER * panels);
  const weights = new Float64Array(ORDER * panels);
  const half = (to - from) / panels / 2;
  for (let k = 0; k < ORDER; k++) {
    const { root, weight } = legendreRoot(k);
    for (let panel = 0; panel < panels; panel++) {
      nodes[panel * ORDER + k] = from + half * (2 * panel + 1 + root);
      weights[panel * ORDER + k] = half * weight;
    }
  }
  return { nodes, weights };
}

function legendreRoot(k: number): { root: number; weight: number } {
  let root = Math.cos((Math.PI * (k + 0.75)) / (ORDER + 0.5));
  let slope = 1;
  // Newton's method; six steps are enough from this start.
  for (let step = 0; step < 6; step++) {
    let previous = 1;
    let value = root;
    for (let n = 2; n <= ORDER; n++) [previous, value] = [value, ((2 * n - 1) * root * value - (n - 1) * previous) / n];
    slope = (ORDER * (root * value - previous)) / (root * root - 1);
    root -= value / slope;
  }
  return { root, weight: 2 / ((1 - root * root) * slope * slope) };
}
