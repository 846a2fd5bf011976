import {
  type Codec,
  type Distribution,
  DomainError,
  type Json,
  type Key,
  OptionError,
  type Parameter,
  type ParameterTree,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  checkOptions,
  checkPlanColumns,
  currentTrace,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
  parameterTree,
  requireSampling,
  type SampleRecipe,
} from "@pushforward/core/extend";
import { chiSquaredDraws, formatShape, invertLower, sizeOf } from "@pushforward/core/plain";
import {
  clip,
  log1p,
  logGamma,
  plannedLogProb,
  standardNormal,
  stopGradient,
  studentTLogProbStep,
  sumRightmost,
} from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent, checkFeatures, configCodec } from "../config.ts";
import { fixedLocationScale, identity, transformRows } from "./standard-normal.ts";

/** Options of {@link MultivariateStudentT}. */
export interface MultivariateStudentTOptions {
  /** ν > 0: how fast the tails fall. 1 is a Cauchy, which has no mean; up to 2 the variance is infinite. */
  readonly degreesOfFreedom: number;
  /** Size of the event; required only if no array determines it. */
  readonly features?: number;
  /** `[features]`. Default: 0. */
  readonly location?: TensorLike;
  /**
   * `[features, features]`, symmetric and positive definite. It is not the covariance, which is ν / (ν − 2) times it.
   * Default: the identity.
   */
  readonly scaleMatrix?: TensorLike;
  /** Lower Cholesky factor of the scale matrix, in its place. */
  readonly scaleTril?: TensorLike;
}

/** Degrees of freedom up to which a traced draw takes a normal number for each. */
const MOST_SQUARES = 64;
const WHERE = "MultivariateStudentT";
const NAMES = { location: "location", matrix: "scaleMatrix" } as const;

/** Distances from the location that a float32 tensor can still whiten. Plans have no such limit. */
const FAR = 1e30;

/**
 * The multivariate Student-t with ν degrees of freedom and scale matrix Σ = L Lᵀ, `log p(x) = ln p(μ) − ½ (ν + n) ln(1
 * + |W (x − μ)|² / ν)`, W = L⁻¹. Event shape `[features]`; with one feature it is the Student-t of one variable.
 *
 * Its log-density falls with the logarithm of the distance: with a small weight in a mixture it limits the effect of a
 * distant row on a mean. The distance does not overflow: every finite float32 has a finite log-density, ±Infinity has
 * `-Infinity`, NaN has NaN. It has no trainable parameters: `location` and `whitening` are buffers.
 *
 * @throws {DomainError} the degrees of freedom are not positive; the scale matrix is not symmetric and positive
 * definite.
 * @throws {ShapeError} the shapes do not fit, or have batch axes.
 * @see Kotz and Nadarajah, Multivariate t Distributions and Their Applications, 2004.
 * @example
 * new MultivariateStudentT({ degreesOfFreedom: 4, location: [2, 9], scaleMatrix: [[0.5, 0.3], [0.3, 0.3]] });
 */
export class MultivariateStudentT extends AbstractModule implements Distribution {
  readonly batchShape: Shape = [];
  readonly eventShape: Shape;
  readonly degreesOfFreedom: number;
  private readonly location: Parameter;
  private readonly whitening: Parameter;

