import {
  type Codec,
  type Distribution,
  DomainError,
  type Json,
  type Key,
  OptionError,
  type Parameter,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  buildPlan,
  checkOptions,
  checkPlanColumns,
  type Direction,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
  parameterTree,
  refuseToLower,
  requireSampling,
  type SampleRecipe,
} from "@pushforward/core/extend";
import { sizeOf } from "@pushforward/core/plain";
import {
  constantScaleStep,
  learnedScaleStep,
  standardNormal,
  standardNormalLogProb,
  standardNormalLogProbStep,
  sumRightmost,
} from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import {
  askedShape,
  broadcastValues,
  checkEvent,
  configArray,
  configCodec,
  hostArray,
  nestedArray,
  optionShape,
  sameShape,
} from "../config.ts";
import type { UnivariateStatistics } from "../univariate/univariate-statistics.ts";
import { normalStatistics } from "./standard-normal.ts";

/** Options of {@link DiagonalNormal}; `mean` and `scale` broadcast with each other and with `[features]`. */
export interface DiagonalNormalOptions {
  /** Size of the event; required only if neither array determines it. */
  readonly features?: number;
  /** `[...batch, features]`, in place of `features`. */
  readonly shape?: Shape;
  /** `[...batch, features]`. Default: 0. */
  readonly mean?: TensorLike;
  /** Standard deviations `[...batch, features]`, all positive. Default: 1. */
  readonly scale?: TensorLike;
  /** Makes mean and scale parameters that start at the given values. */
  readonly learnable?: boolean;
}

interface Location {
  mean(): tf.Tensor;
  scale(): tf.Tensor;
  /** `Σ ln σᵢ` over the event, `[...batch]`. */
  logScaleSum(): tf.Tensor;
}

/**
 * Independent normals, `log p(x) = −½ Σ ((xᵢ − μᵢ)² / σᵢ² + ln 2π) − Σ ln σᵢ`, with event shape `[features]`.
 *
 * Numbers are kept in float64 and belong to the model's config. Tensors are borrowed, and gradients flow into the
 * tensors: a network can compute mean and scale. A tensor scale is not checked. A learnable distribution owns the
 * parameters `mean` and `logScale`.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} mean, scale and features do not broadcast.
 * @example
 * new DiagonalNormal({ mean: [5, 2], scale: [0.2, 1] });
 * new DiagonalNormal({ features: 2, learnable: true });
 */
export class DiagonalNormal extends AbstractModule implements Distribution, UnivariateStatistics {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  readonly learnable: boolean;
  /** The numbers given, broadcast, in float64; absent for tensors. */
  private readonly numbers: { readonly mean: Float64Array; readonly scale: Float64Array } | undefined;
  private readonly owned: { readonly mean: Parameter; readonly logScale: Parameter } | undefined;
  private readonly location: Location;

