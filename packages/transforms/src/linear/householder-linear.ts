import type { Codec, Key, Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { reflect } from "./reflect.ts";

/** Options of {@link HouseholderLinear}. */
export interface HouseholderLinearOptions {
  readonly features: number;
  /** Number of reflections. Default: `features`, and one more where that is odd. */
  readonly reflections?: number;
  /** Draws the vectors of the start; without one they are unit vectors. */
  readonly key?: Key;
}

/**
 * An orthogonal matrix as a product of k Householder reflections: `y = H₁ H₂ … H_k x`, `H_i = I − 2 v_i v_iᵀ/|v_i|²`,
 * `log|det| = 0`. The inverse is the transpose.
 *
 * The parameter `vectors` `[reflections, features]` has the v_i as rows. They start as pairs of equal ones, whose product is
 * the identity; of an odd number the last one reflects. An even number gives rotations only, an odd number none; with
 * `features` of them every such matrix is reached.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `reflections` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @see Tomczak and Welling 2016, Improving Variational Auto-Encoders using Householder Flow,
 * https://arxiv.org/abs/1611.09630
 * @example
 * const turn = new HouseholderLinear({ features: 4 });
 */
export class HouseholderLinear extends AbstractBijection {
  readonly features: number;
  readonly reflections: number;
  private readonly vectors: Parameter;

  constructor(options: HouseholderLinearOptions) {
    checkOptions("HouseholderLinear", options, { features: true, reflections: true, key: true });
    const { features, reflections, key } = options;
    const n = checkFeatures("HouseholderLinear", features);
    super("HouseholderLinear", [n]);
    const k = checkFeatures("HouseholderLinear", reflections ?? n + (n % 2), "reflections");
    this.features = n;
    this.reflections = k;
    // In one dimension the length of a vector does not matter.
    this.vectors = parameter([k, n], () => startVectors(k, n, key), { trainable: n > 1 });
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [matMul(x, tf.transpose(this.matrix())), 0];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return [matMul(y, this.matrix()), 0];
  }

  private matrix(): tf.Tensor {
    return reflect(this.vectors.variable, tf.eye(this.features));
  }
}

/** Codec of {@link HouseholderLinear}. */
export const householderLinearCodec: Codec<HouseholderLinear> = classCodec(
  "pushforward/householder-linear",
  HouseholderLinear,
  { features: field.count(), reflections: field.count() },
);

/** Pairs of equal vectors. */
function startVectors(k: number, n: number, key: Key | undefined): Float32Array {
  const pairs = Math.ceil(k / 2);
  const one = key?.normal(pairs * n) ?? Float32Array.from({ length: pairs * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  return Float32Array.from({ length: k * n }, (_, i) => one[Math.floor(i / (2 * n)) * n + (i % n)] as number);
}
