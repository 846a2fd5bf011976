import {
  type Bijection,
  ContextError,
  type Distribution,
  type Key,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  formatShape,
  lowerSample,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  refuseToLower,
  requireSampling,
  type SampleRecipe,
} from "@pushforward/core/extend";
import { overflowToMinusInfinity, plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { lowerPushed, pushedRecipe } from "./planned.ts";
import { checkValue, pushedLogProb, pushedSample, pushedSampleAndLogProb, pushedShape } from "./push.ts";

/**
 * A normalizing flow (Rezende and Mohamed 2015, arXiv:1505.05770): a base distribution pushed forward through a
 * bijection `T`. `x = T(u)`, `u ~ base`; `log p(x) = log p_base(T⁻¹(x)) + log|det ∂T⁻¹/∂x|`.
 *
 * It owns base and transform: `dispose()` frees the parameters of both.
 * @example
 * using flow = new Flow(new StandardNormal({ features: 2 }), new AffineElementwise({ features: 2 }));
 * const logProb = flow.logProb([[0, 1], [2, 3]]); // → shape [2]
 * const x = flow.sample(createKey(0), [1000]); // → shape [1000, 2]
 */
export class Flow<Base extends Distribution = Distribution, Transform extends Bijection = Bijection>
  extends AbstractModule
  implements Distribution
{
  readonly base: Base;
  readonly transform: Transform;
  readonly batchShape: Shape;
  readonly eventShape: Shape;

  /**
   * @throws {ContextError} the transform takes a context.
   * @throws {ShapeError} the transform does not take the base's events.
   */
  constructor(base: Base, transform: Transform) {
    super();
    if (transform.contextShape !== undefined) {
      throw new ContextError(
        `Flow: expected a transform without context, got one with context ${formatShape(transform.contextShape)}. ` +
          "Use ConditionalFlow.",
      );
    }
    this.base = base;
    this.transform = transform;
    this.batchShape = base.batchShape;
    this.eventShape = pushedShape("Flow", base.eventShape, transform);
  }

  /** The support of the transform, if its last layer is a `BoxConstraint`. */
  get support(): Bijection | undefined {
    return this.transform.support;
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "Flow.logProb");
      checkValue("Flow.logProb", value, this.batchShape, this.eventShape);
      const planned = plannedLogProb(this, { tensor: value, eventShape: this.eventShape });
      const logProb = planned ?? pushedLogProb(this.base, this.transform, value, undefined);
      return overflowToMinusInfinity(logProb, value, this.eventShape.length);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    requireSampling("Flow.sample", key, sampleShape);
    return tf.tidy(() => pushedSample(this.base, this.transform, key, sampleShape, undefined));
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    requireSampling("Flow.sampleAndLogProb", key, sampleShape);
    return tf.tidy(() => pushedSampleAndLogProb(this.base, this.transform, key, sampleShape, undefined));
  }

  lower(plan: PlanBuilder, value: PlanMatrix): readonly PlanMatrix[] {
    return lowerPushed(plan, this.base, this.transform, value, undefined);
  }

  lowerSample(): SampleRecipe {
    if (this.batchShape.length > 0) refuseToLower("the base has batch axes");
    return pushedRecipe(lowerSample(this.base), this.transform);
  }

  override parameters(): ParameterTree {
    return parameterTree({ base: this.base, transform: this.transform });
  }
}
