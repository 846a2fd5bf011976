import { type Codec, DomainError, type Key, OptionError, type Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  currentTrace,
  currentTraining,
  describeValue,
  field,
  type LoopBody,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import {
  activateWithSlope,
  inverse,
  iterate,
  logAbsDet,
  matMul,
  networkTangents,
  randomSigns,
  stopGradient,
  withoutGradient,
} from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";

const MOST_STEPS = 200;
const TOLERANCE = 1e-9;

/**
 * The largest singular value of a matrix `[n, m]`, a scalar, by power iteration in float64 until convergence. It is
 * never above the true value. If the two largest singular values are close, it may be below the true value by 1 %. The
 * gradient is `u vᵀ` of its vectors.
 */
export function spectralNorm(matrix: tf.Tensor): tf.Tensor {
  const [n, m] = matrix.shape as [number, number];
  const norm = tf.customGrad((input, save) => {
    const { value, left, right } = largest((input as tf.Tensor).dataSync(), n, m);
    (save as tf.GradSaveFunc)([tensorOf(left, [n, 1]), tensorOf(right, [1, m])]);
    return {
      value: tf.scalar(value),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.mul(saved[0] as tf.Tensor, saved[1] as tf.Tensor)),
    };
  });
  return norm(matrix);
}

interface Triplet {
  readonly value: number;
  readonly left: Float64Array;
  readonly right: Float64Array;
}

function largest(w: ArrayLike<number>, n: number, m: number): Triplet {
  // A start with no symmetry, which no singular vector is likely to be orthogonal to.
  const right = Float64Array.from({ length: m }, (_, j) => 1 + 0.5 * Math.sin(1 + 3 * j));
  const left = new Float64Array(n);
  let value = 0;
  normalize(right);
  for (let step = 0; step < MOST_STEPS; step++) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += (w[i * m + j] as number) * (right[j] as number);
      left[i] = sum;
    }
    const found = normalize(left);
    if (!(found > 0)) return { value: found, left, right };
    right.fill(0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) right[j] = (right[j] as number) + (w[i * m + j] as number) * (left[i] as number);
    }
    normalize(right);
    if (Math.abs(found - value) <= TOLERANCE * found) return { value: found, left, right };
    value = found;
  }
  return { value, left, right };
}

/** To length 1; its length before. */
function normalize(vector: Float64Array): number {
  const length = Math.hypot(...vector);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
  return length;
}

function tensorOf(values: Float64Array, shape: [number, number]): tf.Tensor {
  return tf.tensor2d(Float32Array.from(values), shape);
}

/** Terms of the series that are always there. */
const CERTAIN = 4;
/** The chance of each further term. */
const MORE = 0.5;

/**
 * An unbiased estimate of `log det(I + J) = Σₖ (−1)ᵏ⁺¹ tr(Jᵏ)/k` for each row, `[rows]`: traces by one probe of random signs
 * (Hutchinson 1989), a randomly truncated series, with terms after the first four divided by the probability of their
 * inclusion.
 *
 * @param push the product of each row with its J.
 * @see Chen et al. 2019, https://arxiv.org/abs/1906.02735
 */
function traceEstimate(
  push: (tangents: tf.Tensor) => tf.Tensor,
  [rows, features]: readonly [number, number],
  key: Key,
): tf.Tensor {
  const [ofProbe, ofEnd] = key.split() as [Key, Key];
  const probe = randomSigns(ofProbe, [rows, features]);
  const further = Math.floor(Math.log(1 - (ofEnd.uniform(1)[0] as number)) / Math.log(MORE));
  let tangent: tf.Tensor = probe;
  let sum: tf.Tensor = tf.zeros([rows]);
  for (let k = 1; k <= CERTAIN + further; k++) {
    tangent = push(tangent);
    const weight = (k % 2 === 1 ? 1 : -1) / (k * MORE ** Math.max(0, k - CERTAIN));
    sum = tf.add(sum, tf.mul(tf.sum(tf.mul(tangent, probe), 1), weight));
  }
  return sum;
}

/**
 * `log det(I + J)` of matrices `[rows, n, n]` with a norm of J below 1, by tensor operations, for where these are written
 * down: elimination without a choice of pivots, which such matrices do not need, because their symmetric part is positive
 * definite (Golub and Van Loan 2013, §4.1.4).
 */
