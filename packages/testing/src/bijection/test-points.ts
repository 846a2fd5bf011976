import type { Key } from "@pushforward/core";

/** An open interval with finite or infinite bounds. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Every real number. */
export const REAL_LINE: Interval = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** Points with finite results for any bijection, mapped into the interval: half like N(0, 1), half like U(−5, 5). */
export function moderatePoints(key: Key, count: number, size: number, { low, high }: Interval): Float32Array {
  const [normalKey, uniformKey] = key.split();
  const half = Math.ceil(count / 2) * size;
  const normal = normalKey.normal(half);
  const uniform = uniformKey.uniform(count * size - half);
  const bounded = low !== Number.NEGATIVE_INFINITY && high !== Number.POSITIVE_INFINITY;
  const fromNormal = (z: number): number => {
    if (bounded) return low + (high - low) / (1 + Math.exp(-z));
    if (low !== Number.NEGATIVE_INFINITY) return low + Math.exp(z);
    return high !== Number.POSITIVE_INFINITY ? high - Math.exp(z) : z;
  };
  const fromUniform = (u: number): number => {
    if (bounded) return low + (high - low) * (0.001 + 0.998 * u);
    if (low !== Number.NEGATIVE_INFINITY) return low + 0.01 + 5 * u;
    return high !== Number.POSITIVE_INFINITY ? high - 0.01 - 5 * u : 10 * u - 5;
  };
  return Float32Array.from({ length: count * size }, (_, i) =>
    i < half ? fromNormal(normal[i] as number) : fromUniform(uniform[i - half] as number),
  );
}

/** Points of magnitude 1e-3 … 1e3, log-uniform: distances from 0, or from an end of the interval. */
export function magnitudePoints(key: Key, count: number, size: number, { low, high }: Interval): Float32Array {
  const [sizeKey, signKey] = key.split();
  const magnitudes = sizeKey.uniform(count * size);
  const signs = signKey.uniform(count * size);
  const bounded = low !== Number.NEGATIVE_INFINITY && high !== Number.POSITIVE_INFINITY;
  return Float32Array.from({ length: count * size }, (_, i) => {
    const up = (signs[i] as number) < 0.5;
    if (bounded) {
      const distance = 0.5 * (high - low) * 10 ** (-3 * (magnitudes[i] as number));
      return up ? low + distance : high - distance;
    }
    const distance = 10 ** (6 * (magnitudes[i] as number) - 3);
    if (low !== Number.NEGATIVE_INFINITY) return low + distance;
    if (high !== Number.POSITIVE_INFINITY) return high - distance;
    return up ? distance : -distance;
  });
}

/**
 * Rows of a single repeated value: ±0, tiny and round numbers, `extra`, and values 1e-6 inside the interval's bounds.
 */
export function edgePoints(size: number, { low, high }: Interval, extra: readonly number[]): Float32Array {
  const values = [0, -0, 1e-30, -1e-30, 1e-6, -1e-6, 1, -1, ...extra.flatMap((v) => [v, nextUp(v), -nextUp(-v)])];
  const inside = 1e-6;
  if (low !== Number.NEGATIVE_INFINITY) values.push(low + inside * Math.max(1, Math.abs(low)));
  if (high !== Number.POSITIVE_INFINITY) values.push(high - inside * Math.max(1, Math.abs(high)));
  const legal = values.filter((v) => Math.fround(v) > low && Math.fround(v) < high);
  return Float32Array.from({ length: legal.length * size }, (_, i) => legal[Math.floor(i / size)] as number);
}

function nextUp(value: number): number {
  return value + 2 ** -23 * Math.max(Math.abs(value), 2 ** -100);
}
