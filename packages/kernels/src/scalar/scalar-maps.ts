import type { AffineForm, SumOfSquaresSettings } from "@pushforward/core/plain";
import type { AffineKernels, SumOfSquaresKernels } from "../families/maps.ts";
import { scalarSoftClip, softClipSlope } from "./functions.ts";

/** The affine map in TypeScript, in float64. */
export const scalarAffine: AffineKernels = {
  affineForward(x, parameters, y, logDet, { inverse, stride = 2, ...form }) {
    const scaleOf = new Scale(form);
    for (let i = 0, own = 0; i < x.length; i++, own += stride) {
      const shift = parameters[own] as number;
      scaleOf.raw(parameters[own + 1] as number);
      const { scale, log } = scaleOf;
      y[i] = inverse ? ((x[i] as number) - shift) / scale : (x[i] as number) * scale + shift;
      logDet[i] = inverse ? -log : log;
    }
  },

  affineGradient(x, parameters, dValue, dLogDet, dx, dParameters, { inverse, stride = 2, ...form }) {
    const scaleOf = new Scale(form);
    for (let i = 0, own = 0; i < x.length; i++, own += stride) {
      const shift = parameters[own] as number;
      scaleOf.raw(parameters[own + 1] as number);
      const { scale, logSlope } = scaleOf;
      const d = inverse ? (dValue[i] as number) / scale : (dValue[i] as number) * scale;
      const dLog = dLogDet[i] as number;
      const dLogScale = inverse ? -d * ((x[i] as number) - shift) - dLog : d * (x[i] as number) + dLog;
      dx[i] = d;
      dParameters[own] = inverse ? -d : (dValue[i] as number);
      dParameters[own + 1] = dLogScale * logSlope;
    }
  },
};

/** The scale computed from a raw number. */
class Scale {
  scale = 1;
  log = 0;
  /** The derivative of the logarithm by the raw number. */
  logSlope = 1;
  private readonly form: AffineForm;

  constructor(form: AffineForm) {
    this.form = form;
  }

  raw(raw: number): void {
    const { scale, limit, offset, least } = this.form;
    if (scale === "tanh") {
      const t = Math.tanh(raw / limit);
      this.log = limit * t;
      this.scale = Math.exp(this.log);
      this.logSlope = 1 - t * t;
    } else if (scale === "clip") {
      this.log = scalarSoftClip(raw, limit);
      this.scale = Math.exp(this.log);
      this.logSlope = softClipSlope(raw, limit);
    } else {
      const z = raw + offset;
      const e = Math.exp(-Math.abs(z));
      const sigmoid = (z < 0 ? e : 1) / (1 + e);
      this.scale = least + (scale === "softplus" ? Math.max(z, 0) + Math.log1p(e) : sigmoid);
      this.log = Math.log(this.scale);
      this.logSlope = (scale === "softplus" ? sigmoid : e / ((1 + e) * (1 + e))) / this.scale;
    }
  }
}

const LARGEST = 3.4028234663852886e38;

/** The integrals of means of squared polynomials in TypeScript, in float64. */
export const scalarSumOfSquares: SumOfSquaresKernels = {
  sumOfSquaresForward(x, parameters, y, logDet, settings) {
    const squares = new Squares(settings);
    const { bound, unit, slope } = settings;
    for (let i = 0; i < x.length; i++) {
      const input = x[i] as number;
      const inside = Math.min(Math.max(input, -bound), bound);
      const shift = squares.read(parameters, i, inside / unit);
      const value = shift + slope * inside + squares.integral() * unit;
      const beyond = Math.min(Math.max(input, -LARGEST), LARGEST) - inside;
      const line = value + beyond * squares.slope;
      y[i] = Math.abs(input) === Number.POSITIVE_INFINITY ? input + 0 * line : line;
      logDet[i] = Math.log(squares.slope);
    }
  },

  sumOfSquaresGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings) {
    const squares = new Squares(settings);
    const { bound, unit } = settings;
    for (let i = 0; i < x.length; i++) {
      const input = x[i] as number;
      const inside = Math.min(Math.max(input, -bound), bound);
      squares.read(parameters, i, inside / unit);
      const isBounded = Math.abs(input) !== Number.POSITIVE_INFINITY;
      const dY = isBounded ? (dValue[i] as number) : 0;
      const perSlope = (dLogDet[i] as number) / squares.slope;
      const beyond = isBounded ? input - inside : 0;
      const bend = squares.gradient(dY * unit, dY * beyond + perSlope, dParameters, i) / unit;
      dParameters[(i + 1) * squares.size - 1] = dY;
      const isInside = Math.abs(input) <= bound;
      dx[i] = isBounded ? dY * squares.slope + (isInside ? perSlope * bend : 0) : (dValue[i] as number);
    }
  },
};

