import {
  type Bijection,
  type ConditionalDistribution,
  ContextError,
  DataError,
  type Distribution,
  OptionError,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  type AtContext,
  asTensor,
  checkOptions,
  formatShape,
  GivenContext,
  isConditionalDistribution,
  lowerBijection,
  lowerSample,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  refuseToLower,
  type SampleRecipe,
  shapesEqual,
} from "@pushforward/core/extend";
import { overflowToMinusInfinity, plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { lowerPushed, pushedRecipe } from "./planned.ts";
import { pushedLogProb, pushedSample, pushedSampleAndLogProb, pushedShape } from "./push.ts";

/** Options of {@link ConditionalFlow}. */
export interface ConditionalFlowOptions {
  /**
   * Maps (forward) a context from the caller's units to the units of the parts: a standardization of raw columns, for
   * instance `invert(new ConstantAffine({ shift: mean, scale: sd }))`. It is part of the model and of its file.
   */
  readonly contextTransform?: Bijection;
}

/**
 * A family of flows indexed by a context `c`: `x = T(u; c)`, `u ~ base`, or `u ~ base(c)`. It has no density of its
 * own; {@link ConditionalFlow.given} returns the distribution at a context.
 *
 * It owns its parts: `dispose()` frees the parameters of all parts.
 * @example
 * using flow = maf({ features: 2, context: 3, key: createKey(0) });
 * const p = flow.given([[1, 0, 0], [0, 1, 0]]); // two contexts: batch shape [2]
 * const x = p.sample(createKey(1), [100]); // → shape [100, 2, 2]
 * const logProb = p.logProb(x); // → shape [100, 2]
 */
export class ConditionalFlow extends AbstractModule implements ConditionalDistribution {
  readonly base: Distribution | ConditionalDistribution;
  readonly transform: Bijection;
  readonly contextTransform?: Bijection;
  readonly contextShape: Shape;

  /**
   * @throws {ContextError} no part takes a context, or the contexts of base and transform differ.
   * @throws {OptionError} the base has batch axes: the context determines the batch axes.
   * @throws {ShapeError} the transform does not take the base's events.
   */
  constructor(
    base: Distribution | ConditionalDistribution,
    transform: Bijection,
    options: ConditionalFlowOptions = {},
  ) {
    checkOptions("ConditionalFlow", options, { contextTransform: true });
    const { contextTransform } = options;
    super();
    const inner = innerContextShape(base, transform);
    if (!isConditionalDistribution(base)) {
      if (base.batchShape.length > 0) {
        throw new OptionError(
          `ConditionalFlow: expected a base without batch axes, got batch shape ${formatShape(base.batchShape)}. ` +
            "Turn them into event axes with independent().",
        );
      }
      pushedShape("ConditionalFlow", base.eventShape, transform);
    }
    this.base = base;
    this.transform = transform;
    if (contextTransform !== undefined) this.contextTransform = contextTransform;
    this.contextShape = contextTransform?.inverseShape(inner) ?? inner;
  }

  /** `true` if the base accepts missing numbers and no other part reads the context. */
  get acceptsMissing(): boolean {
    const { base, transform } = this;
    return transform.contextShape === undefined && isConditionalDistribution(base) && base.acceptsMissing === true;
  }

  /**
   * The distribution at a context `[...batch, ...contextShape]`, with batch shape `[...batch]`. It borrows model and
   * context, owns no tensors and needs no disposal; numbers that are not yet a tensor are copied once per call.
   *
   * @throws {ContextError} the context has a wrong shape.
   * @throws {DataError} numbers that are not yet a tensor are infinite, or NaN if the flow does not accept missing
   * numbers.
   */
  given(context: TensorLike): Distribution {
    // Not of tensors: reading them would cost each step of a training, and what is NaN there stays NaN.
    if (!(context instanceof tf.Tensor)) checkFinite(context, this.acceptsMissing);
    const { transform, contextShape } = this;
    return new GivenContext(context, {
      ...{ where: "ConditionalFlow", contextShape, support: () => transform.support },
      eventShape: (raw) => pushedShape("ConditionalFlow.given", this.partsAt(raw).base.eventShape, transform),
      logProb: (x, { context: raw, eventShape }) => {
        const planned = plannedLogProb(this, { tensor: x, eventShape }, { tensor: raw, eventShape: contextShape });
        const byTensors = (): tf.Tensor => {
          const { base, context: own } = this.partsAt(raw);
          return pushedLogProb(base, transform, x, own);
        };
        return overflowToMinusInfinity(planned ?? byTensors(), x, eventShape.length);
      },
      sample: (key, sampleShape, at) => {
        const { base, context: own } = this.partsAt(at.context);
        return pushedSample(base, transform, key, this.baseSampleShape(base, sampleShape, at), own);
      },
      sampleAndLogProb: (key, sampleShape, at) => {
        const { base, context: own } = this.partsAt(at.context);
        return pushedSampleAndLogProb(base, transform, key, this.baseSampleShape(base, sampleShape, at), own);
      },
    });
  }

  lower(plan: PlanBuilder, value: PlanMatrix, context?: PlanMatrix): readonly PlanMatrix[] {
    const raw = context as PlanMatrix;
    const inner =
      this.contextTransform === undefined ? raw : lowerBijection(this.contextTransform, plan, "forward", raw).value;
    return lowerPushed(plan, this.base, this.transform, value, inner);
  }

  lowerSample(): SampleRecipe {
    const { base, transform, contextTransform } = this;
    // What the transform of the context makes would have to reach the base too.
    if (isConditionalDistribution(base) && contextTransform !== undefined) {
      refuseToLower("the base sees a transformed context");
    }
    return pushedRecipe(lowerSample(base), transform, contextTransform);
  }

  override parameters(): ParameterTree {
    return parameterTree({ base: this.base, transform: this.transform, contextTransform: this.contextTransform });
  }

  /** The context as the parts take it, and the base there, in the caller's tidy. */
  private partsAt(raw: tf.Tensor): { readonly base: Distribution; readonly context: tf.Tensor } {
    const context = this.contextTransform?.forward(raw) ?? raw;
    return { base: isConditionalDistribution(this.base) ? this.base.given(context) : this.base, context };
  }

  /** A conditional base has the batch axes of the context itself. */
  private baseSampleShape(base: Distribution, sampleShape: Shape, { batchShape }: AtContext): Shape {
    return base === this.base ? [...sampleShape, ...batchShape] : sampleShape;
  }
}

function checkFinite(context: TensorLike, acceptsMissing: boolean): void {
  const values = tf.tidy(() => asTensor(context, "ConditionalFlow.given").dataSync());
  const bad = values.findIndex((value) => !Number.isFinite(value) && !(acceptsMissing && Number.isNaN(value)));
  if (bad < 0) return;
  throw new DataError(
    `ConditionalFlow.given: expected a context of finite numbers, got ${values[bad]} at index ${bad}.`,
  );
}

function innerContextShape(base: Distribution | ConditionalDistribution, transform: Bijection): Shape {
  const fromBase = isConditionalDistribution(base) ? base.contextShape : undefined;
  const fromTransform = transform.contextShape;
  const shape = fromTransform ?? fromBase;
  if (shape === undefined) {
    throw new ContextError("ConditionalFlow: expected a transform or a base with a context, got none. Use Flow.");
  }
  if (fromBase !== undefined && !shapesEqual(fromBase, shape)) {
    throw new ContextError(
      `ConditionalFlow: expected base and transform with one context, ` +
        `got ${formatShape(fromBase)} and ${formatShape(shape)}.`,
    );
  }
  return shape;
}
