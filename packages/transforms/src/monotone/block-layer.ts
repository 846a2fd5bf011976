import type { Key, Parameter } from "@pushforward/core";
import { AbstractModule, parameter } from "@pushforward/core/extend";
import { matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** Sizes and start of a {@link BlockLayer}. */
export interface BlockLayerOptions {
  readonly features: number;
  /** Units of a variable before the layer and behind it. */
  readonly inputs: number;
  readonly outputs: number;
  readonly context: number;
  readonly key: Key | undefined;
  /** What the weights of a unit from its own variable add up to at the start. */
  readonly total: number;
  /** Whether other variables and the context have weights at the start. */
  readonly mixes: boolean;
}

/** The units of each variable, `[features][rows, units]`. */
export type Units = readonly tf.Tensor[];

/**
 * A linear map between units of variables, in blocks: a unit has positive weights `exp(diagonal)` from the units of its own
 * variable, any weights from those of the variables before, and none from the ones behind.
 */
export class BlockLayer extends AbstractModule {
  /** Logarithms, `[features, inputs, outputs]`. */
  private readonly diagonal: Parameter;
  /** `[features, features, inputs, outputs]`, from the first to the second, where the second comes later. */
  private readonly before?: Parameter;
  private readonly bias: Parameter;
  private readonly contextWeight?: Parameter;
  private readonly outputs: number;

  constructor({ features, inputs, outputs, context, key, total, mixes }: BlockLayerOptions) {
    super();
    this.outputs = outputs;
    const uniform = (name: string, count: number, bound: number) =>
      key &&
      (() =>
        key
          .fold(name)
          .uniform(count)
          .map((u) => (2 * u - 1) * bound));
    const block = features * inputs * outputs;
    const level = Math.log(total / inputs);
    const spread = key?.fold("diagonal").normal(block);
    this.diagonal = parameter(
      [features, inputs, outputs],
      Float32Array.from({ length: block }, (_, i) => level + 0.3 * (spread?.[i] ?? 0)),
    );
    const ofOthers = mixes ? 1 / Math.sqrt(features * inputs) : 0;
    if (features > 1) {
      const shape = [features, features, inputs, outputs] as const;
      this.before = parameter(shape, uniform("before", features * block, ofOthers));
    }
    this.bias = parameter([features, outputs], uniform("bias", features * outputs, mixes ? 1 : 0));
    if (context > 0) {
      const shape = [context, features, outputs] as const;
      const bound = mixes ? 1 / Math.sqrt(context) : 0;
      this.contextWeight = parameter(shape, uniform("contextWeight", context * features * outputs, bound));
    }
  }

  /** What other variables and the context add to the units of variable i, `[rows, outputs]` or `[outputs]`. */
  around(i: number, before: Units, context: tf.Tensor | undefined): tf.Tensor {
    let sum = tf.squeeze(tf.slice(this.bias.variable, [i, 0], [1, -1]), [0]);
    if (this.contextWeight !== undefined && context !== undefined) {
      const weight = tf.slice(this.contextWeight.variable, [0, i, 0], [-1, 1, -1]);
      sum = tf.add(sum, matMul(context, tf.squeeze(weight, [1])));
    }
    if (i === 0 || this.before === undefined) return sum;
    const units = tf.concat([...before.slice(0, i)], 1);
    const weight = tf.slice(this.before.variable, [0, i, 0, 0], [i, 1, -1, -1]);
    return tf.add(sum, matMul(units, tf.reshape(weight, [-1, this.outputs])));
  }

  /** The weights of variable i from its own units, `[inputs, outputs]`. */
  own(i: number): tf.Tensor {
    return tf.exp(tf.squeeze(tf.slice(this.diagonal.variable, [i, 0, 0], [1, -1, -1]), [0]));
  }
}
