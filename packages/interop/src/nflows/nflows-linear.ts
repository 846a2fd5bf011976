import type { Key } from "@pushforward/core";
import { LULinear } from "@pushforward/transforms";
import { NFLOWS_DIAGONAL } from "../flow/forms.ts";

/** Options of {@link nflowsLinear}. */
export interface NflowsLinearOptions {
  readonly features: number;
  /** Draws all of `weight` from `U(−1/√n, 1/√n)`; without one the map starts at the identity, as in nflows. */
  readonly key?: Key;
}

/**
 * `LULinear` of nflows: its diagonal is `softplus(raw) + 0.001`. Its `forward` there, data to noise, is `forward` here, so
 * that a flow has the inverse of it.
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
