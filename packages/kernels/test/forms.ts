import type { AffineForm, SplineForm } from "@pushforward/core/extend";

/** The affine form in which zeros give the identity. */
export const ownAffine: AffineForm = { scale: "tanh", limit: 5, offset: 0, least: 0 };

/** The spline form in which zeros give the identity. */
export const ownSpline: SplineForm = {
  softmaxScale: 1,
  softmaxLimit: 0,
  minBin: 1e-3,
  slopeLimit: 0,
  slopeOffset: Math.log(Math.expm1(1 - 1e-3)),
  minSlope: 1e-3,
};