function tracedLogDet(matrix: tf.Tensor): tf.Tensor {
  const n = matrix.shape[2] as number;
  const rows = matrix.shape[0] as number;
  let rest = matrix;
  let logDet: tf.Tensor | undefined;
  for (let k = 0; k < n; k++) {
    const left = n - 1 - k;
    const part = (from: [number, number], size: [number, number]): tf.Tensor =>
      tf.slice(rest, [0, ...from], [rows, ...size]);
    const pivot = part([0, 0], [1, 1]);
    const log = tf.reshape(tf.log(tf.abs(pivot)), [rows]);
    logDet = logDet === undefined ? log : tf.add(logDet, log);
    if (left === 0) break;
    const column = tf.div(part([1, 0], [left, 1]), pivot);
    rest = tf.sub(part([1, 1], [left, left]), matMul(column, part([0, 1], [1, left])));
  }
  return logDet as tf.Tensor;
}

/** Options of {@link ContractiveResidual}. */
export interface ContractiveResidualOptions {
  readonly features: number;
  /** Width of the context. Default: 0, none. */
  readonly context?: number;
  /** Widths of the hidden layers. Default: `[64, 64]`. */
  readonly hidden?: readonly number[];
  /** `"silu"`, divided by 1.1 so that its slope is at most 1, or `"tanh"`. Default: `"silu"`. */
  readonly activation?: "silu" | "tanh";
  /** The largest Lipschitz constant of the network, above 0 and up to 0.97. Default: 0.9. */
  readonly lipschitz?: number;
  /** For more features than this, the log-det in a step of training is an unbiased estimate. Default: 16. */
  readonly exactUpTo?: number;
  /** Key of the weights except the last layer, which is 0; without it all are 0. */
  readonly key?: Key;
}

const HIDDEN = [64, 64] as const;
const LIPSCHITZ = 0.9;
/** Beyond, an error of 1 % of a norm could make the map not invertible. */
const LARGEST_LIPSCHITZ = 0.97;
const EXACT_UP_TO = 16;
/** Of silu: its largest slope is 1.0998. */
const SILU_SCALE = 1 / 1.1;
/** Maximum excess of a spectral norm over its power iteration estimate. */
const WORST_NORM = 1.01;
/** An iteration has converged if no value moves by more than this, relative to max(1, |x|, |y|), … */
const STILL = 2e-7;
/** … or if its error is this part of the initial error, and it moves by no more than this. */
const DIGITS = 1e-8;
const ROUNDING = 1e-4;

/**
 * A residual map `y = x + g(x)` with a network g with Lipschitz constant below 1, which is invertible: each weight
 * matrix with a spectral norm above the L-th root of `lipschitz` is rescaled. The last layer is initialized with 0, the
 * identity.
 *
 * The log-det is the log-det of the exact Jacobian, from one tangent for each feature. In a training step with more
 * than `exactUpTo` features it is instead an unbiased estimate of the power series of `tr log(I + J)`, with random
 * signs as probes and a random number of terms. The inverse is the fixed point of `x = y − g(x)`, with the gradient of
 * the implicit function.
 *
 * Shapes: x and y `[...batch, features]`, context `[...batch, context]`, log-det `[...batch]`.
 *
 * @throws {OptionError} a size is not an integer of at least 1, or `lipschitz` is out of range.
 * @throws {ShapeError} wrong event shape of a value.
 * @throws {ContextError} wrong width of the context, or missing context.
 * @throws {DomainError} from inverses, if the iteration does not converge within 1e-4.
 * @see Behrmann et al. 2019, Invertible Residual Networks, https://arxiv.org/abs/1811.00995; Chen et al. 2019, Residual
 * Flows for Invertible Generative Modeling, https://arxiv.org/abs/1906.02735
 * @example
 * const map = new ContractiveResidual({ features: 3, hidden: [8], key: createKey(0) });
 * map.forward(tf.tensor1d([1, 2, 3])); // → [1, 2, 3]
 */
export class ContractiveResidual extends AbstractBijection {
  override readonly inverseKind = "iterative";
  readonly features: number;
  readonly context: number;
  readonly hidden: readonly number[];
  readonly activation: "silu" | "tanh";
  readonly lipschitz: number;
  readonly exactUpTo: number;
  private readonly weights: readonly Parameter[];
  private readonly biases: readonly Parameter[];
  private readonly contextWeight?: Parameter;

