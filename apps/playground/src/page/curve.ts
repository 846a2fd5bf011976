import type { CurvePoint } from "../shared/protocol.ts";

/** The lowest point of a curve, the first of several; undefined where no point is finite. */
export function bestPoint(points: readonly CurvePoint[]): CurvePoint | undefined {
  let best: CurvePoint | undefined;
  for (const point of points) {
    if (Number.isFinite(point.nll) && (best === undefined || point.nll < best.nll)) best = point;
  }
  return best;
}

/** Points that stay at the end of a curve when others are left out. */
const TAIL = 100;

/** A curve of at most `most` points: of more, every second one is left out, but neither the best nor the last ones. */
export function shortened(points: readonly CurvePoint[], most: number): readonly CurvePoint[] {
  if (points.length <= most) return points;
  const best = bestPoint(points);
  return points.filter((point, i) => i % 2 === 0 || i >= points.length - TAIL || point === best);
}
