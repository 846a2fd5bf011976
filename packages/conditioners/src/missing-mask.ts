import { type Codec, type Conditioner, OptionError, type ParameterTree } from "@pushforward/core";
import {
  AbstractModule,
  type AutoregressiveConditioner,
  type AutoregressiveSteps,
  checkOptions,
  classCodec,
  field,
  parameterTree,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkInputs, checkSize } from "./check-inputs.ts";

/** Options of {@link MissingMask}. */
export interface MissingMaskOptions {
  readonly inputSize: number;
}

/**
 * Adds missing indicators: a number x becomes `(x, 0)`, NaN becomes `(0, 1)`. Networks can then read observations with missing
 * numbers (Wang, Hasenauer and Schälte 2024). It has no parameters.
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
  /** NaN marks a missing number. */
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

/** Maps `[..., n]` to `[..., n, 2]`. The gradient is written out, because the NaN test has none. */
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

/** Options of {@link Periodic}. */
export interface PeriodicOptions {
  /** A conditioner with two adjacent inputs of equal rank per angle: cosine and sine. */
  readonly conditioner: AutoregressiveConditioner;
  /** Outputs per angle: twice the outputs of the conditioner (default), or one less. */
  readonly outputsPerVariable?: number;
}

/**
 * A conditioner of angles in radians: an inner conditioner reads `(cos x₀, sin x₀, cos x₁, sin x₁, …)` instead of x, so its
 * outputs are periodic, `apply(x) = apply(x + 2π)`. Its outputs for both numbers of an angle are the outputs for the angle.
 *
 * @example
 * const made = new Made({ features: 4, outputsPerVariable: 3, order: [0, 0, 1, 1], key: createKey(0) });
 * const net = new Periodic({ conditioner: made });
 * const outputs = net.apply(tf.zeros([5, 2])); // → shape [5, 12]
 */
export class Periodic extends AbstractModule implements AutoregressiveConditioner {
  readonly conditioner: AutoregressiveConditioner;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize: number;
  readonly outputsPerVariable: number;
  readonly order: readonly number[];

  /** @throws {OptionError} the inputs of the conditioner are not pairs of equal rank, or the output size is wrong. */
  constructor(options: PeriodicOptions) {
    checkOptions("Periodic", options, { conditioner: true, outputsPerVariable: true });
    const { conditioner, outputsPerVariable } = options;
    super();
    const { order, inputSize } = conditioner;
    const isPaired = inputSize % 2 === 0 && order.every((rank, i) => rank === order[i - (i % 2)]);
    if (!isPaired) {
      throw new OptionError(
        `Periodic: expected a conditioner of pairs of variables of one rank, got the order [${order.join(", ")}].`,
      );
    }
    const most = 2 * conditioner.outputsPerVariable;
    const count = outputsPerVariable ?? most;
    if (count !== most && count !== most - 1) {
      throw new OptionError(`Periodic: expected outputsPerVariable ${most} or ${most - 1}, got ${count}.`);
    }
    this.conditioner = conditioner;
    this.inputSize = inputSize / 2;
    this.outputsPerVariable = count;
    this.outputSize = this.inputSize * count;
    this.contextSize = conditioner.contextSize;
    this.order = order.filter((_, i) => i % 2 === 0);
  }

  /** `[...batch, features]` and a context `[...batch, contextSize]` → `[...batch, features · outputsPerVariable]`. */
  apply(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkInputs("Periodic.apply", this, x, context);
    return tf.tidy(() => this.outputs(this.conditioner.apply(onCircle(x), context)));
  }

  begin(batchSize: number, context?: tf.Tensor): AutoregressiveSteps {
    const steps = this.conditioner.begin(batchSize, context);
    return { next: (previous) => this.outputs(steps.next(previous && onCircle(previous))) };
  }

  override parameters(): ParameterTree {
    return parameterTree({ conditioner: this.conditioner });
  }

  /** Outputs for both numbers of each angle, without a surplus last one. */
  private outputs(pairs: tf.Tensor): tf.Tensor {
    const { outputsPerVariable: count } = this;
    const width = 2 * this.conditioner.outputsPerVariable;
    if (width === count) return pairs;
    const batch = pairs.shape.slice(0, -1);
    const variables = (pairs.shape.at(-1) as number) / width;
    const all = tf.reshape(pairs, [-1, width]);
    return tf.reshape(tf.slice(all, [0, 0], [-1, count]), [...batch, variables * count]);
  }
}

/** Cosine and sine of each number of the last axis, side by side. */
function onCircle(x: tf.Tensor): tf.Tensor {
  const pairs = tf.stack([tf.cos(x), tf.sin(x)], -1);
  return tf.reshape(pairs, [...x.shape.slice(0, -1), 2 * (x.shape.at(-1) as number)]);
}
