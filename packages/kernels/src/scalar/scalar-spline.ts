import type { SplineForm } from "@pushforward/core/plain";
import { type SplineKernels, type StridedSpline, splineParameterCount } from "../families/maps.ts";
import { fastExp, scalarSoftClip, sigmoid, softClipSlope } from "./functions.ts";

/** The rational-quadratic spline in TypeScript, in float64. */
export const scalarSpline: SplineKernels = {
  splineForward(x, parameters, y, logDet, settings) {
    const spline = new Spline(parameters, settings);
    for (let i = 0; i < x.length; i++) {
      spline.evaluate(x[i] as number, i);
      y[i] = spline.value;
      logDet[i] = spline.logDet;
    }
  },

  splineGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings) {
    const spline = new Spline(parameters, settings);
    for (let i = 0; i < x.length; i++) {
      spline.locate(x[i] as number, i);
      dx[i] = spline.backward(dValue[i] as number, dLogDet[i] as number, dParameters);
    }
  },
};

/**
 * One element at a time. In a bin with the lower left corner (x₀, y₀), width w, height h, s = h/w, end slopes d₀ and d₁,
 * θ = (x − x₀)/w, q = θ(1 − θ):
 *
 *     y = y₀ + h·N/D,  N = s·θ² + d₀·q,  D = s + (d₀ + d₁ − 2s)·q
 *     dy/dx = s²·M/D²,  M = d₁·θ² + 2s·q + d₀·(1 − θ)²
 *
 * Linear tails go on with the slope d at the end ±b: y = ±b + d·(x ∓ b).
 */
class Spline {
  value = 0;
  logDet = 0;
  private readonly raw: Float32Array;
  private readonly bins: number;
  private readonly bound: number;
  private readonly inverse: boolean;
  private readonly isLinear: boolean;
  private readonly form: SplineForm;
  private readonly stride: number;
  // The first knot that has a slope of its own, and how many have one.
  private readonly firstKnot: number;
  private readonly slopeCount: number;
  // Softmax weights of the widths and of the heights, before they are multiplied by their scales.
  private readonly p: Float64Array;
  private readonly q: Float64Array;
  private scaleP = 1;
  private scaleQ = 1;
  private offset = 0;
  private outside = false;
  private bin = 0;
  // On a tail: the way from the end of the box to the input.
  private beyond = 0;
  // The lower end of the bin on the side that is not searched.
  private start = 0;
  private width = 1;
  private height = 1;
  private slope0 = 1;
  private slope1 = 1;
  private theta = 0;

  constructor(raw: Float32Array, settings: StridedSpline) {
    const { bins, bound, inverse } = settings;
    this.isLinear = settings.tails === "linear";
    this.form = settings;
    this.stride = settings.stride ?? splineParameterCount(settings);
    this.firstKnot = this.isLinear ? 0 : 1;
    this.slopeCount = this.isLinear ? bins + 1 : bins - 1;
    this.raw = raw;
    this.bins = bins;
    this.bound = bound;
    this.inverse = inverse;
    this.p = new Float64Array(bins);
    this.q = new Float64Array(bins);
  }

  /** Finds the bin of an input. */
  locate(input: number, element: number): void {
    const { bins, bound, inverse, raw, p, q, form } = this;
    const offset = element * this.stride;
    this.offset = offset;
    // NaN is not outside: it goes through the spline and stays NaN.
    this.outside = Math.abs(input) > bound;
    if (this.outside) {
      if (this.isLinear) this.locateTail(input);
      return;
    }
    this.scaleP = binWeights(raw, offset, p, form);
    this.scaleQ = binWeights(raw, offset + bins, q, form);
    const least = 2 * bound * form.minBin;
    const free = 2 * bound * (1 - form.minBin * bins);
    const freeP = free * this.scaleP;
    const freeQ = free * this.scaleQ;
    const searched = inverse ? q : p;
    const other = inverse ? p : q;
    const freeSearched = inverse ? freeQ : freeP;
    const freeOther = inverse ? freeP : freeQ;
    // What is left of the way from the lower end of the box to the input: bin after bin is taken off.
    let way = input + bound;
    let start = -bound;
    let bin = 0;
    for (; bin < bins - 1; bin++) {
      const rest = way - (least + freeSearched * (searched[bin] as number));
      if (!(rest >= 0)) break;
      way = rest;
      start += least + freeOther * (other[bin] as number);
    }
    const width = least + freeP * (p[bin] as number);
    const height = least + freeQ * (q[bin] as number);
    const slope0 = this.slopeAt(bin);
    const slope1 = this.slopeAt(bin + 1);
    let theta = way / width;
    if (inverse) {
      const s = height / width;
      const bend = way * (slope0 + slope1 - 2 * s);
      const a = height * (s - slope0) + bend;
      const b = height * slope0 - bend;
      const c = s * way;
      const root = Math.sqrt(Math.max(b * b + 4 * a * c, 0));
      // Of the two forms of the same root (Durkan et al. 2019, eq. 6 to 8) the one that does not subtract: the first stays
      // finite when a is 0, the second is for b < 0, when a is not 0.
      theta = b >= 0 ? (2 * c) / (b + root) : (root - b) / (2 * a);
    }
    this.bin = bin;
    this.start = start;
    this.width = width;
    this.height = height;
    this.slope0 = slope0;
    this.slope1 = slope1;
    this.theta = Math.min(Math.max(theta, 0), 1);
  }

