// A model whose posterior is known, and estimators of it that are right or wrong in a known way.
import type { Key, NdArray } from "@pushforward/core";

/** How an estimator errs. */
export const variants = ["exact", "narrow", "wide", "shifted", "uncorrelated"] as const;
export type Variant = (typeof variants)[number];

/** Draws and densities of an estimator at observations of the model. */
export interface Runs {
  /** `[n, d]`, in float64. */
  readonly truths: NdArray;
  readonly observations: NdArray;
  /** `[n, draws, d]`. */
  readonly draws: NdArray;
  readonly truthLogProb: Float64Array;
  /** `[n, draws]`. */
  readonly drawsLogProb: NdArray;
  /** Image of the truths under the estimator's map to a standard normal, `[n, d]`. */
  readonly base: NdArray;
}

type Numbers = readonly number[];

/**
 * `θ ~ N(0, I)`, `x = A·θ + ½·ε` with `Aᵢⱼ = 0.8^|i−j|`. The posterior is `N(Σ·Aᵀ·x/σ², Σ)`, `Σ = (I + AᵀA/σ²)⁻¹`, with
 * correlated parameters: by −0.85 in two dimensions.
 */
export class LinearGaussian {
  readonly size: number;
  private readonly a: readonly Numbers[];
  private readonly covariance: readonly Numbers[];
  private readonly factor: readonly Numbers[];

  constructor(size: number) {
    this.size = size;
    const axis = Array.from({ length: size }, (_, i) => i);
    this.a = axis.map((i) => axis.map((j) => 0.8 ** Math.abs(i - j)));
    const precision = axis.map((i) =>
      axis.map(
        (j) => (i === j ? 1 : 0) + 4 * axis.reduce((sum, k) => sum + this.at(this.a, k, i) * this.at(this.a, k, j), 0),
      ),
    );
    this.covariance = inverse(precision);
    this.factor = cholesky(this.covariance);
  }

  /** Simulates observations from parameters, with noise of a standard normal. */
  simulate(theta: Numbers, noise: ArrayLike<number>): number[] {
    return this.a.map((row, i) => dot(row, theta) + 0.5 * (noise[i] as number));
  }

  /** Mean and lower factor of the covariance of an estimator. */
  estimator(variant: Variant, x: Numbers): { mean: number[]; factor: readonly Numbers[] } {
    const projected = x.map((_, j) => 4 * x.reduce((sum, value, i) => sum + this.at(this.a, i, j) * value, 0));
    const mean = this.covariance.map((row) => dot(row, projected));
    const deviations = this.covariance.map((row, i) => Math.sqrt(row[i] as number));
    if (variant === "shifted") {
      return { mean: mean.map((m, i) => m + 0.5 * (deviations[i] as number)), factor: this.factor };
    }
    if (variant === "uncorrelated") {
      return { mean, factor: deviations.map((sd, i) => deviations.map((_, j) => (i === j ? sd : 0))) };
    }
    const scale = { exact: 1, narrow: 0.7, wide: 1.4 }[variant];
    return { mean, factor: this.factor.map((row) => row.map((value) => scale * value)) };
  }

  /** Draws of an estimator at an observation, `[count, d]`. */
  draw(variant: Variant, x: Numbers, count: number, key: Key): NdArray {
    const { mean, factor } = this.estimator(variant, x);
    const z = Float64Array.from(key.normal(count * this.size));
    return { shape: [count, this.size], data: this.mapped(z, mean, factor) };
  }

  /** Log-density of an estimator at rows of parameters. */
  logProb(variant: Variant, x: Numbers, theta: ArrayLike<number>): Float64Array {
    const { mean, factor } = this.estimator(variant, x);
    const { size } = this;
    const z = this.whitened(theta, mean, factor);
    const constant = factor.reduce(
      (sum, row, i) => sum - Math.log(row[i] as number),
      -0.5 * size * Math.log(2 * Math.PI),
    );
    return Float64Array.from({ length: theta.length / size }, (_, r) => {
      let squares = 0;
      for (let j = r * size; j < (r + 1) * size; j++) squares += (z[j] as number) ** 2;
      return constant - 0.5 * squares;
    });
  }

