import type { Codec } from "@pushforward/core";
import {
  AbstractElementwise,
  classCodec,
  type Direction,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * The map `y = x`, `log|det| = 0`, of event rank 0. The results are copies that the caller owns.
 *
 * @example
 * new Identity().forward(tf.tensor1d([1, 2])); // → [1, 2]
 */
export class Identity extends AbstractElementwise {
  constructor() {
    super("Identity");
  }

  protected forwardMap(x: Tensor): MapResult {
    return [x, 0];
  }

  protected inverseMap(y: Tensor): MapResult {
    return [y, 0];
  }

  lower(_plan: PlanBuilder, _direction: Direction, value: PlanMatrix): LoweredMap {
    return { value, logDets: [] };
  }
}

/** Codec of {@link Identity}. */
export const identityCodec: Codec<Identity> = classCodec("pushforward/identity", Identity, {});
