import type { Key } from "@pushforward/core";
import { LULinear } from "@pushforward/transforms";
import { NFLOWS_DIAGONAL } from "../flow/forms.ts";

/** The splines of nflows, each with linear tails. */
export const SPLINE_KINDS = ["rational-quadratic", "linear", "quadratic", "cubic"] as const;

/** A kind of spline. */
export type SplineKind = (typeof SPLINE_KINDS)[number];

/**
 * Bins of a spline with `count` parameters per variable, by kind. The result is not an integer if the kind is
 * impossible.
 */
const BINS: Readonly<Record<SplineKind, (count: number) => number>> = {
  "rational-quadratic": (count) => (count + 1) / 3,
  linear: (count) => count,
  quadratic: (count) => (count + 1) / 2,
  cubic: (count) => (count - 2) / 2,
};

/** Bins of a kind, or undefined where a network of `count` outputs per variable can't be for it. */
export function binsOf(kind: SplineKind, count: number): number | undefined {
  const bins = BINS[kind](count);
  return Number.isInteger(bins) && bins >= 2 ? bins : undefined;
}

/**
 * Describes the splines that `count` parameters per variable allow: "a rational-quadratic spline of 3 bins, a linear
 * one of 8 or …".
 */
export function possibleSplines(count: number): string {
  const found = SPLINE_KINDS.flatMap((kind) => {
    const bins = binsOf(kind, count);
    return bins === undefined ? [] : [`${kind} (${bins} bins)`];
  });
  return found.length < 2 ? found.join("") : `${found.slice(0, -1).join(", ")} or ${found.at(-1)}`;
}

/** Options of {@link nflowsLinear}. */
export interface NflowsLinearOptions {
  readonly features: number;
  /** Draws all of `weight` from `U(−1/√n, 1/√n)`; without one the map starts at the identity, as in nflows. */
  readonly key?: Key;
}

/**
 * `LULinear` of nflows: its diagonal is `softplus(raw) + 0.001`. Its `forward` in nflows, data to noise, is also
 * `forward` here, so a flow contains its inverse.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @example
 * const layer = invert(nflowsLinear({ features: 3 }));
 */
export function nflowsLinear({ features, key }: NflowsLinearOptions): LULinear {
  const linear = new LULinear({ features, diagonal: NFLOWS_DIAGONAL });
  if (key === undefined) return linear;
  const weight = key.uniform(features * features).map((value) => (2 * value - 1) / Math.sqrt(features));
  linear.parameters().get("weight")?.write(weight);
  return linear;
}
