import type { ScaleKind } from "./scale.ts";

/** Smallest and largest finite value (finite and positive on a log axis) of several arrays, or `undefined`. */
export function extent(arrays: readonly ArrayLike<number>[], kind: ScaleKind = "linear"): [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!Number.isFinite(value) || (kind === "log" && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : undefined;
}

/** The extent with `margin` (a share of it) on both sides; a single value, or none, gets an axis of its own around it. */
export function paddedDomain(
  range: readonly [number, number] | undefined,
  margin: number,
  kind: ScaleKind = "linear",
): [number, number] {
  if (range === undefined) return kind === "log" ? [0.1, 10] : [0, 1];
  let [low, high] = range;
  if (kind === "log") {
    if (high / low < 1 + 1e-9) return [low / 2, high * 2];
    const factor = (high / low) ** margin;
    return [low / factor, high * factor];
  }
  // Below this width ticks can't be told apart in float64.
  const least = Math.max(Math.abs(low), Math.abs(high)) * 1e-9;
  if (high - low <= least) {
    const half = low === 0 && high === 0 ? 1 : Math.max(Math.abs(low), Math.abs(high)) * 0.1;
    return [low - half, high + half];
  }
  // Half a span cannot overflow where a whole one could.
  const pad = (high / 2 - low / 2) * (2 * margin);
  low -= pad;
  high += pad;
  return [Math.max(low, -Number.MAX_VALUE / 4), Math.min(high, Number.MAX_VALUE / 4)];
}
