import {
  asTensor,
  type Codec,
  ConfigReader,
  checkPlanColumns,
  type Distribution,
  DomainError,
  defineCodec,
  type Json,
  type Key,
  OptionError,
  type PlanBuilder,
  type PlanMatrix,
  type PlanOrReason,
  refuseToLower,
  requireBackend,
  type Shape,
  sizeOf,
  type TensorLike,
} from "@pushforward/core";
import {
  clip,
  log1p,
  logGamma,
  planLogProb,
  runPlan,
  standardNormal,
  stopGradient,
  studentTLogProbStep,
  sumRightmost,
} from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { chiSquaredDraws } from "./chi-squared-draws.ts";
import { configArray, construct } from "./decode.ts";
import { checkEvent } from "./event-shape.ts";
import { fixedLocationScale, type LocationScale, transformRows } from "./fixed-location-scale.ts";
import { nestedArray } from "./host-array.ts";

/** Options of {@link MultivariateStudentT}; `location` and the matrices broadcast over their batch axes. */
export interface MultivariateStudentTOptions {
  /** ν > 0: how fast the tails fall. 1 is a Cauchy, which has no mean; up to 2 the variance is infinite. */
  readonly degreesOfFreedom: number;
  /** Size of the event; needed only when no array tells it. */
  readonly features?: number;
  /** `[...batch, features]`. Default: 0. */
  readonly location?: TensorLike;
  /**
   * `[...batch, features, features]`, symmetric and positive definite. It is not the covariance, which is ν / (ν − 2)
   * times it. Default: the identity.
   */
  readonly scaleMatrix?: TensorLike;
  /** Lower Cholesky factor of the scale matrix, in its place. */
  readonly scaleTril?: TensorLike;
}

const WHERE = "MultivariateStudentT";
const NAMES = { location: "location", matrix: "scaleMatrix" } as const;

/** Distances from the location that a float32 tensor can still whiten. Plans have no such limit. */
const FAR = 1e30;

/**
 * The multivariate Student-t with ν degrees of freedom and scale matrix Σ = L Lᵀ,
 * `log p(x) = ln p(μ) − ½ (ν + n) ln(1 + |W (x − μ)|² / ν)`, W = L⁻¹. Event shape `[features]`; with one feature it is
 * the Student-t of one variable.
 *
 * Its log-density falls with the logarithm of the distance, so that a point far away costs little: as a component of small
 * weight it bounds what a single row can do to a mean. The distance does not overflow: every finite float32 has a finite
 * log-density, ±Infinity has `-Infinity`, NaN has NaN. The numbers are fixed and kept in float64.
 *
 * @throws {DomainError} the degrees of freedom are not positive; the scale matrix is not symmetric and positive definite.
 * @throws {ShapeError} the shapes do not fit.
 * @see Kotz and Nadarajah, Multivariate t Distributions and Their Applications, 2004.
 * @example
 * new MultivariateStudentT({ degreesOfFreedom: 4, location: [2, 9], scaleMatrix: [[0.5, 0.3], [0.3, 0.3]] });
 */
