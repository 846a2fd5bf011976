import { fastExp } from "./fast-exp.ts";
import type { KernelOverride } from "./kernel-override.ts";
import { MIN_BIN, MIN_SLOPE, SLOPE_OFFSET, SPLINE_KERNEL } from "./rational-quadratic-spline-constants.ts";
import { type RowMap, rowMapKernels } from "./row-map-kernels.ts";

interface SplineAttributes {
  readonly bins: number;
  readonly bound: number;
  readonly inverse: boolean;
}

/** The spline and its gradient in one pass over the numbers, in float64. */
export const rationalQuadraticSplineKernels: readonly KernelOverride[] = rowMapKernels(
  SPLINE_KERNEL,
  (raw, attributes) => new Spline(raw, attributes as unknown as SplineAttributes),
);

/**
 * The spline of one row of parameters at a time. In a bin with the lower left corner (x₀, y₀), width w, height h,
 * s = h/w, end slopes d₀ and d₁, θ = (x − x₀)/w, q = θ(1 − θ):
 *
 *     y = y₀ + h·N/D,  N = s·θ² + d₀·q,  D = s + (d₀ + d₁ − 2s)·q
 *     dy/dx = s²·M/D²,  M = d₁·θ² + 2s·q + d₀·(1 − θ)²
 */
class Spline implements RowMap {
  value = 0;
  logDet = 0;
  private readonly bins: number;
  private readonly bound: number;
  private readonly inverse: boolean;
  private readonly raw: Float32Array;
  private row = 0;
  private ready = false;
  private touched = false;
  // Softmax weights of the widths and of the heights, before they are multiplied by their scales.
  private readonly p: Float64Array;
  private readonly q: Float64Array;
  private scaleP = 1;
  private scaleQ = 1;
  // Gradients that the values of this row have sent to widths, heights and slopes.
  private readonly dWidths: Float64Array;
  private readonly dHeights: Float64Array;
  private readonly dSlopes: Float64Array;
  // The bin of the last value, and what was computed there.
  private bin = 0;
  private width = 1;
  private height = 1;
  private slope0 = 1;
  private slope1 = 1;
  private theta = 0;
  private outside = false;

  constructor(raw: Float32Array, { bins, bound, inverse }: SplineAttributes) {
    this.bins = bins;
    this.bound = bound;
    this.inverse = inverse;
    this.raw = raw;
    this.p = new Float64Array(bins);
    this.q = new Float64Array(bins);
    this.dWidths = new Float64Array(bins);
    this.dHeights = new Float64Array(bins);
    this.dSlopes = new Float64Array(bins + 1);
  }

  open(row: number): void {
    this.row = row;
    this.ready = false;
    this.touched = false;
  }

  evaluate(input: number): void {
    const { bins, bound, raw, p, q } = this;
    // NaN is not outside: it goes through the spline and stays NaN.
    this.outside = Math.abs(input) > bound;
    if (this.outside) {
      this.value = input;
      this.logDet = 0;
      return;
    }
    const offset = this.row * (3 * bins - 1);
    if (!this.ready) {
      this.scaleP = softmax(raw, offset, bins, p);
      this.scaleQ = softmax(raw, offset + bins, bins, q);
      this.ready = true;
    }
    const free = 1 - MIN_BIN * bins;
    const freeP = free * this.scaleP;
    const freeQ = free * this.scaleQ;
    const searched = this.inverse ? q : p;
    const freeSearched = this.inverse ? freeQ : freeP;
    const target = (input + bound) / (2 * bound);
    // Left end of the bin, in units of the whole box.
    let left = 0;
    let bin = 0;
    for (; bin < bins - 1; bin++) {
      const right = left + MIN_BIN + freeSearched * (searched[bin] as number);
      if (!(target >= right)) break;
      left = right;
    }
    const summed = this.inverse ? p : q;
    let below = 0;
    for (let k = 0; k < bin; k++) below += summed[k] as number;
    const other = bin * MIN_BIN + (this.inverse ? freeP : freeQ) * below;
    const width = 2 * bound * (MIN_BIN + freeP * (p[bin] as number));
    const height = 2 * bound * (MIN_BIN + freeQ * (q[bin] as number));
    const slopes = offset + 2 * bins - 1;
    const slope0 = bin === 0 ? 1 : MIN_SLOPE + softplus((raw[slopes + bin] as number) + SLOPE_OFFSET);
    const slope1 = bin === bins - 1 ? 1 : MIN_SLOPE + softplus((raw[slopes + bin + 1] as number) + SLOPE_OFFSET);
    const s = height / width;
    const curvature = slope0 + slope1 - 2 * s;
    let theta: number;
    if (this.inverse) {
      const rise = input + bound - 2 * bound * left;
      const a = height * (s - slope0) + rise * curvature;
      const b = height * slope0 - rise * curvature;
      const c = -s * rise;
      // The root that stays finite when a is 0 (Durkan et al. 2019, eq. 6 to 8).
      theta = (2 * c) / (-b - Math.sqrt(Math.max(b * b - 4 * a * c, 0)));
    } else {
      theta = (input + bound - 2 * bound * left) / width;
    }
    theta = Math.min(Math.max(theta, 0), 1);
    const rest = 1 - theta;
    const cross = theta * rest;
    const d = s + curvature * cross;
    const m = slope1 * theta * theta + 2 * s * cross + slope0 * rest * rest;
    const logSlope = Math.log((s * s * m) / (d * d));
    if (this.inverse) {
      this.value = 2 * bound * other - bound + width * theta;
      this.logDet = -logSlope;
    } else {
      this.value = 2 * bound * other - bound + (height * (s * theta * theta + slope0 * cross)) / d;
      this.logDet = logSlope;
    }
    this.bin = bin;
    this.width = width;
    this.height = height;
    this.slope0 = slope0;
    this.slope1 = slope1;
    this.theta = theta;
  }

