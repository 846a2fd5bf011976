import {
  type Bijection,
  type BijectionFamily,
  type Codec,
  OptionError,
  type SumOfSquaresForm,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  checkOptions,
  classCodec,
  type Direction,
  describeValue,
  field,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import type { SumOfSquaresSettings } from "@pushforward/core/plain";
import { matMul, type NamedKernel, runNamedKernel, sumOfSquaresStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { BoundBijection, withNumbers } from "../families/bound-bijection.ts";
import { monotoneInverse } from "../roots.ts";
import { columns, linearTails } from "../splines/piecewise-splines.ts";

/** Options of {@link sumOfSquares}. */
export interface SumOfSquaresOptions {
  /** Number K of squared polynomials, 1 to 32. Default: 3. */
  readonly polynomials?: number;
  /** Their degree L, 1 to 12. Default: 4. */
  readonly degree?: number;
  /** Outside [−bound, bound] the map is linear. Default: 5. */
  readonly bound?: number;
  /** The unit in which the polynomials take x. Default: `bound`. */
  readonly unit?: number;
  /** How the slope follows from the parameters. */
  readonly form?: Partial<SumOfSquaresForm>;
}

const POLYNOMIALS = 3;
const MOST_POLYNOMIALS = 32;
const DEGREE = 4;
const MOST_DEGREE = 12;
const BOUND = 5;
const MOST_BOUND = 1e6;
const SLOPE = 1e-3;
const CONSTANTS = ["spread", "ones"] as const;

/**
 * The family of integrals of sums of squared polynomials, with `K·(L + 1) + 1` parameters, the coefficients a of each
 * polynomial and a shift:
 *
 *     y = shift + ∫₀ˣ slope + scale/K Σₖ (cₖ + Σⱼ aₖⱼ (u/unit)ʲ)² du,   j = 0 … L
 *
 * on [−bound, bound], and straight lines with the boundary slopes outside, so that every real number is reached. Every
 * polynomial that increases on ℝ is of this kind. The constants c differ, because with equal constants the K
 * polynomials would learn the same. Zero parameters are the identity.
 *
 * The slope is a sum of squares, without cancellation. The inverse uses Newton's method in a bracket, to 1e-6 relative
 * to max(1, |x|), with gradients of the implicit function.
 *
 * @see Jaini et al. 2019, Sum-of-Squares Polynomial Flow, https://arxiv.org/abs/1905.02325
 */
export class SumOfSquaresFamily implements BijectionFamily {
  readonly type = "pushforward/sum-of-squares";
  readonly inverseKind = "iterative";
  readonly parameterCount: number;
  readonly polynomials: number;
  readonly degree: number;
  readonly bound: number;
  readonly unit: number;
  readonly form: SumOfSquaresForm;

  constructor(options: SumOfSquaresOptions = {}) {
    checkOptions("sumOfSquares", options, { polynomials: true, degree: true, bound: true, unit: true, form: true });
    const where = "sumOfSquares";
    const { polynomials = POLYNOMIALS, degree = DEGREE, bound = BOUND, unit = bound, form = {} } = options;
    this.polynomials = checkCount(where, "polynomials", polynomials, MOST_POLYNOMIALS);
    this.degree = checkCount(where, "degree", degree, MOST_DEGREE);
    for (const [name, value] of Object.entries({ bound, unit })) {
      if (!(value > 0 && value <= MOST_BOUND)) {
        throw new OptionError(
          `${where}: expected ${name} above 0 and at most ${MOST_BOUND}, got ${describeValue(value)}.`,
        );
      }
    }
    this.bound = bound;
    this.unit = unit;
    const { constants = "spread", slope = SLOPE } = form;
    if (!CONSTANTS.includes(constants)) {
      throw new OptionError(
        `${where}: expected form.constants to be "spread" or "ones", got ${JSON.stringify(constants)}.`,
      );
    }
    const numbers = withNumbers<"scale" | "slope">(`${where}: expected form.`, form, {
      scale: [Math.max(1 - slope, 0), 0, 1e6],
      slope: [SLOPE, 1e-8, 1],
    });
    this.form = { ...numbers, constants };
    this.parameterCount = polynomials * (degree + 1) + 1;
  }

  /**
   * Returns the map for parameters `[...batch, K·(L + 1) + 1]`, which it borrows: coefficients polynomial by
   * polynomial, then the shift. Throws `ShapeError` for a wrong last axis.
   */
  bind(parameters: tf.Tensor): Bijection {
    return new BoundBijection(
      "sumOfSquares",
      this.parameterCount,
      parameters,
      (value, raw, inverse) => this.map(value, raw, inverse),
      "iterative",
    );
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return sumOfSquaresStep(plan, direction, value, parameters, this.settings);
  }

  private get settings(): SumOfSquaresSettings {
    const { polynomials, degree, bound, unit, form } = this;
    return { polynomials, degree, bound, unit, ...form };
  }

  private map(value: tf.Tensor, raw: tf.Tensor, inverse: boolean): ValueAndLogDet {
    const forward = (x: tf.Tensor): ValueAndLogDet => runNamedKernel(kernel, [x, raw], this.settings) as ValueAndLogDet;
    if (!inverse) return forward(value);
    const x = monotoneInverse(forward, value);
    return [x, tf.neg(forward(x)[1])];
  }
}

const kernel: NamedKernel<readonly [x: tf.Tensor, parameters: tf.Tensor], SumOfSquaresSettings> = {
  name: "PushforwardSumOfSquares",
  fallback: ([x, parameters], settings) => {
    const { bound } = settings;
    const raw = tf.reshape(parameters, [x.size, parameters.shape.at(-1) as number]);
    const outputs = linearTails(tf.reshape(x, [x.size]), [-bound, bound], integralOf(raw, settings));
    return outputs.map((output) => tf.reshape(output, x.shape));
  },
};

/** The integral on [−bound, bound] for each of `[rows]`, and the logarithm of its slope. */
function integralOf(
  raw: tf.Tensor,
  { polynomials, degree, unit, scale, slope, constants }: SumOfSquaresSettings,
): (x: tf.Tensor) => ValueAndLogDet {
  const terms = degree + 1;
  const rows = raw.shape[0] as number;
  const free = tf.reshape(columns(raw, 0, polynomials * terms), [rows, polynomials, terms]);
  const coefficients = tf.add(free, constantsOf(polynomials, terms, constants));
  const moments = tf.mul(momentsOf(coefficients, terms), scale * unit);
  const shift = tf.squeeze(columns(raw, polynomials * terms, 1), [-1]);
  return (x) => {
    const [powers, low] = powersOf(tf.div(x, unit), degree);
    const y = tf.add(tf.add(shift, tf.mul(x, slope)), tf.sum(tf.mul(powers, moments), -1));
    const values = tf.sum(tf.mul(coefficients, tf.expandDims(low, 1)), -1);
    return [y, tf.log(tf.add(tf.mul(tf.mean(tf.square(values), -1), scale), slope))];
  };
}

/** `[polynomials, terms]`, c in the first column. */
function constantsOf(polynomials: number, terms: number, constants: SumOfSquaresForm["constants"]): tf.Tensor {
  const values = new Float32Array(polynomials * terms);
  for (let k = 0; k < polynomials; k++) {
    values[k * terms] = constants === "ones" ? 1 : Math.sqrt((2 * (k + 1)) / (polynomials + 1));
  }
  return tf.tensor2d(values, [polynomials, terms]);
}

/** The coefficients of the integral of the mean of the squares, `[rows, 2·terms − 1]`, of the first power first. */
function momentsOf(coefficients: tf.Tensor, terms: number): tf.Tensor {
  const products = tf.mean(tf.mul(tf.expandDims(coefficients, 3), tf.expandDims(coefficients, 2)), 1);
  const powers = 2 * terms - 1;
  const sums = new Float32Array(terms * terms * powers);
  for (let i = 0; i < terms; i++) {
    for (let j = 0; j < terms; j++) sums[(i * terms + j) * powers + i + j] = 1 / (i + j + 1);
  }
  const flat = tf.reshape(products, [coefficients.shape[0] as number, terms * terms]);
  return matMul(flat, tf.tensor2d(sums, [terms * terms, powers]));
}

/** Powers of t from 1 to 2L + 1, and from 0 to L. */
function powersOf(t: tf.Tensor, degree: number): [powers: tf.Tensor, low: tf.Tensor] {
  const all = [tf.onesLike(t)];
  for (let n = 1; n <= 2 * degree + 1; n++) all.push(tf.mul(all[n - 1] as tf.Tensor, t));
  return [tf.stack(all.slice(1), -1), tf.stack(all.slice(0, degree + 1), -1)];
}

function checkCount(where: string, name: string, count: number, most: number): number {
  checkFeatures(where, count, name);
  if (count > most) throw new OptionError(`${where}: expected ${name} of at most ${most}, got ${count}.`);
  return count;
}

/**
 * The family of integrals of sums of squared polynomials.
 *
 * @throws {OptionError} `polynomials` is not an integer from 1 to 32, `degree` not one from 1 to 12, `bound` or `unit` not above 0, or
 * `form` out of range.
 * @example
 * sumOfSquares({ polynomials: 2, degree: 2 }).bind(tf.zeros([1, 7])).forward(tf.tensor1d([2])); // → [2]
 */
export function sumOfSquares(options: SumOfSquaresOptions = {}): SumOfSquaresFamily {
  return new SumOfSquaresFamily(options);
}

/** Codec of {@link SumOfSquaresFamily}. */
export const sumOfSquaresCodec: Codec<SumOfSquaresFamily> = classCodec(
  "pushforward/sum-of-squares",
  SumOfSquaresFamily,
  {
    polynomials: field.count({ max: MOST_POLYNOMIALS }),
    degree: field.count({ max: MOST_DEGREE }),
    bound: field.number(),
    unit: field.number(),
    form: field.form<SumOfSquaresForm>((form) => ({
      scale: form.number("scale"),
      slope: form.number("slope"),
      constants: form.oneOf("constants", CONSTANTS),
    })),
  },
);