  constructor(options: MultivariateStudentTOptions) {
    checkOptions("MultivariateStudentT", options, {
      degreesOfFreedom: true,
      features: true,
      location: true,
      scaleMatrix: true,
      scaleTril: true,
    });
    super();
    const { degreesOfFreedom, features, location, scaleMatrix, scaleTril } = options;
    if (!(degreesOfFreedom > 0 && degreesOfFreedom < Number.POSITIVE_INFINITY)) {
      throw new DomainError(
        `${WHERE}: expected degreesOfFreedom to be a finite number above 0, got ${degreesOfFreedom}. ` +
          "Use MultivariateNormal for infinitely many.",
      );
    }
    if (scaleMatrix !== undefined && scaleTril !== undefined) {
      throw new OptionError(`${WHERE}: expected scaleMatrix or scaleTril, got both.`);
    }
    this.degreesOfFreedom = degreesOfFreedom;
    const buffer = { trainable: false };
    if (location === undefined && scaleMatrix === undefined && scaleTril === undefined) {
      const n = checkFeatures(WHERE, features ?? 0);
      this.location = parameter([n], undefined, buffer);
      this.whitening = parameter([n, n], () => identity(n).values, buffer);
    } else {
      const numbers = fixedLocationScale(WHERE, { features, location, matrix: scaleMatrix, scaleTril }, NAMES);
      if (numbers.shape.length > 1) {
        throw new ShapeError(`${WHERE}: expected no batch axes, got ${formatShape(numbers.shape.slice(0, -1))}.`);
      }
      this.location = parameter(numbers.shape, numbers.location, buffer);
      this.whitening = parameter(numbers.factorShape, numbers.whitening, buffer);
    }
    this.eventShape = this.location.shape;
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, `${WHERE}.logProb`);
      checkEvent(`${WHERE}.logProb`, value.shape, this);
      const planned = plannedLogProb(this, { tensor: value, eventShape: this.eventShape });
      if (planned !== undefined) return planned;
      return this.density(value);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => {
      requireSampling(`${WHERE}.sample`, key, sampleShape);
      const [normalKey, chiSquaredKey] = key.split();
      const z = standardNormal(normalKey, [...sampleShape, ...this.eventShape]);
      const nu = this.degreesOfFreedom;
      const n = sizeOf(this.eventShape);
      const factor = invertLower(Float64Array.from(this.whitening.read()), n);
      const colored = transformRows(z, tf.tensor(Float32Array.from(factor), [n, n]));
      const scaled = tf.mul(colored, stretchOf(chiSquaredKey, nu, sampleShape));
      return tf.add(scaled, this.location.variable);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const sample = this.sample(key, sampleShape);
      return [sample, this.logProb(sample)];
    });
  }

  lower(plan: PlanBuilder, value: PlanMatrix): readonly PlanMatrix[] {
    checkPlanColumns(WHERE, value, sizeOf(this.eventShape));
    const { location, whitening, degreesOfFreedom } = this;
    const logConstant = this.logConstant();
    return [studentTLogProbStep(plan, value, { location, whitening, degreesOfFreedom, logConstant })];
  }

  lowerSample(): SampleRecipe {
    const { location, whitening, degreesOfFreedom } = this;
    return { kind: "studentT", columns: sizeOf(this.eventShape), degreesOfFreedom, location, whitening };
  }

  override parameters(): ParameterTree {
    return parameterTree({ location: this.location, whitening: this.whitening });
  }

  /** The config of a model file; location and matrix are buffers. */
  config(): { readonly [key: string]: Json } {
    return { degreesOfFreedom: this.degreesOfFreedom, features: sizeOf(this.eventShape) };
  }

  /** Log-density at the location, without ln det W. */
  private logConstant(): number {
    const [nu, n] = [this.degreesOfFreedom, sizeOf(this.eventShape)];
    return logGamma((nu + n) / 2) - logGamma(nu / 2) - (n / 2) * Math.log(nu * Math.PI);
  }

  private density(x: tf.Tensor): tf.Tensor {
    const [nu, n] = [this.degreesOfFreedom, sizeOf(this.eventShape)];
    const whitening = this.whitening.variable;
    const z = transformRows(clip(tf.sub(x, this.location.variable), -FAR, FAR), whitening);
    // log(1 + |z|² / ν) = 2 log m + log(1 / m² + |z / m|² / ν) for any m, here the largest |zᵢ| if that is above 1.
    const m = stopGradient(tf.maximum(tf.max(tf.abs(z), -1, true), 1));
    const square = sumRightmost(tf.square(tf.div(z, m)), 1);
    const far = tf.squeeze(m, [-1]);
    const excess = tf.add(tf.sub(tf.div(1, tf.square(far)), 1), tf.div(square, nu));
    const logRatio = tf.add(tf.mul(2, tf.log(far)), log1p(excess));
    const logPeak = tf.add(sumRightmost(tf.log(diagonalOf(whitening)), 1), this.logConstant());
    const density = tf.sub(logPeak, tf.mul(logRatio, (nu + n) / 2));
    const vanishes = tf.any(tf.isInf(x), -1);
    const zeros = tf.zerosLike(density);
    return tf.add(density, tf.where(vanishes, tf.fill(zeros.shape, Number.NEGATIVE_INFINITY), zeros));
  }
}

function diagonalOf(matrix: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(matrix, tf.eye(matrix.shape[0] as number)), 1);
}

/** `√(ν/χ²)` of each draw, `[...sampleShape, 1]`. */
function stretchOf(key: Key, nu: number, sampleShape: Shape): tf.Tensor {
  if (currentTrace() !== undefined && Number.isInteger(nu) && nu <= MOST_SQUARES) {
    // χ² is a sum of ν squares of normal numbers.
    const squares = tf.square(standardNormal(key, [...sampleShape, nu]));
    return tf.sqrt(tf.div(nu, tf.sum(squares, -1, true)));
  }
  const stretch = chiSquaredDraws(key, nu, sizeOf(sampleShape)).map((square) => Math.sqrt(nu / square));
  return tf.tensor(Float32Array.from(stretch), [...sampleShape, 1]);
}

/** Codec of {@link MultivariateStudentT}. */
export const multivariateStudentTCodec: Codec<MultivariateStudentT> = configCodec(
  "pushforward/multivariate-student-t",
  MultivariateStudentT,
  (c) => ({ degreesOfFreedom: c.number("degreesOfFreedom"), features: c.count("features") }),
);
