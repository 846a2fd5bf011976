import { type Codec, DomainError, type Key, type Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { inverse, logAbsDet, matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";

/** Options of {@link PositiveLinear}. */
export interface PositiveLinearOptions {
  readonly features: number;
  /** Draws the log-weights. Without a key, the weights start at the matrix nearest to the identity, see the class. */
  readonly key?: Key;
}

/**
 * A linear map by a matrix with only positive entries: `x = A·u + b`, `A = exp(W)`, `log|det A|` by LU factors.
 *
 * W is stored as `logWeight` `[in, out]`, so that `A_ij = exp(logWeight_ji)`.
 *
 * A positive matrix cannot be the identity. With a key, W starts Xavier-uniform, `U(−√(3/n), √(3/n))`: A is then close
 * to a matrix of ones and mixes all features. Without a key, A starts with 1 on the diagonal and 1/(2n) elsewhere,
 * which is well conditioned. The shift b starts at 0.
 *
 * Shapes: u and x `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
 * @throws {DomainError} the inverse or a log-determinant is requested and A is singular.
 * @example
 * const mix = new PositiveLinear({ features: 2, key: createKey(1) });
 */
export class PositiveLinear extends AbstractBijection {
  readonly features: number;
  private readonly logWeight: Parameter;
  private readonly shift: Parameter;

  constructor(options: PositiveLinearOptions) {
    checkOptions("PositiveLinear", options, { features: true, key: true });
    const { features, key } = options;
    const n = checkFeatures("PositiveLinear", features);
    super("PositiveLinear", [n]);
    this.features = n;
    this.logWeight = parameter([n, n], () => startLogWeight(n, key));
    this.shift = parameter([n]);
  }

  protected forwardMap(u: tf.Tensor): MapResult {
    const weight = this.weight();
    return [tf.add(asRows(u, weight), this.shift.variable), invertible(() => logAbsDet(weight))];
  }

  protected inverseMap(x: tf.Tensor): MapResult {
    const weight = this.weight();
    const logDet = invertible(() => tf.neg(logAbsDet(weight)));
    return [invertible(() => asRows(tf.sub(x, this.shift.variable), inverse(weight))), logDet];
  }

  // A singular matrix has a value, and no log-determinant.
  protected override forwardValue(u: tf.Tensor): tf.Tensor {
    return tf.add(asRows(u, this.weight()), this.shift.variable);
  }

  private weight(): tf.Tensor {
    return tf.exp(this.logWeight.variable);
  }
}

/** Codec of {@link PositiveLinear}. */
export const positiveLinearCodec: Codec<PositiveLinear> = classCodec("pushforward/positive-linear", PositiveLinear, {
  features: field.count(),
});

// The product of every event with one matrix, as a product of two matrices whatever the batch axes are.
function asRows(x: tf.Tensor, matrix: tf.Tensor): tf.Tensor {
  return tf.reshape(matMul(tf.reshape(x, [-1, matrix.shape[0] as number]), matrix), x.shape);
}

function startLogWeight(n: number, key: Key | undefined): Float32Array {
  if (key === undefined) {
    return Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 0 : -Math.log(2 * n)));
  }
  const limit = Math.sqrt(3 / n);
  return key.uniform(n * n).map((value) => limit * (2 * value - 1));
}

function invertible<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError(
      "expected a matrix exp(logWeight) that is finite and not singular, got another. Lower the learning rate.",
      { cause: error },
    );
  }
}
