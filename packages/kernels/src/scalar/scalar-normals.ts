import type { GaussianizationSettings } from "@pushforward/core/plain";
import type {
  GaussianizationKernels,
  NormalLogProbKernels,
  SinhArcsinhKernels,
  SinhArcsinhMap,
} from "../families/normals.ts";

/** The log-density of standard normals in TypeScript, in float64. */
export const scalarNormalLogProb: NormalLogProbKernels = {
  normalLogProb(x, out) {
    const size = x.length / out.length;
    const constant = 0.5 * size * Math.log(2 * Math.PI);
    for (let row = 0; row < out.length; row++) {
      let sum = 0;
      for (let i = row * size; i < (row + 1) * size; i++) sum += (x[i] as number) * (x[i] as number);
      out[row] = -0.5 * sum - constant;
    }
  },

  normalLogProbGradient(x, d, dx) {
    const size = x.length / d.length;
    for (let row = 0; row < d.length; row++) {
      for (let i = row * size; i < (row + 1) * size; i++) dx[i] = -(x[i] as number) * (d[row] as number);
    }
  },
};

/** The sinh-arcsinh map in TypeScript, in float64. */
export const scalarSinhArcsinh: SinhArcsinhKernels = {
  sinhArcsinhForward(x, map, y, logSlopes) {
    const columns = map.skewness.length;
    for (let j = 0; j < columns; j++) {
      const { logGain, gain, shift } = columnOf(map, j);
      for (let i = j; i < x.length; i += columns) {
        const u = Math.asinh(x[i] as number);
        const v = gain * u + shift;
        y[i] = Math.sinh(v);
        logSlopes[i] = logGain + logCosh(v) - logCosh(u);
      }
    }
  },

  sinhArcsinhGradient(x, _y, map, dValue, dLogSlopes, { x: dx, skewness: dSkewness, logTailWeight: dLogTailWeight }) {
    const { inverse } = map;
    const columns = map.skewness.length;
    for (let j = 0; j < columns; j++) {
      const { gain, shift } = columnOf(map, j);
      let [ofV, ofLogGain] = [0, 0];
      for (let i = j; i < x.length; i += columns) {
        const input = x[i] as number;
        const dLog = dLogSlopes[i] as number;
        const u = Math.asinh(input);
        const v = gain * u + shift;
        const dV = (dValue[i] as number) * Math.cosh(v) + dLog * Math.tanh(v);
        ofV += dV;
        ofLogGain += dV * gain * u + dLog;
        const coshU = Math.sqrt(1 + input * input);
        if (dx !== undefined) dx[i] = (dV * gain - (dLog * input) / coshU) / coshU;
      }
      if (dSkewness !== undefined) dSkewness[j] = inverse ? -ofV : gain * ofV;
      if (dLogTailWeight !== undefined) dLogTailWeight[j] = inverse ? -ofLogGain : ofLogGain + shift * ofV;
    }
  },
};

/** The map of a column: `y = sinh(gain·asinh x + shift)`. */
function columnOf({ skewness, logTailWeight, inverse }: SinhArcsinhMap, j: number) {
  const [epsilon, logDelta] = [skewness[j] as number, logTailWeight[j] as number];
  const logGain = inverse ? -logDelta : logDelta;
  const gain = Math.exp(logGain);
  return { logGain, gain, shift: inverse ? -epsilon : gain * epsilon };
}

/** log cosh x, which does not overflow. */
function logCosh(x: number): number {
  const size = Math.abs(x);
  return size + Math.log1p(Math.exp(-2 * size)) - Math.LN2;
}

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
const LARGEST = 3.4028234663852886e38;
/** The smallest logarithm of a weight, relative to the largest one. */
const LEAST = -600;

/** The maps that make mixtures of normals normal in TypeScript, in float64. */
export const scalarGaussianization: GaussianizationKernels = {
  gaussianizationForward(x, parameters, y, logDet, settings) {
    const mixture = new Mixture(settings);
    for (let i = 0; i < x.length; i++) {
      const input = x[i] as number;
      mixture.evaluate(input, parameters, i * mixture.size);
      const value = mixture.isLower ? -mixture.u : mixture.u;
      y[i] = Math.abs(input) === Number.POSITIVE_INFINITY ? input + 0 * value : value;
      logDet[i] = mixture.logSlope;
    }
  },

  gaussianizationGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings) {
    const mixture = new Mixture(settings);
    for (let i = 0; i < x.length; i++) {
      mixture.evaluate(x[i] as number, parameters, i * mixture.size);
      dx[i] = mixture.gradient(dValue[i] as number, dLogDet[i] as number, dParameters, i * mixture.size);
    }
  },
};

