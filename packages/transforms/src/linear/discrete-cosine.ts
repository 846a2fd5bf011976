import type { Codec } from "@pushforward/core";
import { AbstractBijection, checkOptions, classCodec, field, type MapResult } from "@pushforward/core/extend";
import { matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { cosines } from "./cosines.ts";

/** Options of {@link DiscreteCosine}. */
export interface DiscreteCosineOptions {
  readonly features: number;
}

/**
 * The orthonormal discrete cosine transform, DCT-II: `y_k = c_k Σ_i x_i cos(π k (i + ½)/n)`, `c_0 = √(1/n)`, other
 * `c_k = √(2/n)`, `log|det| = 0`. Fixed; its inverse is DCT-III, the transpose.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @see Ahmed, Natarajan and Rao 1974, Discrete Cosine Transform, https://doi.org/10.1109/T-C.1974.223784
 * @example
 * new DiscreteCosine({ features: 2 }).forward(tf.tensor1d([1, 1])); // → [1.414, 0]
 */
export class DiscreteCosine extends AbstractBijection {
  readonly features: number;
  private values: Float32Array | undefined;

  constructor(options: DiscreteCosineOptions) {
    checkOptions("DiscreteCosine", options, { features: true });
    const { features } = options;
    super("DiscreteCosine", [checkFeatures("DiscreteCosine", features)]);
    this.features = features;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [matMul(x, tf.transpose(this.matrix())), 0];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return [matMul(y, this.matrix()), 0];
  }

  private matrix(): tf.Tensor {
    this.values ??= cosines(this.features);
    return tf.tensor2d(this.values, [this.features, this.features]);
  }
}

/** Codec of {@link DiscreteCosine}. */
export const discreteCosineCodec: Codec<DiscreteCosine> = classCodec("pushforward/discrete-cosine", DiscreteCosine, {
  features: field.count(),
});