  backward(dValue: number, dLogDet: number): number {
    if (this.outside) return dValue;
    const { bin, width, height, slope0, slope1, theta, dWidths, dHeights, dSlopes } = this;
    if (!this.touched) {
      dWidths.fill(0);
      dHeights.fill(0);
      dSlopes.fill(0);
      this.touched = true;
    }
    const s = height / width;
    const curvature = slope0 + slope1 - 2 * s;
    const rest = 1 - theta;
    const cross = theta * rest;
    const n = s * theta * theta + slope0 * cross;
    const d = s + curvature * cross;
    const m = slope1 * theta * theta + 2 * s * cross + slope0 * rest * rest;
    const tilt = 1 - 2 * theta;
    const h = height / (d * d);
    // Partial derivatives of y and of log dy/dx by θ, s, d₀ and d₁, each alone.
    const yTheta = (height * s * m) / (d * d);
    const lTheta = (2 * (slope1 * theta + s * tilt - slope0 * rest)) / m - (2 * curvature * tilt) / d;
    const yS = h * (theta * theta * d - n * (1 - 2 * cross));
    const lS = 2 / s + (2 * cross) / m - (2 * (1 - 2 * cross)) / d;
    const y0 = h * cross * (d - n);
    const l0 = (rest * rest) / m - (2 * cross) / d;
    const y1 = -h * cross * n;
    const l1 = (theta * theta) / m - (2 * cross) / d;

    let dY: number;
    let dLeft: number;
    let dBottom: number;
    let dWidth: number;
    let dInput: number;
    const dLog = this.inverse ? -dLogDet : dLogDet;
    if (this.inverse) {
      // θ is given implicitly by y(θ) = input.
      dY = -(dValue * width + dLog * lTheta) / yTheta;
      dInput = -dY;
      dLeft = dValue;
      dBottom = dY;
      dWidth = dValue * theta;
    } else {
      dY = dValue;
      dInput = (dValue * yTheta + dLog * lTheta) / width;
      dLeft = -dInput;
      dBottom = dValue;
      dWidth = -theta * dInput;
    }
    const dS = dY * yS + dLog * lS;
    dWidth -= (dS * s) / width;
    const dHeight = (dY * n) / d + dS / width;
    for (let k = 0; k < bin; k++) {
      dWidths[k] = (dWidths[k] as number) + dLeft;
      dHeights[k] = (dHeights[k] as number) + dBottom;
    }
    dWidths[bin] = (dWidths[bin] as number) + dWidth;
    dHeights[bin] = (dHeights[bin] as number) + dHeight;
    dSlopes[bin] = (dSlopes[bin] as number) + dY * y0 + dLog * l0;
    dSlopes[bin + 1] = (dSlopes[bin + 1] as number) + dY * y1 + dLog * l1;
    return dInput;
  }

  close(dRaw: Float32Array): void {
    const { bins, bound, raw } = this;
    const offset = this.row * (3 * bins - 1);
    if (!this.touched) {
      dRaw.fill(0, offset, offset + 3 * bins - 1);
      return;
    }
    const scale = 2 * bound * (1 - MIN_BIN * bins);
    softmaxBackward(this.p, this.scaleP, this.dWidths, scale, dRaw, offset);
    softmaxBackward(this.q, this.scaleQ, this.dHeights, scale, dRaw, offset + bins);
    for (let k = 1; k < bins; k++) {
      const at = offset + 2 * bins - 1 + k;
      const gradient = this.dSlopes[k] as number;
      dRaw[at] = gradient === 0 ? 0 : gradient / (1 + Math.exp(-((raw[at] as number) + SLOPE_OFFSET)));
    }
  }
}

// Fills in e^(raw − max) and returns what turns these into the softmax.
function softmax(raw: Float32Array, offset: number, count: number, out: Float64Array): number {
  let peak = raw[offset] as number;
  for (let i = 1; i < count; i++) {
    const value = raw[offset + i] as number;
    if (value > peak) peak = value;
  }
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const weight = fastExp((raw[offset + i] as number) - peak);
    out[i] = weight;
    sum += weight;
  }
  return 1 / sum;
}

function softmaxBackward(
  weights: Float64Array,
  weightScale: number,
  gradient: Float64Array,
  scale: number,
  out: Float32Array,
  offset: number,
): void {
  let mean = 0;
  for (let i = 0; i < weights.length; i++) mean += (weights[i] as number) * (gradient[i] as number);
  mean *= weightScale;
  const factor = scale * weightScale;
  for (let i = 0; i < weights.length; i++) {
    out[offset + i] = factor * (weights[i] as number) * ((gradient[i] as number) - mean);
  }
}

// Not log1p: MIN_SLOPE is added to it, so that relative precision at 0 is not needed.
function softplus(x: number): number {
  return x > 0 ? x + Math.log(1 + fastExp(-x)) : Math.log(1 + fastExp(x));
}
