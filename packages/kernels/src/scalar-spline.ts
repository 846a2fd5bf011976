import type { Kernels, SplineSettings } from "./kernels.ts";

/** Smallest width and height of a bin, as a part of the box. */
const MIN_BIN = 1e-3;

/** Smallest slope at a knot. */
const MIN_SLOPE = 1e-3;

/** `softplus(SLOPE_OFFSET) = 1 − MIN_SLOPE`: a raw slope of 0 is the slope 1. */
const SLOPE_OFFSET = Math.log(Math.expm1(1 - MIN_SLOPE));

/** The rational-quadratic spline in TypeScript, in float64. */
export const scalarSpline: Pick<Kernels, "splineForward" | "splineGradient"> = {
  splineForward(x, parameters, y, logDet, settings) {
    const spline = new Spline(parameters, settings);
    for (let i = 0; i < x.length; i++) {
      const input = x[i] as number;
      const isOutside = !spline.locate(input, i);
      y[i] = isOutside ? input : spline.value();
      logDet[i] = isOutside ? 0 : spline.logDet();
    }
  },

  splineGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings) {
    const spline = new Spline(parameters, settings);
    const size = 3 * settings.bins - 1;
    for (let i = 0; i < x.length; i++) {
      if (spline.locate(x[i] as number, i)) {
        dx[i] = spline.backward(dValue[i] as number, dLogDet[i] as number, dParameters);
      } else {
        dx[i] = dValue[i] as number;
        dParameters.fill(0, i * size, (i + 1) * size);
      }
    }
  },
};

/**
 * One element at a time. In a bin with the lower left corner (x₀, y₀), width w, height h, s = h/w, end slopes d₀ and d₁,
 * θ = (x − x₀)/w, q = θ(1 − θ):
 *
 *     y = y₀ + h·N/D,  N = s·θ² + d₀·q,  D = s + (d₀ + d₁ − 2s)·q
 *     dy/dx = s²·M/D²,  M = d₁·θ² + 2s·q + d₀·(1 − θ)²
 */
class Spline {
  private readonly raw: Float32Array;
  private readonly bins: number;
  private readonly bound: number;
  private readonly inverse: boolean;
  // Softmax of the raw widths and heights.
  private readonly p: Float64Array;
  private readonly q: Float64Array;
  private offset = 0;
  private bin = 0;
  private start = 0;
  private width = 1;
  private height = 1;
  private slope0 = 1;
  private slope1 = 1;
  private theta = 0;

  constructor(raw: Float32Array, { bins, bound, inverse }: SplineSettings) {
    this.raw = raw;
    this.bins = bins;
    this.bound = bound;
    this.inverse = inverse;
    this.p = new Float64Array(bins);
    this.q = new Float64Array(bins);
  }

  /** Finds the bin of an input; false when it is outside of the box. NaN is not outside, and stays NaN. */
  locate(input: number, element: number): boolean {
    const { bins, bound, inverse, raw, p, q } = this;
    if (Math.abs(input) > bound) return false;
    const offset = element * (3 * bins - 1);
    softmax(raw, offset, p);
    softmax(raw, offset + bins, q);
    const box = 2 * bound;
    const free = box * (1 - MIN_BIN * bins);
    const searched = inverse ? q : p;
    const other = inverse ? p : q;
    let way = input + bound;
    let bin = 0;
    let start = -bound;
    for (; bin < bins - 1; bin++) {
      const rest = way - (box * MIN_BIN + free * (searched[bin] as number));
      if (!(rest >= 0)) break;
      way = rest;
      start += box * MIN_BIN + free * (other[bin] as number);
    }
    const width = box * MIN_BIN + free * (p[bin] as number);
    const height = box * MIN_BIN + free * (q[bin] as number);
    const slopes = offset + 2 * bins - 1;
    const slope0 = bin === 0 ? 1 : MIN_SLOPE + softplus((raw[slopes + bin] as number) + SLOPE_OFFSET);
    const slope1 = bin === bins - 1 ? 1 : MIN_SLOPE + softplus((raw[slopes + bin + 1] as number) + SLOPE_OFFSET);
    let theta = way / width;
    if (inverse) {
      const s = height / width;
      const bend = way * (slope0 + slope1 - 2 * s);
      const a = height * (s - slope0) + bend;
      const b = height * slope0 - bend;
      const c = s * way;
      // The root that stays finite when a is 0.
      theta = (2 * c) / (b + Math.sqrt(Math.max(b * b + 4 * a * c, 0)));
    }
    this.offset = offset;
    this.bin = bin;
    this.start = start;
    this.width = width;
    this.height = height;
    this.slope0 = slope0;
    this.slope1 = slope1;
    this.theta = Math.min(Math.max(theta, 0), 1);
    return true;
  }

