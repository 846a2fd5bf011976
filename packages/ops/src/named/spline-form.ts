import type { SplineForm } from "@pushforward/core";

/**
 * Whose rational-quadratic spline it is. With raw widths, heights and slopes r:
 *
 * - `"pushforward"`: bins `0.001 + (1 − 0.001·bins)·softmax(r)` of the box, slopes `0.001 + softplus(r + 0.5397)`, which is
 *   1 for 0;
 * - `"zuko"`: bins `softmax(r / (1 + |2r / log slope|))`, slopes `exp(r / (1 + |r / log slope|))`, as in zuko's
 *   `MonotonicRQSTransform`;
 * - `"nflows"`: bins `0.001 + (1 − 0.001·bins)·softmax(softmaxScale·r)`, slopes `0.001 + softplus(r)`, as in nflows'
 *   `PiecewiseRationalQuadratic…Transform` with linear tails, whose `softmaxScale` is `1 / √hidden`.
 *
 * Each direction is that library's own: its forward map goes from data to noise.
 */
export type SplineParameterization = "pushforward" | "zuko" | "nflows";

const MIN_BIN = 1e-3;
const MIN_SLOPE = 1e-3;

/** `softplus(SLOPE_OFFSET) = 1 − MIN_SLOPE`: a raw slope of 0 is the slope 1. */
const SLOPE_OFFSET = Math.log(Math.expm1(1 - MIN_SLOPE));

/** What chooses the form of a spline. */
export interface SplineFormOptions {
  /** Whose formulas turn parameters into bins and slopes. `"pushforward"` when omitted. */
  readonly parameterization?: SplineParameterization;
  /** The smallest slope of zuko's. 0.001 when omitted. */
  readonly slope?: number;
  /** What nflows' raw widths and heights are multiplied by. 1 when omitted. */
  readonly softmaxScale?: number;
}

/** The form of a parameterization. */
export function splineForm({
  parameterization = "pushforward",
  slope = 1e-3,
  softmaxScale = 1,
}: SplineFormOptions): SplineForm {
  switch (parameterization) {
    case "pushforward":
      return {
        softmaxScale: 1,
        softmaxLimit: 0,
        minBin: MIN_BIN,
        slopeLimit: 0,
        slopeOffset: SLOPE_OFFSET,
        minSlope: MIN_SLOPE,
      };
    case "zuko": {
      const limit = -Math.log(slope);
      return { softmaxScale: 1, softmaxLimit: limit / 2, minBin: 0, slopeLimit: limit, slopeOffset: 0, minSlope: 0 };
    }
    case "nflows":
      return {
        softmaxScale,
        softmaxLimit: 0,
        minBin: MIN_BIN,
        slopeLimit: 0,
        slopeOffset: 0,
        minSlope: MIN_SLOPE,
      };
  }
}
