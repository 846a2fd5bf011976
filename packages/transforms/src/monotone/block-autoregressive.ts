import type { Codec, Key, Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  AbstractModule,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { monotoneInverse } from "../roots.ts";

/** Sizes and start of a {@link BlockLayer}. */
export interface BlockLayerOptions {
  readonly features: number;
  /** Units of a variable before the layer and behind it. */
  readonly inputs: number;
  readonly outputs: number;
  readonly context: number;
  readonly key: Key | undefined;
  /** Initial sum of the weights of a unit from its own variable. */
  readonly total: number;
  /** If true, the weights from other variables and the context start at nonzero values. */
  readonly mixes: boolean;
}

/** The units of each variable, `[features][rows, units]`. */
type Units = readonly tf.Tensor[];

/**
 * A block linear map between units of variables: a unit has positive weights `exp(diagonal)` from its own variable, any weights
 * from earlier variables, and none from later ones.
 */
class BlockLayer extends AbstractModule {
  /** Logarithms, `[features, inputs, outputs]`. */
  private readonly diagonal: Parameter;
  /** `[features, features, inputs, outputs]`, from the first variable to the second, which must be a later variable. */
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

  /**
   * Returns the contribution of other variables and the context to the units of variable i, `[rows, outputs]` or
   * `[outputs]`.
   */
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

/** Options of {@link BlockAutoregressive}. */
export interface BlockAutoregressiveOptions {
  readonly features: number;
  /** Width of the context. Default: 0, none. */
  readonly context?: number;
  /** Units of each variable in each hidden layer. Default: `[8, 8]`. */
  readonly hidden?: readonly number[];
  /** Draws the weights; without one they are the same for all units. */
  readonly key?: Key;
}

const HIDDEN = [8, 8] as const;
/** Maximum initial deviation of the slope from 1. */
const START = 0.02;

/**
 * A block autoregressive map: one network with weight matrices that are lower triangular in blocks, a block for each
 * pair of variables, with positive blocks on the diagonal: `yᵢ = exp(sᵢ) xᵢ + nᵢ(x₁, …, xᵢ)`, n rising in its last
 * argument. Units are tanh; because of the linear term, the image of the map is all of ℝᵈ. The log-det is the sum of
 * the logarithms of `exp(sᵢ) + ∂nᵢ/∂xᵢ`, products of the diagonal blocks and the slopes of the units.
 *
 * The inverse is computed variable by variable, each by Newton's method in a bracket; its gradient follows from the
 * implicit function. At the start the map is nearly the identity.
 *
 * Shapes: x and y `[...batch, features]`, context `[...batch, context]`, log-det `[...batch]`.
 *
 * @throws {OptionError} a size is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
 * @throws {ContextError} a context of the wrong width, or none for a map that expects one.
 * @see De Cao, Titov and Aziz 2019, Block Neural Autoregressive Flow, https://arxiv.org/abs/1904.04676
 * @example
 * const map = new BlockAutoregressive({ features: 3, hidden: [4], key: createKey(0) });
 * map.forward(tf.zeros([5, 3])); // → shape [5, 3]
 */
export class BlockAutoregressive extends AbstractBijection {
  override readonly inverseKind = "iterative";
  readonly features: number;
  readonly context: number;
  readonly hidden: readonly number[];
  private readonly logScale: Parameter;
  private readonly layers: readonly BlockLayer[];

  constructor(options: BlockAutoregressiveOptions) {
    checkOptions("BlockAutoregressive", options, { features: true, context: true, hidden: true, key: true });
    const { features, context = 0, hidden = HIDDEN, key } = options;
    const n = checkFeatures("BlockAutoregressive", features);
    if (context !== 0) checkFeatures("BlockAutoregressive", context, "context");
    checkFeatures("BlockAutoregressive", hidden.length, "the number of hidden layers");
    for (const width of hidden) checkFeatures("BlockAutoregressive", width, "each width in hidden");
    super("BlockAutoregressive", [n], context);
    this.features = n;
    this.context = context;
    this.hidden = [...hidden];
    this.logScale = parameter([n]);
    const widths = [1, ...hidden, 1];
    this.layers = widths.slice(1).map((outputs, i) => {
      const isLast = i === hidden.length;
      return new BlockLayer({
        features: n,
        inputs: widths[i] as number,
        outputs,
        context,
        key: key?.fold(`layers.${i}`),
        total: isLast ? START : 1,
        mixes: !isLast,
      });
    });
  }

  protected override forwardMap(x: tf.Tensor, context?: tf.Tensor): MapResult {
    return this.byVariable(x, context, (value) => value);
  }

  protected override inverseMap(y: tf.Tensor, context?: tf.Tensor): MapResult {
    const solve = (value: tf.Tensor, map: OneVariable): tf.Tensor =>
      monotoneInverse((x) => {
        const [found, slope] = map(x);
        return [found, tf.log(slope)];
      }, value);
    return this.byVariable(y, context, solve);
  }

  /**
   * Processes the variables in order, so that the earlier variables are known.
   *
   * @param find computes x of a variable from x itself or from the value of its map.
   */
  private byVariable(
    given: tf.Tensor,
    context: tf.Tensor | undefined,
    find: (value: tf.Tensor, map: OneVariable) => tf.Tensor,
  ): MapResult {
    const rows = tf.reshape(given, [-1, this.features]);
    const values = Array.from({ length: this.features }, (_, i) => tf.slice(rows, [0, i], [-1, 1]));
    const contexts = context && tf.reshape(context, [-1, this.context]);
    /** By layer, the units of the variables that are known. */
    const known: tf.Tensor[][] = this.layers.map(() => []);
    const results: tf.Tensor[] = [];
    const logSlopes: tf.Tensor[] = [];
    for (const [i, value] of values.entries()) {
      const map = this.mapOf(i, known, contexts);
      const x = find(value, map);
      const [y, slope] = map(x, (layer, units) => known[layer]?.push(units));
      const isForward = x === value;
      results.push(isForward ? y : x);
      logSlopes.push(isForward ? tf.log(slope) : tf.neg(tf.log(slope)));
    }
    const logDet = tf.sum(tf.concat(logSlopes, 1), 1);
    return [tf.reshape(tf.concat(results, 1), given.shape), tf.reshape(logDet, given.shape.slice(0, -1))];
  }

  private mapOf(i: number, known: readonly Units[], context: tf.Tensor | undefined): OneVariable {
    const pieces = this.layers.map((layer, l) => ({
      around: layer.around(i, known[l] as Units, context),
      own: layer.own(i),
    }));
    const scale = tf.exp(tf.slice(this.logScale.variable, [i], [1]));
    return (x, units) => {
      let h = x;
      let slope: tf.Tensor = tf.onesLike(x);
      for (const [l, { around, own }] of pieces.entries()) {
        units?.(l, h);
        h = tf.add(matMul(h, own), around);
        slope = matMul(slope, own);
        if (l === pieces.length - 1) break;
        h = tf.tanh(h);
        slope = tf.mul(slope, tf.sub(1, tf.square(h)));
      }
      return [tf.add(tf.mul(x, scale), h), tf.add(slope, scale)];
    };
  }
}

/** The map of a single variable and its slope; `units` receives the units before each layer. */
type OneVariable = (
  x: tf.Tensor,
  units?: (layer: number, value: tf.Tensor) => void,
) => [value: tf.Tensor, slope: tf.Tensor];

/** Codec of {@link BlockAutoregressive}. */
export const blockAutoregressiveCodec: Codec<BlockAutoregressive> = classCodec(
  "pushforward/block-autoregressive",
  BlockAutoregressive,
  { features: field.count(), context: field.count({ min: 0 }), hidden: field.counts() },
);