/** The polynomials of an element at a given t. */
class Squares {
  /** Parameters of an element. */
  readonly size: number;
  /** The derivative of the map. */
  slope = 1;
  private readonly settings: SumOfSquaresSettings;
  private readonly gain: number;
  private readonly terms: number;
  private readonly constants: Float64Array;
  private readonly coefficients: Float64Array;
  private t = 0;

  constructor(settings: SumOfSquaresSettings) {
    const { polynomials, degree, scale, constants } = settings;
    this.settings = settings;
    this.gain = scale / polynomials;
    this.terms = degree + 1;
    this.size = polynomials * this.terms + 1;
    this.constants = Float64Array.from({ length: polynomials }, (_, k) =>
      constants === "spread" ? Math.sqrt((2 * (k + 1)) / (polynomials + 1)) : 1,
    );
    this.coefficients = new Float64Array(polynomials * this.terms);
  }

  /** Reads the coefficients, computes the slope at t, and returns the shift. */
  read(parameters: Float32Array, element: number, t: number): number {
    const { coefficients, terms, constants, size } = this;
    const start = element * size;
    for (let i = 0; i < size - 1; i++) {
      coefficients[i] = (parameters[start + i] as number) + (i % terms === 0 ? (constants[i / terms] as number) : 0);
    }
    this.t = t;
    let sum = 0;
    for (let k = 0; k < constants.length; k++) sum += this.valueOf(k) ** 2;
    this.slope = this.settings.slope + this.gain * sum;
    return parameters[start + size - 1] as number;
  }

  /** The integral of the mean of the squares from 0 to t, without the smallest slope. */
  integral(): number {
    let sum = 0;
    for (let at = 0; at < this.size - 1; at++) sum += (this.coefficients[at] as number) * this.integralWith(at);
    return this.gain * sum;
  }

  /**
   * Computes the gradients of the coefficients from the gradients of the integral and of the slope, and writes them.
   * Returns the derivative of the slope with respect to t.
   */
  gradient(ofIntegral: number, ofSlope: number, dParameters: Float32Array, element: number): number {
    const { terms, t, gain, coefficients, constants, size } = this;
    let bend = 0;
    for (let k = 0; k < constants.length; k++) {
      const value = this.valueOf(k);
      let derivative = 0;
      for (let i = terms - 1; i > 0; i--) derivative = derivative * t + i * (coefficients[k * terms + i] as number);
      bend += 2 * gain * value * derivative;
      let power = 1;
      for (let i = 0; i < terms; i++) {
        const at = k * terms + i;
        dParameters[element * size + at] = 2 * gain * (ofIntegral * this.integralWith(at) + ofSlope * value * power);
        power *= t;
      }
    }
    return bend;
  }

  /** The integral of the power of a coefficient times its polynomial. */
  private integralWith(at: number): number {
    const { terms, t, coefficients } = this;
    const i = at % terms;
    let sum = 0;
    for (let j = terms - 1; j >= 0; j--) sum = sum * t + (coefficients[at - i + j] as number) / (i + j + 1);
    return sum * t ** (i + 1);
  }

  private valueOf(polynomial: number): number {
    const { terms, t, coefficients } = this;
    let value = 0;
    for (let i = terms - 1; i >= 0; i--) value = value * t + (coefficients[polynomial * terms + i] as number);
    return value;
  }
}
