/** Name of the spline's kernel. */
export const SPLINE_KERNEL = "PushforwardRationalQuadraticSpline";

/** Smallest width and height of a bin, as a part of the box. */
export const MIN_BIN = 1e-3;

/** Smallest slope at a knot. */
export const MIN_SLOPE = 1e-3;

/** `softplus(SLOPE_OFFSET) = 1 − MIN_SLOPE`: a raw slope of 0 is the slope 1. */
export const SLOPE_OFFSET: number = Math.log(Math.expm1(1 - MIN_SLOPE));
