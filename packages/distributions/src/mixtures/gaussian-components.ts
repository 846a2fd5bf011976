import {
  DomainError,
  type Key,
  OptionError,
  type Parameter,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import { describeValue, parameter } from "@pushforward/core/extend";
import {
  checkLowerFactor,
  choleskyFactor,
  eachMatrix,
  formatShape,
  gaussianNumbers,
  invertLower,
  type MixtureNumbers,
  orderByComponent,
} from "@pushforward/core/plain";
import {
  clip,
  type GaussianMixtureStep,
  logSumExp,
  matMul,
  standardNormal,
  triangle,
  triangularSolve,
} from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { type HostArray, hostArray } from "../config.ts";
import { permuteRows } from "./mixed-components.ts";

const FAR = 1e30;

/**
 * The Gaussians of a mixture and their parameters: `z = V·(x − mean) + shift` with `V = A·W`. The means and the whitening
 * matrices W with which it starts are buffers; a learnable one has a lower triangular A, which starts as the identity, and
 * a shift.
 */
export class GaussianComponents implements GaussianMixtureStep {
  readonly logits: Parameter;
  readonly mean: Parameter;
  readonly whitening: Parameter;
  readonly correction: GaussianMixtureStep["correction"];
  /** All components. */
  private readonly count: number;
  private readonly groups: number;
  readonly features: number;

  /** @param groups number of sets of components, each with weights that sum to 1; undefined: one set. */
  constructor(
    { components, features: n, logits, means, whitening }: GaussianStart,
    groups?: number,
    learnable = false,
  ) {
    const lead = groups === undefined ? [components] : [groups, components];
    this.groups = groups ?? 1;
    this.count = this.groups * components;
    this.features = n;
    const { count } = this;
    // What has no gradient, since nothing depends on it, is not trained.
    this.logits = parameter(lead, logits, { trainable: learnable && components > 1 });
    this.mean = parameter([...lead, n], means, { trainable: false });
    this.whitening = parameter([...lead, n, n], whitening ?? (() => identities(count, n)), { trainable: false });
    if (!learnable) return;
    this.correction = {
      logDiagonal: parameter([...lead, n]),
      offDiagonal: parameter([...lead, n, n], undefined, { trainable: n > 1 }),
      shift: parameter([...lead, n]),
    };
  }

  /** By name. */
  parts(): Readonly<Record<string, Parameter>> {
    const { logits, mean, whitening, correction } = this;
    return { logits, mean, whitening, ...correction };
  }

  /** Weights, means and Cholesky factors of all components as they are now, in float64. */
  numbers(): MixtureNumbers {
    const { logits, mean, whitening, correction } = this;
    return gaussianNumbers(this.features, {
      logits: logits.read(),
      mean: mean.read(),
      whitening: whitening.read(),
      correction: correction && {
        logDiagonal: correction.logDiagonal.read(),
        offDiagonal: correction.offDiagonal.read(),
        shift: correction.shift.read(),
      },
    });
  }

  /** Logarithms of the weights of all components, `[count]`. */
  logWeights(): tf.Tensor {
    const logits = tf.reshape(this.logits.variable, [this.groups, -1]);
    return tf.reshape(tf.sub(logits, logSumExp(logits, 1, true)), [-1]);
  }

  /** `Σ log Vᵢᵢ` of the features `from … to − 1`, `[count]`. */
  logDets(from: number, to: number): tf.Tensor {
    const { count, features: n } = this;
    const diagonal = tf.sum(tf.mul(this.matrices(this.whitening), tf.eye(n)), -1);
    const logDiagonal = this.correction?.logDiagonal.variable;
    const logs = tf.log(diagonal);
    const all = logDiagonal === undefined ? logs : tf.add(logs, tf.reshape(logDiagonal, [count, n]));
    return tf.sum(tf.slice(all, [0, from], [count, to - from]), 1);
  }

  /** z of all components, `[count, rows, features]`, for rows `[rows, features]`. */
  whiten(rows: tf.Tensor): tf.Tensor {
    // An infinite x would meet a zero of the matrix and give NaN; its square is infinite all the same.
    const near = tf.expandDims(clip(rows, -FAR, FAR), 0);
    const z = matMul(tf.sub(near, this.vectors(this.mean)), tf.transpose(this.weights(), [0, 2, 1]));
    const shift = this.correction?.shift;
    return shift === undefined ? z : tf.add(z, this.vectors(shift));
  }

  /**
   * Draws of the components `choices`, one per row. With `given [rows, m]` as first features they are conditional draws. The
   * gradients flow into all parameters except the logits.
   */
  draw(key: Key, choices: Int32Array, given?: tf.Tensor): tf.Tensor {
    const m = given?.shape[1] ?? 0;
    const n = this.features;
    if (choices.length === 0) return tf.zeros([0, n - m]);
    const { counts, sources, targets } = orderByComponent(choices, this.count);
    const noise = standardNormal(key, [choices.length, n - m]);
    const sorted = given && permuteRows(given, targets, sources);
    const [weights, means] = [this.weights(), tf.reshape(this.mean.variable, [-1, n])];
    const shifts = this.correction && tf.reshape(this.correction.shift.variable, [-1, n]);
    const parts: tf.Tensor[] = [];
    let start = 0;
    for (const [k, rows] of counts.entries()) {
      if (rows === 0) continue;
      const matrix = tf.reshape(tf.slice(weights, [k, 0, 0], [1, n, n]), [n, n]);
      let z = tf.slice(noise, [start, 0], [rows, n - m]);
      if (shifts !== undefined) z = tf.sub(z, tf.slice(shifts, [k, m], [1, n - m]));
      if (sorted !== undefined) {
        const u = tf.sub(tf.slice(sorted, [start, 0], [rows, m]), tf.slice(means, [k, 0], [1, m]));
        z = tf.sub(z, matMul(u, tf.transpose(tf.slice(matrix, [m, 0], [n - m, m]))));
      }
      const own = m === 0 ? matrix : tf.slice(matrix, [m, m], [n - m, n - m]);
      const x = tf.transpose(triangularSolve(own, tf.transpose(z), { lower: true }));
      parts.push(tf.add(x, tf.slice(means, [k, m], [1, n - m])));
      start += rows;
    }
    return permuteRows(tf.concat(parts, 0), sources, targets);
  }

  /**
   * The same by tensor operations alone, for where these are written down.
   *
   * @param choices components as int32, `[rows]`.
   */
  tracedDraw(key: Key, choices: tf.Tensor, given?: tf.Tensor): tf.Tensor {
    const [rows] = choices.shape as [number];
    const { count, features: n } = this;
    const m = given?.shape[1] ?? 0;
    const of = (all: tf.Tensor): tf.Tensor => tf.gather(all, choices);
    const vectorOf = (parameter: Parameter, from: number, to: number): tf.Tensor =>
      of(tf.slice(tf.reshape(parameter.variable, [count, n]), [0, from], [count, to - from]));
    const times = (matrices: tf.Tensor, vectors: tf.Tensor): tf.Tensor =>
      tf.squeeze(matMul(of(matrices), tf.expandDims(vectors, 2)), [2]);
    const weights = this.weights();
    let z = standardNormal(key, [rows, n - m]);
    if (this.correction !== undefined) z = tf.sub(z, vectorOf(this.correction.shift, m, n));
    if (given !== undefined) {
      const across = tf.slice(weights, [0, m, 0], [count, n - m, m]);
      z = tf.sub(z, times(across, tf.sub(given, vectorOf(this.mean, 0, m))));
    }
    const own = tf.slice(weights, [0, m, m], [count, n - m, n - m]);
    const inverse = triangularSolve(own, tf.eye(n - m), { lower: true });
    return tf.add(times(inverse, z), vectorOf(this.mean, m, n));
  }

  /** V, `[count, features, features]`. */
  private weights(): tf.Tensor {
    const whitening = triangle(this.matrices(this.whitening), { lower: true });
    if (this.correction === undefined) return whitening;
    const { logDiagonal, offDiagonal } = this.correction;
    const diagonal = tf.mul(
      tf.exp(tf.reshape(logDiagonal.variable, [this.count, this.features, 1])),
      tf.eye(this.features),
    );
    return matMul(tf.add(triangle(this.matrices(offDiagonal), { lower: true, strict: true }), diagonal), whitening);
  }

  private matrices({ variable }: Parameter): tf.Tensor {
    return tf.reshape(variable, [this.count, this.features, this.features]);
  }

  private vectors({ variable }: Parameter): tf.Tensor {
    return tf.reshape(variable, [this.count, 1, this.features]);
  }
}

/** `−½ Σ z²` of the features `from … to − 1`, without the last axis. */
export function halfSquares(z: tf.Tensor, from: number, to: number): tf.Tensor {
  const lead: Shape = z.shape.slice(0, -1);
  const part = tf.slice(z, [...lead.map(() => 0), from], [...lead, to - from]);
  return tf.mul(tf.sum(tf.square(part), -1), -0.5);
}

function identities(count: number, n: number): Float32Array {
  const values = new Float32Array(count * n * n);
  for (let k = 0; k < count; k++) for (let i = 0; i < n; i++) values[(k * n + i) * n + i] = 1;
  return values;
}

/** Initial Gaussians. Arrays may be nested or flat, row-major; defaults are standard normals. */
export interface GaussianComponentsOptions {
  /** Relative weights, positive. Default: all equal. */
  readonly weights?: TensorLike;
  /** Means. Default: 0. */
  readonly means?: TensorLike;
  /** Lower Cholesky factors of the covariances. Default: the identity. */
  readonly scaleTrils?: TensorLike;
  /** Covariances, symmetric and positive definite, in place of their factors. */
  readonly covariances?: TensorLike;
  /** Number of components; required only if no array determines it. */
  readonly components?: number;
  /** Size of the event; required only if no array determines it. */
  readonly features?: number;
  /** Makes weights, means and covariances parameters that start there. */
  readonly learnable?: boolean;
}

/** Options as checked numbers in float64; arrays that were not given are absent. */
export interface GaussianStart {
  /** Components of each group. */
  readonly components: number;
  readonly features: number;
  /** Logarithms of the weights, each group's summing to 1. */
  readonly logits?: Float64Array;
  readonly means?: Float64Array;
  /** Inverses of the factors. */
  readonly whitening?: Float64Array;
}

/** Reads the options of `groups` sets of Gaussians, one for each class. */
export function gaussianStart(where: string, options: GaussianComponentsOptions, groups: number): GaussianStart {
  if (options.covariances !== undefined && options.scaleTrils !== undefined) {
    throw new OptionError(`${where}: expected covariances or scaleTrils, got both.`);
  }
  const read = (name: "weights" | "means" | "scaleTrils" | "covariances"): HostArray | undefined => {
    const value = options[name];
    return value === undefined ? undefined : hostArray(value, `${where} ${name}`);
  };
  const [weights, means] = [read("weights"), read("means")];
  const matrices = read("covariances") ?? read("scaleTrils");
  const total = totalOf(where, options, groups, weights, means, matrices);
  const components = total / groups;
  const features = featuresOf(where, options.features, total, means, matrices);
  checkSize(where, "weights", weights, total, []);
  checkSize(where, "means", means, total, [features]);
  const isCovariance = options.covariances !== undefined;
  checkSize(where, isCovariance ? "covariances" : "scaleTrils", matrices, total, [features, features]);
  return {
    components,
    features,
    ...(weights && { logits: logWeights(where, weights.values, components) }),
    ...(means && { means: means.values }),
    ...(matrices && { whitening: whiteningOf(where, matrices.values, features, isCovariance) }),
  };
}

function totalOf(
  where: string,
  { components }: GaussianComponentsOptions,
  groups: number,
  weights: HostArray | undefined,
  means: HostArray | undefined,
  matrices: HostArray | undefined,
): number {
  if (components !== undefined) {
    if (!Number.isSafeInteger(components) || components < 1) {
      throw new OptionError(
        `${where}: expected components to be an integer of at least 1, got ${describeValue(components)}.`,
      );
    }
    return components * groups;
  }
  const leading = (array: HostArray | undefined, rank: number): number | undefined =>
    array === undefined || array.shape.length <= rank ? undefined : count(array.shape.slice(0, -rank));
  const total = weights?.values.length ?? leading(means, 1) ?? leading(matrices, 2) ?? groups;
  if (total < 1 || total % groups !== 0) {
    const expected =
      groups === 1 ? "at least one component" : `the same number of components for each of ${groups} classes`;
    throw new ShapeError(`${where}: expected ${expected}, got ${total} in all.`);
  }
  return total;
}

function featuresOf(
  where: string,
  features: number | undefined,
  total: number,
  means: HostArray | undefined,
  matrices: HostArray | undefined,
): number {
  const nested = (array: HostArray | undefined): number | undefined =>
    array !== undefined && array.shape.length > 1 ? array.shape.at(-1) : undefined;
  const found =
    features ??
    nested(means) ??
    nested(matrices) ??
    (means && means.values.length / total) ??
    (matrices && Math.sqrt(matrices.values.length / total));
  if (found === undefined) {
    throw new OptionError(`${where}: expected means, covariances or the option features, got none.`);
  }
  if (!Number.isSafeInteger(found) || found < 1) {
    throw new ShapeError(`${where}: expected features to be an integer of at least 1, got ${found}.`);
  }
  return found;
}

/** Refuses an array that is neither flat nor `[...leading, ...event]` with `total` entries in the leading axes. */
function checkSize(where: string, name: string, array: HostArray | undefined, total: number, event: Shape): void {
  if (array === undefined) return;
  const { shape, values } = array;
  const isFlat = shape.length === 1;
  const own = shape.slice(shape.length - event.length);
  const fits = isFlat || (shape.length > event.length && own.every((axis, i) => axis === event[i]));
  if (values.length === total * count(event) && fits) return;
  throw new ShapeError(
    `${where}: expected ${name} of shape ${formatShape([total, ...event])} or an equal number of values, got ${formatShape(shape)}.`,
  );
}

function logWeights(where: string, weights: Float64Array, groupSize: number): Float64Array {
  const bad = weights.find((weight) => weight <= 0);
  if (bad !== undefined) throw new DomainError(`${where}: expected positive weights, got ${bad}.`);
  return weights.map((weight, at) => {
    const start = at - (at % groupSize);
    const group = weights.subarray(start, start + groupSize);
    return Math.log(weight / group.reduce((sum, value) => sum + value, 0));
  });
}

function whiteningOf(where: string, matrices: Float64Array, n: number, isCovariance: boolean): Float64Array {
  let k = 0;
  return eachMatrix(matrices, n, (matrix) => {
    const label = `${where} component ${k++}`;
    return invertLower(isCovariance ? choleskyFactor(label, matrix, n) : checkLowerFactor(label, matrix, n), n);
  });
}

function count(shape: Shape): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

/** All rows, again and again: `[count, width]` → `[copies · count, width]`. */
export function repeatRows(rows: tf.Tensor, copies: number): tf.Tensor {
  const [count, width] = rows.shape as [number, number];
  return tf.reshape(tf.broadcastTo(tf.expandDims(rows, 0), [copies, count, width]), [copies * count, width]);
}