  /** Where an input lies on a linear tail. */
  private locateTail(input: number): void {
    const { bins, bound } = this;
    const isAbove = input > 0;
    this.start = isAbove ? bound : -bound;
    this.beyond = input - this.start;
    this.bin = isAbove ? bins : 0;
    this.slope0 = this.slopeAt(this.bin);
  }

  /** Index of a knot's raw slope among the slopes of its element, or −1 if the knot has no raw slope. */
  private slopePlace(knot: number): number {
    const place = knot - this.firstKnot;
    return place < this.slopeCount ? place : -1;
  }

  private slopeAt(knot: number): number {
    const place = this.slopePlace(knot);
    if (place < 0) return 1;
    const { slopeLimit, slopeOffset, minSlope } = this.form;
    const raw = this.raw[this.offset + 2 * this.bins + place] as number;
    return slopeLimit > 0 ? Math.exp(scalarSoftClip(raw, slopeLimit)) : minSlope + softplus(raw + slopeOffset);
  }

  /** Computes the value and the log-slope at an input. */
  evaluate(input: number, element: number): void {
    this.locate(input, element);
    if (this.outside) {
      const { isLinear, inverse, start, beyond, slope0 } = this;
      this.value = isLinear ? start + (inverse ? beyond / slope0 : beyond * slope0) : input;
      this.logDet = isLinear ? (inverse ? -Math.log(slope0) : Math.log(slope0)) : 0;
      return;
    }
    const { inverse, start, width, height, slope0, slope1, theta } = this;
    const s = height / width;
    const rest = 1 - theta;
    const cross = theta * rest;
    const d = s + (slope0 + slope1 - 2 * s) * cross;
    const m = slope1 * theta * theta + 2 * s * cross + slope0 * rest * rest;
    const logSlope = Math.log((s * s * m) / (d * d));
    this.value = start + (inverse ? width * theta : (height * (s * theta * theta + slope0 * cross)) / d);
    this.logDet = inverse ? -logSlope : logSlope;
  }

  /** Returns the gradient of the input and writes the gradient of the parameters. */
  backward(dValue: number, dLogDet: number, dRaw: Float32Array): number {
    const { bins, offset, slopeCount } = this;
    const slopes = offset + 2 * bins;
    if (this.outside) {
      dRaw.fill(0, offset, slopes + slopeCount);
      return this.isLinear ? this.backwardTail(dValue, dLogDet, dRaw) : dValue;
    }
    const { bin, bound, inverse, width, height, slope0, slope1, theta } = this;
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
    const yTheta = h * s * m;
    const lTheta = (2 * (slope1 * theta + s * tilt - slope0 * rest)) / m - (2 * curvature * tilt) / d;
    const yS = h * (theta * theta * d - n * (1 - 2 * cross));
    const lS = 2 / s + (2 * cross) / m - (2 * (1 - 2 * cross)) / d;
    const y0 = h * cross * (d - n);
    const l0 = (rest * rest) / m - (2 * cross) / d;
    const y1 = -h * cross * n;
    const l1 = (theta * theta) / m - (2 * cross) / d;
    const dLog = inverse ? -dLogDet : dLogDet;
    // In the inverse, θ is given implicitly by y(θ) = input.
    const dY = inverse ? -(dValue * width + dLog * lTheta) / yTheta : dValue;
    const dInput = inverse ? -dY : (dValue * yTheta + dLog * lTheta) / width;
    const dLeft = inverse ? dValue : -dInput;
    const dS = dY * yS + dLog * lS;
    const dWidth = dLeft * theta - (dS * s) / width;
    const dHeight = (dY * n) / d + dS / width;
    const { softmaxScale, minBin } = this.form;
    const free = 2 * bound * (1 - minBin * bins) * softmaxScale;
    softmaxGradient(this.p, this.scaleP, bin, dLeft, dWidth, free, dRaw, offset);
    softmaxGradient(this.q, this.scaleQ, bin, dY, dHeight, free, dRaw, offset + bins);
    this.throughClip(dRaw);
    dRaw.fill(0, slopes, slopes + slopeCount);
    this.passToSlope(bin, dY * y0 + dLog * l0, dRaw);
    this.passToSlope(bin + 1, dY * y1 + dLog * l1, dRaw);
    return dInput;
  }

