import type { Key, Parameter } from "@pushforward/core";
import { type Interval, REAL_LINE } from "../bijection/test-points.ts";

/**
 * A direction for each of some points: random signs, shortened near the ends of the interval, so that a step of up to
 * 1/4 along it stays inside.
 */
export function directionFrom(key: Key, points: Float32Array, { low, high }: Interval = REAL_LINE): Float32Array {
  const uniform = key.uniform(points.length);
  return points.map((point, i) => {
    const room = Math.min(1, 2 * (point - low), 2 * (high - point));
    return (uniform[i] as number) < 0.5 ? -room : room;
  });
}

/** The points a step along their direction. */
export function moved(points: Float32Array, direction: Float32Array, step: number): Float32Array {
  return points.map((point, i) => point + step * (direction[i] as number));
}

/** Runs a function with a parameter moved a step along a direction, and puts the parameter back. */
export function withMoved<R>(parameter: Parameter, direction: Float32Array, step: number, run: () => R): R {
  const before = Float32Array.from(parameter.read());
  parameter.write(moved(before, direction, step));
  try {
    return run();
  } finally {
    parameter.write(before);
  }
}

/** Directional derivatives of `rows` rows from a gradient for all their elements; 0 where there is no gradient. */
export function alongDirection(
  gradient: Float32Array | undefined,
  direction: Float32Array,
  rows: number,
): Float64Array {
  const result = new Float64Array(rows);
  const size = direction.length / rows;
  for (const [i, value] of gradient?.entries() ?? []) {
    const row = Math.floor(i / size);
    result[row] = (result[row] as number) + value * (direction[i] as number);
  }
  return result;
}
