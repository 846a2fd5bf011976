import { type Bijection, OptionError, type Parameter } from "@pushforward/core";
import { AbstractElementwise, type MapResult, parameter } from "@pushforward/core/extend";
import { logSumExp } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { monotoneInverse } from "../roots/monotone-inverse.ts";
import { logProbabilities, outsideUnit } from "../unit-interval.ts";

/** Onto what the distribution function of a mixture maps. */
export type CdfRange = "line" | "interval";

/** Options of the distribution functions of mixtures. */
export interface MixtureCdfOptions {
  readonly features: number;
  /** Components of each feature. Default: 8. */
  readonly components?: number;
  /**
   * `"interval"`: the distribution function itself, onto (0, 1). `"line"`: followed by the quantile function of one
   * standard component, onto ℝ, accurate in the tails. Default: `"line"`.
   */
  readonly range?: CdfRange;
}

/** How far from 0 the means start, in standard deviations of the whole. */
const SPREAD = 1.5;

/**
 * The distribution function of a mixture of K components of one symmetric kind for each feature, `F(x) = Σ w_k G((x − m_k)/s_k)`,
 * or `G⁻¹(F(x))`. A subclass gives the standard component G.
 */
export abstract class AbstractMixtureCdf extends AbstractElementwise {
  override readonly inverseKind = "iterative";
  readonly features: number;
  readonly components: number;
  readonly range: CdfRange;
  private readonly logit: Parameter;
  private readonly mean: Parameter;
  private readonly logScale: Parameter;

  protected constructor(label: string, options: MixtureCdfOptions, deviation: number) {
    const { features, components = 8, range = "line" } = options;
    super(label, [checkFeatures(label, features)]);
    if (range !== "line" && range !== "interval") {
      throw new OptionError(`${label}: expected range to be "line" or "interval", got ${JSON.stringify(range)}.`);
    }
    this.features = features;
    this.components = checkFeatures(label, components, "components");
    this.range = range;
    const shape = [features, components];
    this.logit = parameter(shape);
    // Evenly spaced means, so that components differ, and scales with which the whole has the variance of one component.
    const scale = Math.sqrt(1 - (SPREAD ** 2 * (1 - components ** -2)) / 3);
    this.mean = parameter(shape, () =>
      Float32Array.from({ length: features * components }, (_, i) => {
        return deviation * SPREAD * ((2 * (i % components) + 1) / components - 1);
      }),
    );
    this.logScale = parameter(shape, () => new Float32Array(features * components).fill(Math.log(scale)));
  }

  /** (0, 1), where that is what the map reaches. */
  get support(): Bijection | undefined {
    return this.range === "interval" ? this : undefined;
  }

  /** log G. */
  protected abstract logCdf(z: tf.Tensor): tf.Tensor;

  /** log of the density of G. */
  protected abstract logDensity(z: tf.Tensor): tf.Tensor;

  /** `G⁻¹(p)` from log p and log(1 − p). */
  protected abstract quantile(logP: tf.Tensor, logRest: tf.Tensor): tf.Tensor;

  protected forwardMap(x: tf.Tensor): MapResult {
    if (this.range === "line") return this.toLine(x);
    const { z, logWeight } = this.standardized(x);
    return [tf.exp(logSumExp(tf.add(logWeight, this.logCdf(z)), -1)), this.logMixture(z, logWeight)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    // Onto the line the map has slopes of one size, far out too.
    const onLine = this.range === "line" ? y : this.quantile(...logProbabilities(y));
    const x = monotoneInverse((at) => this.toLine(at), onLine);
    if (this.range === "line") return [x, tf.neg(this.toLine(x)[1])];
    const { z, logWeight } = this.standardized(x);
    return [x, outsideUnit(y, tf.neg(this.logMixture(z, logWeight)))];
  }

  private toLine(x: tf.Tensor): [value: tf.Tensor, logSlope: tf.Tensor] {
    const { z, logWeight } = this.standardized(x);
    const logP = logSumExp(tf.add(logWeight, this.logCdf(z)), -1);
    const logRest = logSumExp(tf.add(logWeight, this.logCdf(tf.neg(z))), -1);
    const y = this.quantile(logP, logRest);
    return [y, tf.sub(this.logMixture(z, logWeight), this.logDensity(y))];
  }

  private logMixture(z: tf.Tensor, logWeight: tf.Tensor): tf.Tensor {
    return logSumExp(tf.add(tf.sub(logWeight, this.logScale.variable), this.logDensity(z)), -1);
  }

  private standardized(x: tf.Tensor): { z: tf.Tensor; logWeight: tf.Tensor } {
    const z = tf.div(tf.sub(tf.expandDims(x, -1), this.mean.variable), tf.exp(this.logScale.variable));
    return { z, logWeight: tf.logSoftmax(this.logit.variable) };
  }
}
