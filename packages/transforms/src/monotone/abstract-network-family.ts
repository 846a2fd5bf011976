import { type Bijection, type BijectionFamily, type Key, ShapeError } from "@pushforward/core";
import { AbstractModule, formatShape, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { BoundBijection } from "../families/bound-bijection.ts";
import { type IncreasingMap, monotoneInverse } from "../roots/monotone-inverse.ts";
import { StackedLayer, type StackedTensors } from "./stacked-layer.ts";

/** What families of networks take. */
export interface NetworkFamilyOptions {
  /** Number of variables, each of which has a network of its own. Default: 1. */
  readonly variables?: number;
  /** How many numbers the network of a variable takes beside the variable. Default: 16. */
  readonly signal?: number;
  /** Widths of its hidden layers, at least one. Default: `[64, 64]`. */
  readonly hidden?: readonly number[];
  /** Draws the weights; without one they are 0. */
  readonly key?: Key;
}

const SIGNAL = 16;
const HIDDEN = [64, 64] as const;

/**
 * Base class of families whose maps are networks with weights of the family, one network for each variable. What `bind` takes
 * are signals, by which the map of a variable depends on other variables and on the context. A subclass gives the increasing
 * map; the inverse is found by {@link monotoneInverse}.
 */
export abstract class AbstractNetworkFamily extends AbstractModule implements BijectionFamily {
  abstract readonly type: string;
  readonly inverseKind = "iterative";
  readonly parameterCount: number;
  readonly variables: number;
  readonly signal: number;
  readonly hidden: readonly number[];
  private readonly layers: readonly StackedLayer[];
  private readonly where: string;

  /**
   * @param extra how many parameters there are beside the signal.
   * @param drawsLast whether the last layer is drawn, too, or starts at 0.
   */
  protected constructor(where: string, options: NetworkFamilyOptions, extra: number, drawsLast: boolean) {
    super();
    this.where = where;
    this.variables = checkFeatures(where, options.variables ?? 1, "variables");
    this.signal = checkFeatures(where, options.signal ?? SIGNAL, "signal");
    this.hidden = [...(options.hidden ?? HIDDEN)];
    checkFeatures(where, this.hidden.length, "the number of hidden layers");
    for (const width of this.hidden) checkFeatures(where, width, "each width in hidden");
    this.parameterCount = this.signal + extra;
    const widths = [1 + this.signal, ...this.hidden, 1];
    this.layers = widths.slice(1).map((outputs, i) => {
      const key = i < this.hidden.length || drawsLast ? options.key?.fold(`layers.${i}`) : undefined;
      return new StackedLayer({ variables: this.variables, inputs: widths[i] as number, outputs, key });
    });
  }

  /**
   * The map of parameters `[...batch, v, count]`, which it borrows, of all variables or of those that are named. Throws
   * `ShapeError` for another shape.
   */
  bind(parameters: tf.Tensor, variables?: readonly number[]): Bijection {
    const count = variables?.length ?? this.variables;
    if (parameters.shape.at(-2) !== count) {
      throw new ShapeError(
        `${this.where}.bind: expected parameters of shape [..., ${count}, ${this.parameterCount}], one row for each ` +
          `variable, got shape ${formatShape(parameters.shape)}.`,
      );
    }
    return new BoundBijection(
      this.where,
      this.parameterCount,
      parameters,
      (x, bound, isInverse) => {
        const layers = this.layers.map((layer) => layer.tensors(variables));
        const rows = sizeOf(x.shape) / count;
        const map = this.map(byVariable(tf.reshape(bound, [rows, count, this.parameterCount])), layers);
        const value = byVariable(tf.reshape(x, [rows, count]));
        const back = (result: tf.Tensor): tf.Tensor => tf.reshape(byVariable(result), x.shape);
        if (!isInverse) {
          const [y, logSlope] = map(value);
          return [back(y), back(logSlope)];
        }
        const root = monotoneInverse(map, value);
        return [back(root), tf.neg(back(map(root)[1]))];
      },
      "iterative",
    );
  }

  /** The map of values `[v, rows]` for parameters `[v, rows, count]`. */
  protected abstract map(parameters: tf.Tensor, layers: readonly StackedTensors[]): IncreasingMap;
}

/** The first two axes exchanged. */
function byVariable(x: tf.Tensor): tf.Tensor {
  const [a, b, ...rest] = x.shape as [number, number, ...number[]];
  return a === 1 || b === 1 ? tf.reshape(x, [b, a, ...rest]) : tf.transpose(x, [1, 0, ...rest.map((_, i) => i + 2)]);
}
