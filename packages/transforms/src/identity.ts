import {
  type Bijection,
  type Codec,
  ConfigReader,
  type Direction,
  defineCodec,
  type Json,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
  type Shape,
  type ValueAndLogDet,
} from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { onEvent } from "./on-event.ts";

/**
 * The map `y = x`, `log|det| = 0`, of event rank 0. The results are copies that the caller owns.
 *
 * @example
 * const layer = permute ? reversePermutation(3) : new Identity();
 */
export class Identity implements Bijection {
  readonly eventRankIn = 0;
  readonly eventRankOut = 0;
  readonly inverseKind = "analytic";

  forwardShape(eventShape: Shape): Shape {
    return eventShape;
  }

  inverseShape(eventShape: Shape): Shape {
    return eventShape;
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("Identity.forward", x, [], context, (value) => tf.clone(value));
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("Identity.inverse", y, [], context, (value) => tf.clone(value));
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("Identity.forwardAndLogDet", x, [], context, copyAndZeros);
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("Identity.inverseAndLogDet", y, [], context, copyAndZeros);
  }

  lower(_plan: PlanBuilder, _direction: Direction, value: PlanMatrix): LoweredMap {
    return { value, logDets: [] };
  }
}

/** Codec of {@link Identity}. */
export const identityCodec: Codec<Identity, Json> = defineCodec<Identity, Json>({
  type: "pushforward/identity",
  version: 1,
  is: (value): value is Identity => value instanceof Identity,
  encode: () => ({}),
  decode: (config) => {
    new ConfigReader("pushforward/identity", config).end();
    return new Identity();
  },
});

function copyAndZeros(value: tf.Tensor): ValueAndLogDet {
  return [tf.clone(value), tf.zeros(value.shape)];
}
