import { logSumExp } from "@pushforward/core/plain";
import {
  defineToyDataset,
  drawPoints,
  type LogDensity,
  type Quadrature,
  quadrature,
  type ToyDataset,
} from "./toy-dataset.ts";

/**
 * The density of points that are uniform on rings around the origin, plus normal noise. In the plane one ring has the
 * density `p(x) = e^(−(r² + R²) / 2σ²) I₀(r R / σ²) / 2πσ²` (Rice's density), r = |x|.
 */
function noisyRings(radii: readonly number[], sd: number): LogDensity {
  const variance = sd * sd;
  return (x, y) => {
    const r = Math.hypot(x, y);
    const terms = radii.map(
      (radius) => -((r - radius) ** 2) / (2 * variance) + logScaledBesselI0((r * radius) / variance),
    );
    return logSumExp(terms) - Math.log(radii.length) - Math.log(2 * Math.PI * variance);
  };
}

/** `ln(e⁻ᶻ I₀(z))` for z ≥ 0: the power series, and the asymptotic one where its terms fall below 1e-16. */
export function logScaledBesselI0(z: number): number {
  if (z === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  let term = 1;
  let sum = 1;
  if (z < 25) {
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= (z / (2 * k)) ** 2;
      sum += term;
    }
    return Math.log(sum) - z;
  }
  for (let k = 1; term > 1e-17; k++) {
    term *= (2 * k - 1) ** 2 / (8 * k * z);
    sum += term;
  }
  return Math.log(sum) - 0.5 * Math.log(2 * Math.PI * z);
}

function ringSet(name: string, radii: readonly number[], sd: number, reach: number, entropy: number): ToyDataset {
  return defineToyDataset({
    name,
    entropy,
    bounds: [-reach, reach, -reach, reach],
    draw: (key, count) =>
      drawPoints(key, count, 2, 2, ([angle, ring], [zx, zy]) => {
        const radius = radii[Math.floor((ring as number) * radii.length)] as number;
        const a = 2 * Math.PI * (angle as number);
        return [radius * Math.cos(a) + sd * (zx as number), radius * Math.sin(a) + sd * (zy as number)];
      }),
    density: () => noisyRings(radii, sd),
  });
}

/** Two circles around the origin of radius 3 and 1.5, noise of sd 0.24. */
export function circles(): ToyDataset {
  return ringSet("circles", [3, 1.5], 0.24, 4, 3.2681357);
}

/** Four circles around the origin of radius 0.75, 1.5, 2.25 and 3, noise of sd 0.08. */
export function rings(): ToyDataset {
  return ringSet("rings", [0.75, 1.5, 2.25, 3], 0.08, 3.5, 2.6231828);
}

/** Points on the line y = x, x uniform on [−2.5, 2.5]. It has no area, and so no density in the plane. */
export function line(): ToyDataset {
  return onGraph("line", (x) => x);
}

/** Points on the curve y = 2.5 sin x, x uniform on [−2.5, 2.5]. It has no area, and so no density in the plane. */
export function cos(): ToyDataset {
  return onGraph("cos", (x) => 2.5 * Math.sin(x));
}

function onGraph(name: string, height: (x: number) => number): ToyDataset {
  return defineToyDataset({
    name,
    bounds: [-3, 3, -3, 3],
    draw: (key, count) =>
      drawPoints(key, count, 1, 0, ([u]) => {
        const x = 5 * (u as number) - 2.5;
        return [x, height(x)];
      }),
  });
}

/** A curve, and the probability of each piece of its parameter: `weight(t) dt`, integrating to 1 over all curves. */
export interface Curve {
  readonly rule: Quadrature;
  readonly at: (t: number) => readonly [number, number];
  readonly weight: (t: number) => number;
}

/** Terms below e⁻⁴⁵ of the largest do not change a float64 sum of a few thousand. */
const NEGLIGIBLE = 45;

/**
 * The density of points on curves with normal noise: `p(x) = ∫ w(t) N(x; c(t), σ² I) dt`, exact to the error of the
 * quadrature (below 1e-12 where the panels are no longer than a few σ).
 */
export function noisyCurve(curves: readonly Curve[], sd: number): LogDensity {
  const xs: number[] = [];
  const ys: number[] = [];
  const logWeights: number[] = [];
  for (const { rule, at, weight } of curves) {
    for (const [i, t] of rule.nodes.entries()) {
      const [x, y] = at(t);
      xs.push(x);
      ys.push(y);
      logWeights.push(Math.log(weight(t) * (rule.weights[i] as number)));
    }
  }
  const terms = new Float64Array(xs.length);
  const scale = -0.5 / (sd * sd);
  const constant = -Math.log(2 * Math.PI * sd * sd);
  return (x, y) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < terms.length; i++) {
      const dx = x - (xs[i] as number);
      const dy = y - (ys[i] as number);
      const term = (logWeights[i] as number) + scale * (dx * dx + dy * dy);
      terms[i] = term;
      if (term > largest) largest = term;
    }
    if (largest === Number.NEGATIVE_INFINITY) return largest;
    let sum = 0;
    for (const term of terms) if (term > largest - NEGLIGIBLE) sum += Math.exp(term - largest);
    return largest + Math.log(sum) + constant;
  };
}

function upper(t: number): [number, number] {
  return [2 * Math.cos(t) - 1, 2 * Math.sin(t) - 0.2];
}

function lower(t: number): [number, number] {
  return [2 * (1 - Math.cos(t)) - 1, 2 * (0.5 - Math.sin(t)) - 0.2];
}

/** Two half circles of radius 2 that reach into each other, noise of sd 0.2. */
export function moons(): ToyDataset {
  return defineToyDataset({
    name: "moons",
    entropy: 2.3938792,
    bounds: [-3.8, 3.8, -2.1, 2.5],
    draw: (key, count) =>
      drawPoints(key, count, 2, 2, ([t, side], [zx, zy]) => {
        const [x, y] = ((side as number) < 0.5 ? upper : lower)(Math.PI * (t as number));
        return [x + 0.2 * (zx as number), y + 0.2 * (zy as number)];
      }),
    density: () => {
      const rule = quadrature(0, Math.PI, 16);
      const weight = (): number => 0.5 / Math.PI;
      return noisyCurve(
        [upper, lower].map((at) => ({ rule, at, weight })),
        0.2,
      );
    },
  });
}

const FROM = 1.5 * Math.PI;
const TO = 4.5 * Math.PI;

function at(t: number): [number, number] {
  return [(t * Math.cos(t)) / 5, (t * Math.sin(t)) / 5];
}

/** A roll seen from its end: (t cos t, t sin t) / 5, t uniform on [1.5 π, 4.5 π], noise of sd 0.2. */
export function swissroll(): ToyDataset {
  return defineToyDataset({
    name: "swissroll",
    entropy: 2.6696462,
    bounds: [-3.2, 3.6, -3.2, 3.6],
    draw: (key, count) =>
      drawPoints(key, count, 1, 2, ([u], [zx, zy]) => {
        const [x, y] = at(FROM + (TO - FROM) * (u as number));
        return [x + 0.2 * (zx as number), y + 0.2 * (zy as number)];
      }),
    density: () => noisyCurve([{ rule: quadrature(FROM, TO, 64), at, weight: () => 1 / (TO - FROM) }], 0.2),
  });
}
