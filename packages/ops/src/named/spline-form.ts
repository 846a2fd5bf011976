import type { SplineForm } from "@pushforward/core/extend";

const MIN_SLOPE = 1e-3;

/**
 * Bins `0.001 + (1 − 0.001·bins)·softmax(r)` of the box and slopes `0.001 + softplus(r + 0.5397)`, which are 1 for 0: zeros
 * give the identity.
 */
export const SPLINE_FORM: SplineForm = {
  softmaxScale: 1,
  softmaxLimit: 0,
  minBin: 1e-3,
  slopeLimit: 0,
  slopeOffset: Math.log(Math.expm1(1 - MIN_SLOPE)),
  minSlope: MIN_SLOPE,
};
