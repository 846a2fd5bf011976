import { logProbRows, type NdArray, ndArray, type ToyDataset } from "pushforward";
import { contourPlot, densityPlot1d } from "pushforward/plots";
import type { Model } from "./compare.ts";
import type { LineTarget } from "./line-targets.ts";
import { columnOf } from "./measures.ts";

/** A learned density on the line over its samples, with the true one dashed. */
export function linePicture(
  title: string,
  model: Model,
  target: Pick<LineTarget, "range" | "logProb">,
  samples: NdArray,
): string {
  const { range } = target;
  const count = 241;
  const x = Float64Array.from({ length: count }, (_, i) => range[0] + (i * (range[1] - range[0])) / (count - 1));
  const points = ndArray([count, 1], x);
  return densityPlot1d({
    title,
    x,
    density: logProbRows(model, points).map(Math.exp),
    trueDensity: target.logProb(points).map(Math.exp),
    samples: samples.data,
    maxMarks: 100,
    width: 420,
    height: 300,
  });
}

/** A box of the plane. */
export interface Bounds {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** The points of a grid over a box, row by row, and its axes. */
export function planeGrid({ x, y }: Bounds, count = 56): { points: NdArray; x: Float64Array; y: Float64Array } {
  const axis = ([low, high]: readonly [number, number]): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => low + (i * (high - low)) / (count - 1));
  const [xs, ys] = [axis(x), axis(y)];
  const points = new Float64Array(2 * count * count);
  for (let i = 0; i < count * count; i++)
    points.set([xs[i % count] as number, ys[Math.floor(i / count)] as number], 2 * i);
  return { points: ndArray([count * count, 2], points), x: xs, y: ys };
}

const SIZE = { width: 380, height: 360, aspect: "equal", maxPoints: 150 } as const;
const LEVELS = { mass: [0.99, 0.9, 0.7, 0.4, 0.1] };

/** Contours of a learned density in the plane, with some of the points and the outlines of the true density. */
export function planePicture(
  title: string,
  model: Model | ((points: NdArray) => Float64Array),
  target: Pick<ToyDataset, "bounds" | "logProb">,
  samples?: NdArray,
): string {
  const { points, x, y } = planeGrid(target.bounds);
  const truth = target.logProb?.(points);
  return contourPlot({
    ...SIZE,
    title,
    x,
    y,
    logDensity: typeof model === "function" ? model(points) : logProbRows(model, points),
    levels: LEVELS,
    ...(samples && { points: { x: columnOf(samples, 0), y: columnOf(samples, 1) } }),
    ...(truth && { trueContours: { x, y, logDensity: truth, masses: [0.5, 0.9] } }),
  });
}
