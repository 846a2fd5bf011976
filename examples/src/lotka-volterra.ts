import type { Key } from "pushforward";

/** Numbers of both species at the times of the observation. */
export interface Populations {
  readonly rabbits: Float64Array;
  readonly foxes: Float64Array;
}

/** Points of time: `linspace(0, 15, 1000)`. */
export const times: Float64Array = Float64Array.from({ length: 1000 }, (_, i) => (15 * i) / 999);

const [PREDATOR_DEATH, PREDATOR_BIRTH, NOISE, STEP] = [1.5, 0.75, 0.7, 15 / 999];

/** The rates of a prey that reproduces, a, and that is eaten, b. */
export type Rates = readonly [a: number, b: number];

/**
 * Lotka and Volterra's predators and prey with noise, from 10 rabbits and 5 foxes:
 *
 *     du = (a u − b u v) dt + 0.7 dW₁,   dv = (−c v + d b u v) dt + 0.7 dW₂,   c = 1.5, d = 0.75.
 *
 * Each step is a Heun step for the drift, plus the increments of W. For constant noise, this is equivalent to the
 * method of the original (SRI2 of Rößler 2010, by `sdeint`). Populations may fall below zero. Below zero, rabbits never
 * recover and their number explodes. Such runs are dropped later, as in the original.
 */
export function simulate(rates: Rates, key: Key): Populations {
  const steps = times.length - 1;
  const z = key.normal(2 * steps);
  const size = NOISE * Math.sqrt(STEP);
  const rabbits = new Float64Array(steps + 1);
  const foxes = new Float64Array(steps + 1);
  let [u, v] = [10, 5];
  [rabbits[0], foxes[0]] = [u, v];
  for (let n = 0; n < steps; n++) {
    const [u1, v1] = driftStep(u, v, rates);
    u = u1 + size * (z[2 * n] as number);
    v = v1 + size * (z[2 * n + 1] as number);
    [rabbits[n + 1], foxes[n + 1]] = [u, v];
  }
  return { rabbits, foxes };
}

/** `log p(path | a, b)` up to a constant: each step is a normal around where the drift leads. */
export function logLikelihood({ rabbits, foxes }: Populations, rates: Rates): number {
  let squares = 0;
  for (let n = 0; n + 1 < rabbits.length; n++) {
    const [u, v] = driftStep(rabbits[n] as number, foxes[n] as number, rates);
    squares += ((rabbits[n + 1] as number) - u) ** 2 + ((foxes[n + 1] as number) - v) ** 2;
  }
  return -squares / (2 * NOISE * NOISE * STEP);
}

/** Heun's step without noise. */
function driftStep(u: number, v: number, [a, b]: Rates): readonly [number, number] {
  const du = a * u - b * u * v;
  const dv = -PREDATOR_DEATH * v + PREDATOR_BIRTH * b * u * v;
  const [u1, v1] = [u + STEP * du, v + STEP * dv];
  return [
    u + 0.5 * STEP * (du + a * u1 - b * u1 * v1),
    v + 0.5 * STEP * (dv - PREDATOR_DEATH * v1 + PREDATOR_BIRTH * b * u1 * v1),
  ];
}

/**
 * The nine summary statistics of the original: means, variances, two autocorrelations of each species and a
 * cross-correlation.
 *
 * The original reads `np.correlate(x, x, "full")[100]` and `[200]`. The middle of that array, lag 0, is its entry 999.
 * So the entries are lags of −899 and −799: sums of 101 and of 201 products of the beginning with the end, neither
 * centered nor normalized. `corrected` uses the intended statistics: the autocorrelations at lags 100 and 200, the
 * correlation of both species, and logarithms of the variances.
 */
export function statistics({ rabbits, foxes }: Populations, corrected = false): number[] {
  const moments = [mean(rabbits), mean(foxes), variance(rabbits), variance(foxes)];
  if (!corrected) {
    const entry = (x: Float64Array, index: number): number => products(x, x, x.length - 1 - index);
    return [
      ...moments,
      ...[rabbits, foxes].flatMap((x) => [entry(x, 100), entry(x, 200)]),
      products(rabbits, foxes, 0),
    ];
  }
  const [u, v] = [rabbits, foxes].map(centered) as [Float64Array, Float64Array];
  const size = (x: Float64Array): number => Math.sqrt(products(x, x, 0));
  const at = (x: Float64Array, lag: number): number => products(x, x, lag) / products(x, x, 0);
  const autocorrelations = [u, v].flatMap((x) => [at(x, 100), at(x, 200)]);
  return [
    ...moments.map((moment, i) => (i < 2 ? moment : Math.log(moment))),
    ...autocorrelations,
    products(u, v, 0) / (size(u) * size(v)),
  ];
}

/** `Σ xᵢ y₍ᵢ₊lag₎`. */
function products(x: Float64Array, y: Float64Array, lag: number): number {
  let sum = 0;
  for (let i = 0; i + lag < y.length; i++) sum += (x[i] as number) * (y[i + lag] as number);
  return sum;
}

function mean(x: Float64Array): number {
  return x.reduce((sum, value) => sum + value / x.length, 0);
}

function centered(x: Float64Array): Float64Array {
  const middle = mean(x);
  return x.map((value) => value - middle);
}

function variance(x: Float64Array): number {
  return mean(centered(x).map((value) => value * value));
}
