import type { Codec, Conditioner, ParameterTree } from "@pushforward/core";
import { AbstractModule, checkOptions, classCodec, field, parameterTree } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkInputs } from "./check-inputs.ts";
import { checkSize } from "./check-size.ts";

/** Options of {@link MissingMask}. */
export interface MissingMaskOptions {
  readonly inputSize: number;
}

/**
 * Says of each number whether it is missing: a number x becomes `(x, 0)`, NaN becomes `(0, 1)`, side by side. Networks can then
 * read observations of which some numbers are missing (Wang, Hasenauer and Schälte 2024). It has no parameters.
 *
 * Shapes: x `[...batch, inputSize]`, outputs `[...batch, 2 · inputSize]`.
 *
 * @example
 * const net = new MissingMask({ inputSize: 2 });
 * const outputs = net.apply(tf.tensor2d([[0.5, Number.NaN]])); // [[0.5, 0, 0, 1]]
 */
export class MissingMask extends AbstractModule implements Conditioner {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize = 0;
  /** It takes NaN for what is missing. */
  readonly acceptsMissing = true;

  /** @throws {OptionError} the size is not a positive integer. */
  constructor(options: MissingMaskOptions) {
    checkOptions("MissingMask", options, { inputSize: true });
    const { inputSize } = options;
    super();
    checkSize("MissingMask", "inputSize", inputSize);
    this.inputSize = inputSize;
    this.outputSize = 2 * inputSize;
  }

  /** `[...batch, inputSize]` → `[...batch, 2 · inputSize]`. */
  apply(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkInputs("MissingMask.apply", this, x, context);
    return tf.tidy(() => tf.reshape(pairs(x), [...x.shape.slice(0, -1), this.outputSize]));
  }

  override parameters(): ParameterTree {
    return parameterTree({});
  }
}

/** `[..., n]` → `[..., n, 2]`. The gradient is written out: whether a number is NaN has none. */
function pairs(x: tf.Tensor): tf.Tensor {
  const run = tf.customGrad((input, save) => {
    const numbers = input as tf.Tensor;
    const isMissing = tf.isNaN(numbers);
    const flags = tf.cast(isMissing, "float32");
    (save as tf.GradSaveFunc)([flags]);
    return {
      value: tf.stack([tf.where(isMissing, tf.zerosLike(numbers), numbers), flags], -1),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const ofValues = tf.reshape(tf.slice(tf.reshape(dy, [-1, 2]), [0, 0], [-1, 1]), numbers.shape);
        return tf.mul(ofValues, tf.sub(1, saved[0] as tf.Tensor));
      },
    };
  });
  return run(x);
}

/** Model-file codec of {@link MissingMask}: `pushforward/missing-mask`. */
export const missingMaskCodec: Codec<MissingMask> = classCodec("pushforward/missing-mask", MissingMask, {
  inputSize: field.count(),
});
