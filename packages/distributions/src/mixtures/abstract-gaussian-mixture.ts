import {
  type ConditionalDistribution,
  ContextError,
  type Distribution,
  type Json,
  type Key,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  broadcastShapes,
  type ConfigReader,
  checkPlanColumns,
  GivenContext,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  refuseToLower,
  sizeOf,
} from "@pushforward/core/extend";
import { plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { GaussianComponents, type GaussianStart } from "./gaussian-components.ts";

/** Base class of Gaussian mixtures: its parameters are the parameters of the components. */
export abstract class AbstractGaussianMixture extends AbstractModule {
  /** Number of components; with classes, number per class. */
  readonly components: number;
  readonly learnable: boolean;
  protected readonly gaussians: GaussianComponents;

  constructor(start: GaussianStart, classes: number | undefined, learnable = false) {
    super();
    this.components = start.components;
    this.learnable = learnable;
    this.gaussians = new GaussianComponents(start, classes, learnable);
  }

  override parameters(): ParameterTree {
    return parameterTree(this.gaussians.parts());
  }
}

/** Reads the common options from a model file; the numbers are parameters. */
export function storedSizes(config: ConfigReader): {
  readonly components: number;
  readonly features: number;
  readonly learnable: boolean;
} {
  return {
    components: config.count("components"),
    features: config.count("features"),
    learnable: config.boolean("learnable"),
  };
}

/** Parts of a mixture given a context. */
interface ConditionalParts {
  /** Its name in errors. */
  readonly where: string;
  readonly start: GaussianStart;
  /** Absent where the components are of no classes. */
  readonly classes?: number;
  /** Size of the event. */
  readonly features: number;
  readonly contextFeatures: number;
  /** The columns of the context that the mixture sees, and their name in a model file. */
  readonly columns: readonly number[];
  readonly columnsName: string;
  readonly learnable: boolean | undefined;
  /** Adds the log-density to a plan. */
  readonly step: (
    plan: PlanBuilder,
    value: PlanMatrix,
    mixture: GaussianComponents,
    seen: { readonly context: PlanMatrix; readonly columns: readonly number[] },
  ) => PlanMatrix;
}

/** Base class of the mixtures of normals that see some columns of a context. */
export abstract class AbstractConditionalGaussianMixture
  extends AbstractGaussianMixture
  implements ConditionalDistribution
{
  readonly contextShape: Shape;
  /** Size of the event. */
  readonly features: number;
  private readonly parts: Pick<ConditionalParts, "where" | "columns" | "columnsName" | "step">;

  constructor(parts: ConditionalParts) {
    super(parts.start, parts.classes, parts.learnable);
    this.features = parts.features;
    this.contextShape = [parts.contextFeatures];
    const { where, columns, columnsName, step } = parts;
    this.parts = { where, columns, columnsName, step };
  }

  /**
   * The distribution at a context `[...batch, contextFeatures]`, with batch shape `[...batch]`.
   *
   * @throws {ContextError} the context has a wrong shape.
   */
  given(context: TensorLike): Distribution {
    const { contextShape, features } = this;
    const width = contextShape[0] as number;
    return new GivenContext(context, {
      ...{ where: this.parts.where, contextShape, eventShape: [features] },
      logProb: (x, { context: raw, batchShape, eventShape }) => {
        const planned = plannedLogProb(this, { tensor: x, eventShape }, { tensor: raw, eventShape: contextShape });
        if (planned !== undefined) return planned;
        const batch = [...(broadcastShapes(x.shape.slice(0, -1), batchShape) as Shape)];
        const rows = (tensor: tf.Tensor, columns: number): tf.Tensor =>
          tf.reshape(tf.broadcastTo(tensor, [...batch, columns]), [sizeOf(batch), columns]);
        return tf.reshape(this.logProb(rows(x, features), this.seen(rows(raw, width))), batch);
      },
      sample: (key, sampleShape, { context: raw, batchShape }) => {
        const rows = tf.reshape(raw, [sizeOf(batchShape), width]);
        const draws = this.sample(key, this.seen(rows), sizeOf(sampleShape));
        return tf.reshape(draws, [...sampleShape, ...batchShape, features]);
      },
    });
  }

  lower(plan: PlanBuilder, value: PlanMatrix, context?: PlanMatrix): readonly PlanMatrix[] {
    const { where, columns, step } = this.parts;
    checkPlanColumns(where, value, this.features);
    if (context === undefined) return refuseToLower(`${where} has no context`);
    return [step(plan, value, this.gaussians, { context, columns })];
  }

  /** The config of a model file; the numbers are parameters, of a fixed mixture as well. */
  config(): { readonly [key: string]: Json } {
    const { components, learnable, contextShape } = this;
    const { columns, columnsName } = this.parts;
    return {
      components,
      features: this.gaussians.features,
      contextFeatures: contextShape[0] as number,
      [columnsName]: [...columns],
      learnable,
    };
  }

  /** `[rows]` of x `[rows, features]` and the columns of the context that the mixture sees, in the caller's tidy. */
  protected abstract logProb(x: tf.Tensor, seen: tf.Tensor): tf.Tensor;

  /** `copies` samples at each of the contexts, `[copies · count, features]`. */
  protected abstract sample(key: Key, seen: tf.Tensor, copies: number): tf.Tensor;

  private seen(context: tf.Tensor): tf.Tensor {
    return tf.gather(context, tf.tensor1d([...this.parts.columns], "int32"), 1);
  }
}

/** A columns option: distinct places in a context. All, unless given. */
export function contextColumns(
  where: string,
  contextFeatures: number,
  columns: readonly number[] = Array.from({ length: contextFeatures }, (_, i) => i),
): readonly number[] {
  const seen = new Set<number>();
  const bad = columns.find((column) => {
    const isBad = !Number.isInteger(column) || column < 0 || column >= contextFeatures || seen.has(column);
    seen.add(column);
    return isBad;
  });
  if (columns.length === 0 || bad !== undefined) {
    throw new ContextError(
      `${where}: expected different columns of a context of ${contextFeatures}, got ${columns.length === 0 ? "none" : bad}.`,
    );
  }
  return [...columns];
}