  constructor(options: ContractiveResidualOptions) {
    checkOptions("ContractiveResidual", options, {
      features: true,
      context: true,
      hidden: true,
      activation: true,
      lipschitz: true,
      exactUpTo: true,
      key: true,
    });
    const { features, context = 0, hidden = HIDDEN, activation = "silu", key } = options;
    const { lipschitz = LIPSCHITZ, exactUpTo = EXACT_UP_TO } = options;
    const where = "ContractiveResidual";
    const n = checkFeatures(where, features);
    if (context !== 0) checkFeatures(where, context, "context");
    for (const width of hidden) checkFeatures(where, width, "each width in hidden");
    checkFeatures(where, hidden.length, "the number of hidden layers");
    checkFeatures(where, exactUpTo, "exactUpTo");
    if (!(lipschitz > 0 && lipschitz <= LARGEST_LIPSCHITZ)) {
      throw new OptionError(
        `${where}: expected lipschitz above 0 and up to ${LARGEST_LIPSCHITZ}, got ${describeValue(lipschitz)}.`,
      );
    }
    if (activation !== "silu" && activation !== "tanh") {
      throw new OptionError(`${where}: expected activation to be "silu" or "tanh", got ${JSON.stringify(activation)}.`);
    }
    super(where, [n], context);
    this.features = n;
    this.context = context;
    this.hidden = [...hidden];
    this.activation = activation;
    this.lipschitz = lipschitz;
    this.exactUpTo = exactUpTo;
    const widths = [n, ...hidden, n];
    const draw = (name: string, count: number, inputs: number) =>
      key &&
      (() =>
        key
          .fold(name)
          .uniform(count)
          .map((u) => (2 * u - 1) / Math.sqrt(inputs)));
    const layers = widths.slice(1).map((outputs, i) => ({ inputs: widths[i] as number, outputs, i }));
    const start = (what: string, count: number, { inputs, i }: { readonly inputs: number; readonly i: number }) =>
      i < hidden.length ? draw(`${what}.${i}`, count, inputs) : undefined;
    this.weights = layers.map((layer) => {
      const { inputs, outputs } = layer;
      return parameter([inputs, outputs], start("weight", inputs * outputs, layer));
    });
    this.biases = layers.map((layer) => parameter([layer.outputs], start("bias", layer.outputs, layer)));
    const first = widths[1] as number;
    if (context > 0) this.contextWeight = parameter([context, first], draw("context", context * first, context));
  }

  protected override forwardMap(x: tf.Tensor, context?: tf.Tensor): MapResult {
    const pass = this.network(context)(rowsOf(x));
    return [tf.add(x, tf.reshape(pass.value, x.shape)), tf.reshape(this.logDet(pass), x.shape.slice(0, -1))];
  }

  protected override forwardValue(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.add(x, tf.reshape(this.network(context)(rowsOf(x)).value, x.shape));
  }

  protected override inverseMap(y: tf.Tensor, context?: tf.Tensor): MapResult {
    const network = this.network(context);
    const x = this.solve(rowsOf(y), network);
    const logDet = logDetOf(this.jacobian(network(x)));
    return [tf.reshape(x, y.shape), tf.neg(tf.reshape(logDet, y.shape.slice(0, -1)))];
  }

  protected override inverseValue(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.reshape(this.solve(rowsOf(y), this.network(context)), y.shape);
  }

  /** g on rows, with its weights normalized once. */
  private network(context: tf.Tensor | undefined): (x: tf.Tensor) => Pass {
    const limit = this.lipschitz ** (1 / this.weights.length);
    const weights = this.weights.map(({ variable }) => {
      const norm = spectralNorm(variable);
      return tf.mul(variable, tf.div(limit, tf.maximum(norm, limit)));
    });
    const ofContext = context && matMul(rowsOf(context), (this.contextWeight as Parameter).variable);
    return (x) => {
      let h = x;
      const slopes: tf.Tensor[] = [];
      for (const [i, weight] of weights.entries()) {
        h = tf.add(matMul(h, weight), (this.biases[i] as Parameter).variable);
        if (i === 0 && ofContext !== undefined) h = tf.add(h, ofContext);
        if (i === weights.length - 1) break;
        const [value, slope] = this.activate(h);
        h = value;
        slopes.push(slope);
      }
      return { value: h, slopes, weights };
    };
  }

