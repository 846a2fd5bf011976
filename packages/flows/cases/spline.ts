import type { BijectionFamily } from "@pushforward/core";
import { rationalQuadratic } from "@pushforward/transforms";

/** The splines of the cases, of 6 bins on [−4, 4]. */
export const spline = (): BijectionFamily => rationalQuadratic({ bins: 6, bound: 4 });

/** The splines of another library. */
export function librarySpline(parameterization: "zuko" | "nflows"): BijectionFamily {
  const softmaxScale = parameterization === "nflows" ? { softmaxScale: 1 / Math.sqrt(8) } : {};
  return rationalQuadratic({ bins: 6, bound: 4, parameterization, ...softmaxScale });
}

/** Edges of these splines, and how exactly they are inverted. */
export const knots: readonly number[] = [-4, 4];
export const splineTolerances = { roundTrip: 5e-5 };
