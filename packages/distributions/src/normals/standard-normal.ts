import type { Codec, Distribution, Key, Shape, TensorLike } from "@pushforward/core";
import {
  asTensor,
  ConfigReader,
  checkOptions,
  checkPlanColumns,
  defineCodec,
  type PlanBuilder,
  type PlanMatrix,
  requireSampling,
  type SampleRecipe,
  sizeOf,
} from "@pushforward/core/extend";
import { standardNormal, standardNormalLogProb, standardNormalLogProbStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkAxis, checkEvent, checkFeatures } from "../config/event-shape.ts";
import type { UnivariateStatistics } from "../univariate/univariate-statistics.ts";
import { normalStatistics } from "./normal-statistics.ts";

/** The event: `features` numbers in a row, or any `shape` (`[]`: one number). */
export type StandardNormalOptions = { readonly features: number } | { readonly shape: Shape };

/**
 * Independent standard normals, `log p(x) = −½ Σ (xᵢ² + ln 2π)`.
 *
 * @throws {OptionError} `features` or an axis of `shape` is not a positive integer.
 * @example
 * const base = new StandardNormal({ features: 2 });
 * base.logProb([0, 0]); // → -1.8379
 */
export class StandardNormal implements Distribution, UnivariateStatistics {
  readonly batchShape: Shape = [];
  readonly eventShape: Shape;

  constructor(options: StandardNormalOptions) {
    checkOptions("StandardNormal", options, { features: true, shape: true });
    if ("features" in options) {
      this.eventShape = [checkFeatures("StandardNormal", options.features)];
    } else {
      for (const axis of options.shape) checkAxis("StandardNormal", axis);
      this.eventShape = [...options.shape];
    }
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "StandardNormal.logProb");
      checkEvent("StandardNormal.logProb", value.shape, this);
      return standardNormalLogProb(value, this.eventShape.length);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    requireSampling("StandardNormal.sample", key, sampleShape);
    const shape = [...sampleShape, ...this.eventShape];
    return standardNormal(key, shape);
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    const sample = this.sample(key, sampleShape);
    return [sample, this.logProb(sample)];
  }

  cdf(x: TensorLike): tf.Tensor {
    return this.statistics().cdf(x);
  }

  icdf(p: TensorLike): tf.Tensor {
    return this.statistics().icdf(p);
  }

  mean(): tf.Tensor {
    return this.statistics().mean();
  }

  variance(): tf.Tensor {
    return this.statistics().variance();
  }

  entropy(): tf.Tensor {
    return this.statistics().entropy();
  }

  lower(plan: PlanBuilder, value: PlanMatrix): readonly PlanMatrix[] {
    checkPlanColumns("StandardNormal", value, sizeOf(this.eventShape));
    return [standardNormalLogProbStep(plan, value)];
  }

  lowerSample(): SampleRecipe {
    return { kind: "normal", columns: sizeOf(this.eventShape) };
  }

  private statistics(): UnivariateStatistics {
    const ones = new Float64Array(sizeOf(this.eventShape)).fill(1);
    return normalStatistics("StandardNormal", this, { mean: ones.map(() => 0), scale: ones });
  }
}

/** Codec of {@link StandardNormal}. */
export const standardNormalCodec: Codec<StandardNormal, { readonly shape: readonly number[] }> = defineCodec({
  type: "pushforward/standard-normal",
  version: 1,
  is: (value): value is StandardNormal => value instanceof StandardNormal,
  encode: (value) => ({ shape: [...value.eventShape] }),
  decode: (config) => {
    const c = new ConfigReader("pushforward/standard-normal", config);
    const shape = c.counts("shape");
    c.end();
    return new StandardNormal({ shape });
  },
});