/** The mixture of an element, as in assembly/gaussianization.ts. */
class Mixture {
  /** Parameters of an element. */
  readonly size: number;
  isLower = false;
  /** |y|. */
  u = 0;
  logSlope = 0;
  private readonly settings: GaussianizationSettings;
  private readonly starts: Float64Array;
  private readonly startScale: number;
  /** By component. */
  private readonly scales: Float64Array;
  private readonly slopes: Float64Array;
  private readonly z: Float64Array;
  private readonly logWeights: Float64Array;
  /** `w φ(z)·√(2π)`, relative to the largest, and with the Mills ratio of |z|. */
  private readonly densities: Float64Array;
  private readonly tails: Float64Array;
  private x = 0;
  private densitySum = 0;
  private tail = 0;
  private unit = 1;
  private mills = 1;

  constructor(settings: GaussianizationSettings) {
    const { components, spread, weights } = settings;
    this.settings = settings;
    this.size = (weights === "learned" ? 3 : 2) * components;
    const scale = Math.sqrt(1 - (spread ** 2 * (1 - components ** -2)) / 3);
    this.startScale = scale;
    this.starts = Float64Array.from({ length: components }, (_, k) => {
      return (-spread * ((2 * k + 1) / components - 1)) / scale;
    });
    const numbers = (): Float64Array => new Float64Array(components);
    [this.scales, this.slopes, this.z] = [numbers(), numbers(), numbers()];
    [this.logWeights, this.densities, this.tails] = [numbers(), numbers(), numbers()];
  }