  /** Truths and observations of the model, and the results of an estimator. */
  runs(variant: Variant, n: number, draws: number, key: Key): Runs {
    const { size } = this;
    const [thetaKey, noiseKey, drawKey] = key.split(3);
    const truths = Float64Array.from(thetaKey.normal(n * size));
    const noise = noiseKey.normal(n * size);
    const z = Float64Array.from(drawKey.normal(n * draws * size));
    const observations = new Float64Array(n * size);
    const all = new Float64Array(n * draws * size);
    const truthLogProb = new Float64Array(n);
    const drawsLogProb = new Float64Array(n * draws);
    const base = new Float64Array(n * size);
    for (let i = 0; i < n; i++) {
      const theta = truths.subarray(i * size, (i + 1) * size);
      const x = this.simulate(Array.from(theta), noise.subarray(i * size, (i + 1) * size));
      observations.set(x, i * size);
      const { mean, factor } = this.estimator(variant, x);
      const own = this.mapped(z.subarray(i * draws * size, (i + 1) * draws * size), mean, factor);
      all.set(own, i * draws * size);
      truthLogProb.set(this.logProb(variant, x, theta), i);
      drawsLogProb.set(this.logProb(variant, x, own), i * draws);
      base.set(this.whitened(theta, mean, factor), i * size);
    }
    const rows = (data: Float64Array): NdArray => ({ shape: [n, size], data });
    return {
      truths: rows(truths),
      observations: rows(observations),
      draws: { shape: [n, draws, size], data: all },
      truthLogProb,
      drawsLogProb: { shape: [n, draws], data: drawsLogProb },
      base: rows(base),
    };
  }

  private at(matrix: readonly Numbers[], i: number, j: number): number {
    return matrix[i]?.[j] as number;
  }

  private mapped(z: Float64Array, mean: Numbers, factor: readonly Numbers[]): Float64Array {
    return z.map((_, at) => {
      const [row, i] = [Math.floor(at / this.size), at % this.size];
      let sum = mean[i] as number;
      for (let j = 0; j <= i; j++) sum += this.at(factor, i, j) * (z[row * this.size + j] as number);
      return sum;
    });
  }

  private whitened(theta: ArrayLike<number>, mean: Numbers, factor: readonly Numbers[]): Float64Array {
    const z = new Float64Array(theta.length);
    for (let at = 0; at < theta.length; at++) {
      const [row, i] = [Math.floor(at / this.size), at % this.size];
      let rest = (theta[at] as number) - (mean[i] as number);
      for (let j = 0; j < i; j++) rest -= this.at(factor, i, j) * (z[row * this.size + j] as number);
      z[at] = rest / this.at(factor, i, i);
    }
    return z;
  }
}

function dot(a: Numbers, b: Numbers): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

function cholesky(matrix: readonly Numbers[]): number[][] {
  const l = matrix.map((row) => row.map(() => 0));
  for (const [i, row] of matrix.entries()) {
    for (let j = 0; j <= i; j++) {
      const rest = (row[j] as number) - dot((l[i] as number[]).slice(0, j), (l[j] as number[]).slice(0, j));
      (l[i] as number[])[j] = i === j ? Math.sqrt(rest) : rest / (l[j]?.[j] as number);
    }
  }
  return l;
}

/** By Gauss and Jordan, for a positive definite matrix. */
function inverse(matrix: readonly Numbers[]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i++) {
    const pivot = rows[i] as number[];
    const scale = pivot[i] as number;
    for (let k = 0; k < 2 * n; k++) pivot[k] = (pivot[k] as number) / scale;
    for (const other of rows) {
      if (other === pivot) continue;
      const factor = other[i] as number;
      for (let k = 0; k < 2 * n; k++) other[k] = (other[k] as number) - factor * (pivot[k] as number);
    }
  }
  return rows.map((row) => row.slice(n));
}