  constructor(options: DiagonalNormalOptions) {
    checkOptions("DiagonalNormal", options, { features: true, shape: true, mean: true, scale: true, learnable: true });
    super();
    const where = "DiagonalNormal";
    const { mean = 0, scale = 1, learnable = false } = options;
    const asked = askedShape(where, options);
    this.learnable = learnable;
    if (mean instanceof tf.Tensor || scale instanceof tf.Tensor) {
      if (learnable) throw new OptionError(`${where}: expected numbers as start of a learnable one, got a tensor.`);
      const shape = optionShape(where, { features: asked, mean: shapeOf(mean), scale: shapeOf(scale) });
      this.batchShape = shape.slice(0, -1);
      this.eventShape = shape.slice(-1);
      this.location = borrowedLocation(mean, scale, shape);
      return;
    }
    if (learnable && options.mean === undefined && options.scale === undefined) {
      const shape = optionShape(where, { features: asked });
      this.batchShape = shape.slice(0, -1);
      this.eventShape = shape.slice(-1);
      this.owned = { mean: parameter(shape), logScale: parameter(shape) };
      this.location = learnableLocation(this.owned.mean, this.owned.logScale);
      return;
    }
    const hostMean = hostArray(mean, `${where} mean`);
    const hostScale = hostArray(scale, `${where} scale`);
    const bad = hostScale.values.find((value) => value <= 0);
    if (bad !== undefined) throw new DomainError(`${where}: expected positive scales, got ${bad}.`);
    const shape = optionShape(where, { features: asked, mean: hostMean.shape, scale: hostScale.shape });
    this.batchShape = shape.slice(0, -1);
    this.eventShape = shape.slice(-1);
    const numbers = { mean: broadcastValues(hostMean, shape), scale: broadcastValues(hostScale, shape) };
    if (learnable) {
      this.owned = { mean: parameter(shape, numbers.mean), logScale: parameter(shape, numbers.scale.map(Math.log)) };
      this.location = learnableLocation(this.owned.mean, this.owned.logScale);
    } else {
      this.numbers = numbers;
      this.location = fixedLocation(numbers.mean, numbers.scale, shape);
    }
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "DiagonalNormal.logProb");
      checkEvent("DiagonalNormal.logProb", value.shape, this);
      const z = tf.div(tf.sub(value, this.location.mean()), this.location.scale());
      return tf.sub(standardNormalLogProb(z, 1), this.location.logScaleSum());
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => this.place(this.noise(key, sampleShape)));
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const z = this.noise(key, sampleShape);
      return [this.place(z), tf.sub(standardNormalLogProb(z, 1), this.location.logScaleSum())];
    });
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
    if (this.batchShape.length > 0) refuseToLower("DiagonalNormal has batch axes");
    checkPlanColumns("DiagonalNormal", value, sizeOf(this.eventShape));
    const z = this.lowerScale(plan, "inverse", value);
    return [standardNormalLogProbStep(plan, z.value), ...z.logDets];
  }

  lowerSample(): SampleRecipe {
    if (this.batchShape.length > 0) refuseToLower("DiagonalNormal has batch axes");
    const columns = sizeOf(this.eventShape);
    const plan = buildPlan([columns], (builder, [z]) => [this.lowerScale(builder, "forward", z as PlanMatrix).value]);
    return { kind: "pushed", columns, base: { kind: "normal", columns }, plan };
  }

  override parameters(): ParameterTree {
    return parameterTree({ ...this.owned });
  }

  /** The config of a model file. */
  config(): { readonly [key: string]: Json } {
    const shape = [...this.batchShape, ...this.eventShape];
    if (this.learnable) return { learnable: true, shape };
    if (this.numbers === undefined) {
      throw new OptionError("DiagonalNormal: expected numbers to save, got tensors. Make it of numbers, or learnable.");
    }
    const { mean, scale } = this.numbers;
    return { learnable: false, mean: nestedArray(mean, shape), scale: nestedArray(scale, shape) };
  }

  private lowerScale(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    if (this.owned !== undefined) {
      const { mean: shift, logScale: rawScale } = this.owned;
      return learnedScaleStep(plan, direction, value, { rawScale, shift, scale: "exp" });
    }
    if (this.numbers === undefined) return refuseToLower("DiagonalNormal is made of tensors");
    const [shift, scale] = [Array.from(this.numbers.mean), Array.from(this.numbers.scale)];
    return constantScaleStep(plan, direction, value, { shift, scale });
  }

  /** Of the numbers as they are now. */
  private statistics(): UnivariateStatistics {
    return normalStatistics("DiagonalNormal", this, this.numbers ?? this.read());
  }

  private read(): { readonly mean: ArrayLike<number>; readonly scale: ArrayLike<number> } {
    const shape = [...this.batchShape, ...this.eventShape];
    return tf.tidy(() => {
      const [mean, scale] = [this.location.mean(), this.location.scale()].map((t) =>
        tf.broadcastTo(t, shape).dataSync().slice(),
      );
      return { mean: mean as Float32Array, scale: scale as Float32Array };
    });
  }

  private noise(key: Key, sampleShape: Shape): tf.Tensor {
    requireSampling("DiagonalNormal.sample", key, sampleShape);
    const shape = [...sampleShape, ...this.batchShape, ...this.eventShape];
    return standardNormal(key, shape);
  }

  private place(z: tf.Tensor): tf.Tensor {
    return tf.add(tf.mul(z, this.location.scale()), this.location.mean());
  }
}

function fixedLocation(mean: Float64Array, scale: Float64Array, shape: Shape): Location {
  const features = shape.at(-1) as number;
  const batchShape = shape.slice(0, -1);
  const logScaleSum = new Float64Array(sizeOf(batchShape));
  for (let i = 0; i < scale.length; i++) {
    const row = Math.floor(i / features);
    logScaleSum[row] = (logScaleSum[row] as number) + Math.log(scale[i] as number);
  }
  return {
    mean: () => tf.tensor(Float32Array.from(mean), [...shape]),
    scale: () => tf.tensor(Float32Array.from(scale), [...shape]),
    logScaleSum: () => tf.tensor(Float32Array.from(logScaleSum), batchShape),
  };
}

function learnableLocation(mean: Parameter, logScale: Parameter): Location {
  return {
    mean: () => mean.variable,
    scale: () => tf.exp(logScale.variable),
    logScaleSum: () => sumRightmost(logScale.variable, 1),
  };
}

function borrowedLocation(mean: TensorLike, scale: TensorLike, shape: Shape): Location {
  const scaleTensor = (): tf.Tensor => asTensor(scale, "DiagonalNormal");
  return {
    mean: () => asTensor(mean, "DiagonalNormal"),
    scale: scaleTensor,
    // The logarithm comes first: it must be counted once for each feature of the broadcast event.
    logScaleSum: () => sumRightmost(tf.add(tf.log(scaleTensor()), tf.zeros([...shape])), 1),
  };
}

function shapeOf(value: TensorLike): Shape {
  return value instanceof tf.Tensor ? value.shape : hostArray(value, "DiagonalNormal").shape;
}

/** Codec of {@link DiagonalNormal}. */
export const diagonalNormalCodec: Codec<DiagonalNormal> = configCodec(
  "pushforward/diagonal-normal",
  DiagonalNormal,
  (c, type): DiagonalNormalOptions =>
    c.boolean("learnable")
      ? { learnable: true, shape: c.counts("shape") }
      : sameShape(type, { mean: configArray(c, type, "mean"), scale: configArray(c, type, "scale") }),
);
