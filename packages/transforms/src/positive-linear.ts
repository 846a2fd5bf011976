import {
  type Bijection,
  type Codec,
  ConfigReader,
  DomainError,
  defineCodec,
  disposeParameters,
  type Json,
  type Key,
  type Module,
  type Parameter,
  type ParameterTree,
  parameter,
  parameterTree,
  type Shape,
  type ValueAndLogDet,
} from "@pushforward/core";
import { inverse, logAbsDet, matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "./check-features.ts";
import { constantLogDet, onEvent, sameEventShape } from "./on-event.ts";

/** Options of {@link PositiveLinear}. */
export interface PositiveLinearOptions {
  readonly features: number;
  /** Draws the log-weights; without one they are those of the matrix nearest to the identity, see the class. */
  readonly key?: Key;
}

/**
 * A linear map whose matrix has only positive entries: `x = A·u + b`, `A = exp(W)`, `log|det A|` by LU factors.
 *
 * W is stored as `logWeight` `[in, out]`, so that `A_ij = exp(logWeight_ji)`.
 *
 * A positive matrix cannot be the identity. With a key, W starts Xavier-uniform, `U(−√(3/n), √(3/n))`: A is then close
 * to a matrix of ones and mixes all features. Without a key, A starts with 1 on the diagonal and 1/(2n) elsewhere, which
 * is well conditioned. The shift b starts at 0.
 *
 * Shapes: u and x `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @throws {DomainError} the inverse or a log-determinant is asked for and A is singular.
 * @example
 * const mix = new PositiveLinear({ features: 2, key: createKey(1) });
 */
export class PositiveLinear implements Bijection, Module {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "analytic";
  readonly features: number;
  private readonly logWeight: Parameter;
  private readonly shift: Parameter;

  constructor(options: PositiveLinearOptions) {
    const n = checkFeatures("PositiveLinear", options.features);
    this.features = n;
    this.logWeight = parameter([n, n], () => startLogWeight(n, options.key));
    this.shift = parameter([n]);
  }

  forwardShape(eventShape: Shape): Shape {
    return sameEventShape("PositiveLinear.forwardShape", eventShape, [this.features]);
  }

  inverseShape(eventShape: Shape): Shape {
    return sameEventShape("PositiveLinear.inverseShape", eventShape, [this.features]);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("PositiveLinear.forward", x, [this.features], context, (u) => this.push(u, this.weight()));
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    const where = "PositiveLinear.inverse";
    return onEvent(where, y, [this.features], context, (x) => named(where, () => this.pull(x, this.weight())));
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    const where = "PositiveLinear.forwardAndLogDet";
    return onEvent(where, x, [this.features], context, (u): ValueAndLogDet => {
      const weight = this.weight();
      return [
        this.push(u, weight),
        constantLogDet(
          named(where, () => logAbsDet(weight)),
          u,
          1,
        ),
      ];
    });
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    const where = "PositiveLinear.inverseAndLogDet";
    return onEvent(where, y, [this.features], context, (x): ValueAndLogDet => {
      const weight = this.weight();
      const logDet = named(where, () => tf.neg(logAbsDet(weight)));
      return [named(where, () => this.pull(x, weight)), constantLogDet(logDet, x, 1)];
    });
  }

  parameters(): ParameterTree {
    return parameterTree({ logWeight: this.logWeight, shift: this.shift });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private weight(): tf.Tensor {
    return tf.exp(this.logWeight.variable);
  }

  private push(u: tf.Tensor, weight: tf.Tensor): tf.Tensor {
    return tf.add(asRows(u, weight), this.shift.variable);
  }

  private pull(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
    return asRows(tf.sub(x, this.shift.variable), inverse(weight));
  }
}

/** Codec of {@link PositiveLinear}. */
export const positiveLinearCodec: Codec<PositiveLinear, Json> = defineCodec<PositiveLinear, Json>({
  type: "pushforward/positive-linear",
  version: 1,
  is: (value): value is PositiveLinear => value instanceof PositiveLinear,
  encode: (value) => ({ features: value.features }),
  decode: (config) => {
    const reader = new ConfigReader("pushforward/positive-linear", config);
    const features = reader.count("features");
    reader.end();
    return new PositiveLinear({ features });
  },
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

function named<T>(where: string, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError(
      `${where}: expected a matrix exp(logWeight) that is finite and not singular, got another. Lower the learning rate.`,
      { cause: error },
    );
  }
}