export class MultivariateStudentT implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  readonly degreesOfFreedom: number;
  private readonly numbers: LocationScale;
  private readonly planOf: () => PlanOrReason;

  constructor(options: MultivariateStudentTOptions) {
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
    this.numbers = fixedLocationScale(WHERE, { features, location, matrix: scaleMatrix, scaleTril }, NAMES);
    this.batchShape = this.numbers.shape.slice(0, -1);
    this.eventShape = this.numbers.shape.slice(-1);
    let plan: PlanOrReason | undefined;
    this.planOf = () => (plan ??= planLogProb(this));
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, `${WHERE}.logProb`);
      checkEvent(`${WHERE}.logProb`, value.shape, this);
      const planned = runPlan(this.planOf, [{ tensor: value, eventShape: this.eventShape }]);
      if (planned !== undefined) return tf.reshape(planned.values[0] as tf.Tensor, [...planned.batch]);
      return this.density(value);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => {
      requireBackend(`${WHERE}.sample`);
      const [normalKey, chiSquaredKey] = key.split() as [Key, Key];
      const rows = [...sampleShape, ...this.batchShape];
      const z = standardNormal(normalKey, [...rows, ...this.eventShape]);
      const stretch = chiSquaredDraws(chiSquaredKey, this.degreesOfFreedom, sizeOf(rows)).map((square) =>
        Math.sqrt(this.degreesOfFreedom / square),
      );
      const { factor, factorShape, location, shape } = this.numbers;
      const colored = transformRows(z, tf.tensor(Float32Array.from(factor), [...factorShape]));
      return tf.add(
        tf.mul(colored, tf.tensor(Float32Array.from(stretch), [...rows, 1])),
        tf.tensor(Float32Array.from(location), [...shape]),
      );
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const sample = this.sample(key, sampleShape);
      return [sample, this.logProb(sample)];
    });
  }

  lower(plan: PlanBuilder, value: PlanMatrix): readonly PlanMatrix[] {
    if (this.batchShape.length > 0) refuseToLower(`${WHERE} has batch axes`);
    checkPlanColumns(WHERE, value, sizeOf(this.eventShape));
    const { location, whitening } = this.numbers;
    return [
      studentTLogProbStep(plan, value, {
        location: Array.from(location),
        whitening: Array.from(whitening),
        degreesOfFreedom: this.degreesOfFreedom,
        logPeak: this.logPeaks()[0] as number,
      }),
    ];
  }

  /** The config of a model file. */
  config(): { readonly [key: string]: Json } {
    const { location, shape, factor, factorShape } = this.numbers;
    return {
      degreesOfFreedom: this.degreesOfFreedom,
      location: nestedArray(location, shape),
      scaleTril: nestedArray(factor, factorShape),
    };
  }

  /** Log-density at the location, for each matrix. */
  private logPeaks(): Float64Array {
    const [nu, n] = [this.degreesOfFreedom, sizeOf(this.eventShape)];
    const constant = logGamma((nu + n) / 2) - logGamma(nu / 2) - (n / 2) * Math.log(nu * Math.PI);
    return this.numbers.logDetWhitening.map((logDet) => logDet + constant);
  }

  private density(x: tf.Tensor): tf.Tensor {
    const [nu, n] = [this.degreesOfFreedom, sizeOf(this.eventShape)];
    const { location, shape, whitening, factorShape } = this.numbers;
    const centered = clip(tf.sub(x, tf.tensor(Float32Array.from(location), [...shape])), -FAR, FAR);
    const z = transformRows(centered, tf.tensor(Float32Array.from(whitening), [...factorShape]));
    // log(1 + |z|² / ν) = 2 log m + log(1 / m² + |z / m|² / ν) for any m, here the largest |zᵢ| if that is above 1.
    const m = stopGradient(tf.maximum(tf.max(tf.abs(z), -1, true), 1));
    const square = sumRightmost(tf.square(tf.div(z, m)), 1);
    const far = tf.squeeze(m, [-1]);
    const excess = tf.add(tf.sub(tf.div(1, tf.square(far)), 1), tf.div(square, nu));
    const logRatio = tf.add(tf.mul(2, tf.log(far)), log1p(excess));
    const peaks = tf.tensor(Float32Array.from(this.logPeaks()), factorShape.slice(0, -2));
    const density = tf.sub(peaks, tf.mul(logRatio, (nu + n) / 2));
    const vanishes = tf.any(tf.isInf(tf.add(x, tf.zeros([...shape]))), -1);
    return tf.add(
      density,
      tf.where(vanishes, tf.fill(vanishes.shape, Number.NEGATIVE_INFINITY), tf.zeros(vanishes.shape)),
    );
  }
}

/** Codec of {@link MultivariateStudentT}. */
export const multivariateStudentTCodec: Codec<MultivariateStudentT> = defineCodec({
  type: "pushforward/multivariate-student-t",
  version: 1,
  is: (value): value is MultivariateStudentT => value instanceof MultivariateStudentT,
  encode: (value) => value.config(),
  decode: (config) => {
    const type = "pushforward/multivariate-student-t";
    const c = new ConfigReader(type, config);
    const options: MultivariateStudentTOptions = {
      degreesOfFreedom: c.number("degreesOfFreedom"),
      location: configArray(c, type, "location"),
      scaleTril: configArray(c, type, "scaleTril"),
    };
    c.end();
    return construct(type, () => new MultivariateStudentT(options));
  },
});