  value(): number {
    const { theta, width, height, start, slope0 } = this;
    if (this.inverse) return start + width * theta;
    const { s, d } = this.terms();
    return start + (height * (s * theta * theta + slope0 * theta * (1 - theta))) / d;
  }

  logDet(): number {
    const { s, d, m } = this.terms();
    const logSlope = Math.log((s / d) * m * (s / d));
    return this.inverse ? -logSlope : logSlope;
  }

  /** The gradient of the input; writes that of the parameters. */
  backward(dValue: number, dLogDet: number, dRaw: Float32Array): number {
    const { bins, bin, bound, inverse, raw, offset, width, height, slope0, slope1, theta } = this;
    const { s, d, m, curvature, cross } = this.terms();
    const rest = 1 - theta;
    const n = s * theta * theta + slope0 * cross;
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
    const dBottom = inverse ? dY : dValue;
    const dS = dY * yS + dLog * lS;
    const dWidth = (inverse ? dValue : -dInput) * theta - (dS * s) / width;
    const dHeight = (dY * n) / d + dS / width;
    const free = 2 * bound * (1 - MIN_BIN * bins);
    softmaxGradient(this.p, bin, dLeft, dWidth, free, dRaw, offset);
    softmaxGradient(this.q, bin, dBottom, dHeight, free, dRaw, offset + bins);
    const slopes = offset + 2 * bins - 1;
    dRaw.fill(0, slopes + 1, slopes + bins);
    const through = (k: number): number => 1 / (1 + Math.exp(-((raw[slopes + k] as number) + SLOPE_OFFSET)));
    if (bin > 0) dRaw[slopes + bin] = (dY * y0 + dLog * l0) * through(bin);
    if (bin < bins - 1) dRaw[slopes + bin + 1] = (dY * y1 + dLog * l1) * through(bin + 1);
    return dInput;
  }

  private terms(): Readonly<Record<"s" | "d" | "m" | "curvature" | "cross", number>> {
    const { width, height, slope0, slope1, theta } = this;
    const s = height / width;
    const rest = 1 - theta;
    const cross = theta * rest;
    const curvature = slope0 + slope1 - 2 * s;
    const m = slope1 * theta * theta + 2 * s * cross + slope0 * rest * rest;
    return { s, d: s + curvature * cross, m, curvature, cross };
  }
}

function softmax(raw: Float32Array, offset: number, out: Float64Array): void {
  let peak = raw[offset] as number;
  for (let i = 1; i < out.length; i++) peak = Math.max(peak, raw[offset + i] as number);
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    const weight = Math.exp((raw[offset + i] as number) - peak);
    out[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) / sum;
}

// When the gradient of the bin is `dHere`, of each one below `dBelow`, and of the others 0.
function softmaxGradient(
  weights: Float64Array,
  bin: number,
  dBelow: number,
  dHere: number,
  scale: number,
  out: Float32Array,
  offset: number,
): void {
  const gradient = (k: number): number => (k < bin ? dBelow : k === bin ? dHere : 0);
  let mean = 0;
  for (let k = 0; k <= bin; k++) mean += (weights[k] as number) * gradient(k);
  for (let k = 0; k < weights.length; k++) out[offset + k] = scale * (weights[k] as number) * (gradient(k) - mean);
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