  private backwardTail(dValue: number, dLogDet: number, dRaw: Float32Array): number {
    const { inverse, bin, beyond, slope0 } = this;
    // At ±∞ no slope changes the value.
    const lever = Number.isFinite(beyond) ? beyond : 0;
    if (inverse) {
      this.passToSlope(bin, -((lever / slope0) * dValue + dLogDet) / slope0, dRaw);
      return dValue / slope0;
    }
    this.passToSlope(bin, lever * dValue + dLogDet / slope0, dRaw);
    return dValue * slope0;
  }

  /** Converts the gradients of clipped widths and heights to gradients of the raw ones. */
  private throughClip(dRaw: Float32Array): void {
    const { softmaxScale, softmaxLimit } = this.form;
    if (softmaxLimit === 0) return;
    for (let at = this.offset; at < this.offset + 2 * this.bins; at++) {
      const slope = softClipSlope(softmaxScale * (this.raw[at] as number), softmaxLimit);
      dRaw[at] = (dRaw[at] as number) * slope;
    }
  }

  private passToSlope(knot: number, dSlope: number, dRaw: Float32Array): void {
    const place = this.slopePlace(knot);
    if (place < 0) return;
    const at = this.offset + 2 * this.bins + place;
    const raw = this.raw[at] as number;
    const { slopeLimit, slopeOffset } = this.form;
    dRaw[at] =
      slopeLimit > 0
        ? dSlope * Math.exp(scalarSoftClip(raw, slopeLimit)) * softClipSlope(raw, slopeLimit)
        : dSlope * sigmoid(raw + slopeOffset);
  }
}

// Fills in e^(raw − max), of raw numbers that are scaled and clipped first, and returns what turns these into the softmax.
function binWeights(raw: Float32Array, offset: number, out: Float64Array, form: SplineForm): number {
  const { softmaxScale, softmaxLimit } = form;
  let peak = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < out.length; i++) {
    const scaled = softmaxScale * (raw[offset + i] as number);
    const value = softmaxLimit > 0 ? scalarSoftClip(scaled, softmaxLimit) : scaled;
    out[i] = value;
    if (value > peak) peak = value;
  }
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    const weight = fastExp((out[i] as number) - peak);
    out[i] = weight;
    sum += weight;
  }
  return 1 / sum;
}

// When the gradient of the bin is `dHere`, of each one below `dBelow`, and of the others 0.
function softmaxGradient(
  weights: Float64Array,
  weightScale: number,
  bin: number,
  dBelow: number,
  dHere: number,
  scale: number,
  out: Float32Array,
  offset: number,
): void {
  let below = 0;
  for (let k = 0; k < bin; k++) below += weights[k] as number;
  const mean = weightScale * (dBelow * below + dHere * (weights[bin] as number));
  const factor = scale * weightScale;
  for (let k = 0; k < weights.length; k++) {
    const gradient = k < bin ? dBelow : k === bin ? dHere : 0;
    out[offset + k] = factor * (weights[k] as number) * (gradient - mean);
  }
}

// Not log1p: the smallest slope is added to it, so that relative precision at 0 is not needed.
function softplus(x: number): number {
  return x > 0 ? x + Math.log(1 + fastExp(-x)) : Math.log(1 + fastExp(x));
}
