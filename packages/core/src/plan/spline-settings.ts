/** How the bins and slopes of a spline follow from raw numbers r. */
export interface SplineForm {
  /** Bins are `minBin + (1 − minBin·bins)·softmax(clip(softmaxScale·r))` of the box, `clip(u) = u/(1 + |u|/softmaxLimit)`. */
  readonly softmaxScale: number;
  /** 0 where nothing is clipped. */
  readonly softmaxLimit: number;
  readonly minBin: number;
  /** Slopes are `e^(r/(1 + |r|/slopeLimit))`, or where this is 0 `minSlope + softplus(r + slopeOffset)`. */
  readonly slopeLimit: number;
  readonly slopeOffset: number;
  readonly minSlope: number;
}

/** How a spline goes on outside its box: by the identity, or by lines with the slopes of its ends, which are then free. */
export type SplineTails = "identity" | "linear";

/** A rational-quadratic spline on `[−bound, bound]²`, or its inverse. */
export interface SplineSettings extends SplineForm {
  readonly bins: number;
  readonly bound: number;
  readonly tails: SplineTails;
  readonly inverse: boolean;
}
