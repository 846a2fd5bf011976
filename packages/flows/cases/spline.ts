import type { BijectionFamily } from "@pushforward/core";
import type { AffineForm, SplineForm } from "@pushforward/core/extend";
import { rationalQuadratic } from "@pushforward/transforms";

/** The splines of the cases, of 6 bins on [−4, 4]. */
export const spline = (): BijectionFamily => rationalQuadratic({ bins: 6, bound: 4 });

const limit = -Math.log(1e-3);

/** Forms of splines that are not the usual one. */
export const splineForms: Readonly<Record<"clipped" | "scaled", Partial<SplineForm>>> = {
  clipped: { softmaxLimit: limit / 2, minBin: 0, slopeLimit: limit },
  scaled: { slopeOffset: 0, softmaxScale: 1 / Math.sqrt(8) },
};

/** Forms of affine maps that are not the usual one. */
export const affineForms: Readonly<Record<"clip" | "softplus" | "sigmoid", Partial<AffineForm>>> = {
  clip: { scale: "clip", limit },
  softplus: { scale: "softplus" },
  sigmoid: { scale: "sigmoid", offset: 2 },
};

/** Edges of these splines, and how exactly they are inverted. */
export const knots: readonly number[] = [-4, 4];
export const splineTolerances = { roundTrip: 5e-5 };