  evaluate(x: number, parameters: Float32Array, start: number): void {
    const { components, limit, epsilon } = this.settings;
    const { scales, slopes, z, logWeights, densities, tails } = this;
    this.readWeights(parameters, start + 2 * components);
    this.x = Math.min(Math.max(x, -LARGEST), LARGEST);
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < components; k++) {
      const raw = parameters[start + components + k] as number;
      const bounded = limit > 0 ? Math.tanh(raw / limit) : 0;
      slopes[k] = 1 - bounded * bounded;
      scales[k] = Math.exp(limit > 0 ? limit * bounded : raw) / this.startScale;
      const own = (scales[k] as number) * this.x + (parameters[start + k] as number) + (this.starts[k] as number);
      z[k] = own;
      densities[k] = (logWeights[k] as number) - (own * own) / 2;
      largest = Math.max(largest, densities[k] as number);
    }
    this.densitySum = 0;
    let [tailsBelow, tailsAbove, weightsBelow, weightsAbove] = [0, 0, 0, 0];
    for (let k = 0; k < components; k++) {
      const own = z[k] as number;
      const density = Math.exp((densities[k] as number) - largest);
      const tail = (density * scalarMillsRatio(Math.abs(own))) / ROOT_TWO_PI;
      densities[k] = density;
      tails[k] = tail;
      this.densitySum += density * (scales[k] as number);
      const weight = Math.exp(logWeights[k] as number);
      if (own < 0) [tailsBelow, weightsBelow] = [tailsBelow + tail, weightsBelow + weight];
      else [tailsAbove, weightsAbove] = [tailsAbove + tail, weightsAbove + weight];
    }
    const all = Math.exp(largest);
    const lower = weightsAbove + all * (tailsBelow - tailsAbove);
    const upper = weightsBelow + all * (tailsAbove - tailsBelow);
    this.isLower = lower <= upper;
    const isFar = (this.isLower ? weightsAbove : weightsBelow) === 0;
    const far = this.isLower ? tailsBelow : tailsAbove;
    const near = this.isLower ? lower : upper;
    // Where epsilon is 0, a far tail is relative to the largest density.
    const isRelative = isFar && epsilon === 0;
    this.unit = isRelative ? 1 : all;
    this.tail = isRelative ? far : (1 - epsilon) * (isFar ? far * all : near) + epsilon / 2;
    this.quantile(Math.log(this.tail) + (isRelative ? largest : 0));
    this.logSlope =
      Math.log(this.densitySum * this.mills) -
      Math.log(this.tail * ROOT_TWO_PI) +
      Math.log1p(-epsilon) +
      (isRelative ? 0 : largest);
  }

  /** Returns the gradient of x, after `evaluate`, and writes the gradients of the parameters. */
  gradient(dValue: number, dLogDet: number, dParameters: Float32Array, start: number): number {
    const { components, weights, epsilon } = this.settings;
    const { x, unit, isLower } = this;
    const dY = dValue + dLogDet * (isLower ? -this.u : this.u);
    const perTail = ((1 - epsilon) * this.mills) / this.tail;
    const dWeights = this.logWeights.map((logWeight, k) => {
      const [z, scale, density] = [this.z[k], this.scales[k], this.densities[k]] as [number, number, number];
      const share = (dLogDet * density * scale) / this.densitySum;
      const dShift = (dY * perTail * unit * density) / ROOT_TWO_PI - share * z;
      dParameters[start + k] = dShift;
      dParameters[start + components + k] = (dShift * scale * x + share) * (this.slopes[k] as number);
      const own = unit * (this.tails[k] as number);
      const tail = z < 0 === isLower ? own : Math.exp(logWeight) - own;
      // Where the weight is at its smallest, it does not depend on its logit.
      return logWeight > LEAST + 2 ? (isLower ? dY : -dY) * perTail * tail + share : 0;
    });
    if (weights === "learned") {
      const sum = dWeights.reduce((a, b) => a + b, 0);
      for (let k = 0; k < components; k++) {
        const weight = Math.exp(this.logWeights[k] as number);
        dParameters[start + 2 * components + k] = (dWeights[k] as number) - weight * sum;
      }
    }
    let dx = 0;
    for (let k = 0; k < components; k++) dx += (dParameters[start + k] as number) * (this.scales[k] as number);
    return dx;
  }

  private readWeights(parameters: Float32Array, start: number): void {
    const { logWeights } = this;
    const { components, weights } = this.settings;
    if (weights === "equal") {
      logWeights.fill(-Math.log(components));
      return;
    }
    const logits = parameters.subarray(start, start + components);
    const largest = Math.max(...logits);
    let sum = 0;
    for (let k = 0; k < components; k++) {
      const limited = Math.max((logits[k] as number) - largest, LEAST);
      logWeights[k] = limited;
      sum += Math.exp(limited);
    }
    for (let k = 0; k < components; k++) logWeights[k] = (logWeights[k] as number) - Math.log(sum);
  }

  /** |y| from the log of the tail, and its Mills ratio. */
  private quantile(logTail: number): void {
    const t = Math.sqrt(-2 * Math.min(logTail, 0));
    // Abramowitz and Stegun 1964, 26.2.23.
    let u = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (let i = 0; i < 2; i++) {
      const mills = scalarMillsRatio(u);
      u += (Math.log(mills / ROOT_TWO_PI) - (u * u) / 2 - logTail) * mills;
    }
    this.u = u;
    this.mills = scalarMillsRatio(u);
  }
}

/** Of the polynomial through the Chebyshev nodes, as in assembly/parts/double-maths.ts. */
const COEFFICIENTS = [
  1.3576330169337914e-6, -2.0056405249142538e-7, -1.3073325239452437e-5, 1.227069131876735e-7, 8.667671075631916e-5,
  -3.566591500202125e-6, -0.0005786246041507278, 0.00033372243025378383, 0.004087694679921842, -0.00872216930391778,
  -0.018900430966189548, 0.15139174706488887, -0.46754096394013994, 0.9704095555816841, -1.523770910812634,
  1.8932190633029249,
];

/** `(1 − Φ(x))/φ(x)` of a standard normal for x ≥ 0, to a relative error of 1e-11. */
function scalarMillsRatio(x: number): number {
  const per = 1 / (x + 4);
  const v = 1 - 8 * per;
  return COEFFICIENTS.reduce((sum, coefficient) => sum * v + coefficient) * per;
}