  private activate(a: tf.Tensor): readonly [value: tf.Tensor, slope: tf.Tensor] {
    const [value, slope] = activateWithSlope(a, this.activation);
    return this.activation === "tanh" ? [value, slope] : [tf.mul(value, SILU_SCALE), tf.mul(slope, SILU_SCALE)];
  }

  private logDet(pass: Pass): tf.Tensor {
    const training = this.features > this.exactUpTo ? currentTraining() : undefined;
    const key = training?.keyOf(this.weights[0] as Parameter);
    if (key === undefined) return logDetOf(this.jacobian(pass));
    return traceEstimate(
      (tangents) => networkTangents(tangents, pass.weights, pass.slopes),
      pass.value.shape as [number, number],
      key,
    );
  }

  /** `∂y_out/∂x_in` at each row, `[rows, in, out]`. */
  private jacobian(pass: Pass): tf.Tensor {
    const unit = tf.eye(this.features);
    const tangents = tf.tile(tf.expandDims(unit, 1), [1, pass.value.shape[0] as number, 1]);
    return tf.add(tf.transpose(networkTangents(tangents, pass.weights, pass.slopes), [1, 0, 2]), unit);
  }

  /** x of rows y, with the gradients of the implicit function. */
  private solve(y: tf.Tensor, network: (x: tf.Tensor) => Pass): tf.Tensor {
    const root = fixedPoint(y, (x) => network(x).value, this.lipschitz);
    // Nothing but a gradient follows.
    if (currentTrace() !== undefined) return root;
    const pass = network(root);
    const rest = tf.sub(tf.sub(y, root), pass.value);
    // 0, with the gradient of the equation.
    const zero = tf.expandDims(tf.sub(rest, stopGradient(rest)), 1);
    const slope = inverse(stopGradient(this.jacobian(pass)));
    return tf.add(root, tf.squeeze(matMul(zero, slope), [1]));
  }
}

function logDetOf(jacobian: tf.Tensor): tf.Tensor {
  return currentTrace() === undefined ? logAbsDet(jacobian) : tracedLogDet(jacobian);
}

/** State of a network pass: its value `[rows, features]`, the slopes of its units, and its normalized weights. */
interface Pass {
  readonly value: tf.Tensor;
  readonly slopes: readonly tf.Tensor[];
  readonly weights: readonly tf.Tensor[];
}

/**
 * The fixed point of `x = y − g(x)`, without a gradient. It stops when values are constant, or after the number of
 * steps that reduces an error below float32 precision for this Lipschitz constant. Later changes are rounding.
 */
function fixedPoint(y: tf.Tensor, g: (x: tf.Tensor) => tf.Tensor, lipschitz: number): tf.Tensor {
  const most = Math.ceil(Math.log(DIGITS) / Math.log(lipschitz * WORST_NORM));
  return withoutGradient(y, (goal) => {
    const body: LoopBody = (state) => {
      const [x] = state as [tf.Tensor];
      const next = tf.sub(goal, g(x));
      const size = tf.maximum(tf.maximum(tf.abs(next), tf.abs(goal)), 1);
      const change = tf.div(tf.abs(tf.sub(next, x)), size);
      // What is not a number does not move.
      const moved = tf.max(tf.where(tf.isNaN(change), 0, change), -1);
      return { state: [next, moved], goesOn: tf.greater(moved, STILL) };
    };
    const start = [goal, tf.fill([goal.shape[0] as number], Number.POSITIVE_INFINITY)];
    const [x, moved] = iterate(start, body, most) as [tf.Tensor, tf.Tensor];
    if (currentTrace() === undefined) {
      const farthest = Math.max(0, ...moved.dataSync());
      if (farthest > ROUNDING) {
        throw new DomainError(`expected an inverse within ${ROUNDING}, got within ${farthest}.`);
      }
    }
    return x;
  });
}

function rowsOf(x: tf.Tensor): tf.Tensor {
  return tf.reshape(x, [-1, x.shape.at(-1) as number]);
}

/** Codec of {@link ContractiveResidual}. */
export const contractiveResidualCodec: Codec<ContractiveResidual> = classCodec(
  "pushforward/contractive-residual",
  ContractiveResidual,
  {
    features: field.count(),
    context: field.count({ min: 0 }),
    hidden: field.counts(),
    activation: field.oneOf("silu", "tanh"),
    lipschitz: field.number(),
    exactUpTo: field.count(),
  },
);
