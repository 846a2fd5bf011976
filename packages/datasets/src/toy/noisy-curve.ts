import type { Quadrature } from "./quadrature.ts";
import type { LogDensity } from "./toy-dataset.ts";

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
