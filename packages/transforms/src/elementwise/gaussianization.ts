import {
  type Bijection,
  type BijectionFamily,
  type Codec,
  type GaussianizationForm,
  OptionError,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  checkOptions,
  classCodec,
  type Direction,
  field,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import type { GaussianizationSettings } from "@pushforward/core/plain";
import { gaussianizationStep, logSumExp, type NamedKernel, runNamedKernel, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { BoundBijection, withNumbers } from "../families/bound-bijection.ts";
import { monotoneInverse } from "../roots.ts";
import { columns } from "../splines/piecewise-splines.ts";
import { logNormalCdf, logNormalDensity, normalQuantile } from "./normal-cdf.ts";

/** Options of {@link gaussianization}. */
export interface GaussianizationOptions {
  /** Number of components. Default: 8. */
  readonly components?: number;
  /** How the mixture follows from the parameters. */
  readonly form?: Partial<GaussianizationForm>;
}

const COMPONENTS = 8;
const WEIGHTS = ["learned", "equal"] as const;
const SPREAD = 1.5;
const LIMIT = 5;
/** Relative to the largest weight. */
const SMALLEST_LOG_WEIGHT = -600;

/**
 * The family of maps that make a mixture of normals normal, with `3·components` parameters: K shifts, K log-scales and
 * K logits of weights,
 *
 *     y = Φ⁻¹(Σₖ wₖ Φ(e^{aₖ} x + bₖ)),   w = softmax(logits)
 *
 * Shifts and scales are relative to evenly spaced components with the variance 1 of the whole, so that the components differ and
 * zeros give nearly the identity. Both tails keep their digits: Φ and Φ⁻¹ are computed in float64, and of both tails the smaller one counts. The
 * inverse is found by Newton's method in a bracket, to 1e-6 relative to max(1, |x|), its gradients by the implicit function.
 *
 * With equal weights there are `2·components` parameters.
 *
 * @see Meng et al. 2020, Gaussianization Flows, https://arxiv.org/abs/2003.01941; Chen and Gopinath 2000, Gaussianization,
 * NeurIPS 13
 */
export class GaussianizationFamily implements BijectionFamily {
  readonly type = "pushforward/gaussianization";
  readonly inverseKind = "iterative";
  readonly parameterCount: number;
  readonly components: number;
  readonly form: GaussianizationForm;

  constructor(options: GaussianizationOptions = {}) {
    checkOptions("gaussianization", options, { components: true, form: true });
    const { components = COMPONENTS, form = {} } = options;
    this.components = checkFeatures("gaussianization", components, "components");
    const { weights = "learned" } = form;
    if (!WEIGHTS.includes(weights)) {
      throw new OptionError(
        `gaussianization: expected form.weights to be "learned" or "equal", got ${JSON.stringify(weights)}.`,
      );
    }
    const numbers = withNumbers<"limit" | "spread" | "epsilon">("gaussianization: expected form.", form, {
      limit: [LIMIT, 0, 80],
      spread: [SPREAD, 0, 1.7],
      epsilon: [0, 0, 0.1],
    });
    this.form = { weights, ...numbers };
    this.parameterCount = (weights === "learned" ? 3 : 2) * components;
  }

  /**
   * Returns the map with parameters `[...batch, parameterCount]`, which it borrows: shifts, log-scales, logits. Throws
   * `ShapeError` for a different last axis.
   */
  bind(parameters: tf.Tensor): Bijection {
    return new BoundBijection(
      "gaussianization",
      this.parameterCount,
      parameters,
      (value, raw, inverse) => this.map(value, raw, inverse),
      "iterative",
    );
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return gaussianizationStep(plan, direction, value, parameters, this.settings);
  }

  private get settings(): GaussianizationSettings {
    return { components: this.components, ...this.form };
  }

  private map(value: tf.Tensor, raw: tf.Tensor, inverse: boolean): ValueAndLogDet {
    const forward = (x: tf.Tensor): ValueAndLogDet => runNamedKernel(kernel, [x, raw], this.settings) as ValueAndLogDet;
    if (!inverse) return forward(value);
    const x = monotoneInverse(forward, value);
    return [x, tf.neg(forward(x)[1])];
  }
}

const kernel: NamedKernel<readonly [x: tf.Tensor, parameters: tf.Tensor], GaussianizationSettings> = {
  name: "PushforwardGaussianization",
  fallback: ([x, raw], { components, weights, limit, spread, epsilon }) => {
    const part = (index: number): tf.Tensor => columns(raw, index * components, components);
    // Evenly spaced, and with the scale with which the whole has variance 1.
    const scale = Math.sqrt(1 - (spread ** 2 * (1 - components ** -2)) / 3);
    const starts = Float32Array.from({ length: components }, (_, k) => {
      return (-spread * ((2 * k + 1) / components - 1)) / scale;
    });
    const shift = tf.add(part(0), tf.tensor1d(starts));
    const free = limit > 0 ? tf.mul(tf.tanh(tf.div(part(1), limit)), limit) : part(1);
    const logScale = tf.sub(free, Math.log(scale));
    const logWeight = weights === "learned" ? logWeights(part(2)) : tf.fill(shift.shape, -Math.log(components));
    const squeezed = (logP: tf.Tensor): tf.Tensor => {
      if (epsilon === 0) return logP;
      return tf.log(tf.add(tf.mul(tf.exp(logP), 1 - epsilon), epsilon / 2));
    };
    const wide = tf.tile(tf.expandDims(x, -1), [...x.shape.map(() => 1), components]);
    const z = tf.add(tf.mul(wide, tf.exp(logScale)), shift);
    const sum = (logs: tf.Tensor): tf.Tensor => logSumExp(tf.add(logWeight, logs), -1);
    const y = normalQuantile(squeezed(sum(logNormalCdf(z))), squeezed(sum(logNormalCdf(tf.neg(z)))));
    const logDensity = tf.add(sum(tf.add(logScale, logNormalDensity(z))), Math.log1p(-epsilon));
    return [y, tf.sub(logDensity, logNormalDensity(y))];
  },
};

/** Returns the logarithms of a softmax, limited so that float64 can represent products of the weights. */
function logWeights(logits: tf.Tensor): tf.Tensor {
  const largest = stopGradient(tf.max(logits, -1, true));
  return tf.logSoftmax(tf.maximum(tf.sub(logits, largest), SMALLEST_LOG_WEIGHT));
}

/**
 * The family of maps that make a mixture of normals normal.
 *
 * @throws {OptionError} `components` is not an integer of at least 1, or `form` out of range.
 * @example
 * const form = { spread: 0 };
 * gaussianization({ components: 2, form }).bind(tf.zeros([1, 6])).forward(tf.tensor1d([2])); // → [2]
 */
export function gaussianization(options: GaussianizationOptions = {}): GaussianizationFamily {
  return new GaussianizationFamily(options);
}

/** Codec of {@link GaussianizationFamily}. */
export const gaussianizationCodec: Codec<GaussianizationFamily> = classCodec(
  "pushforward/gaussianization",
  GaussianizationFamily,
  {
    components: field.count(),
    form: field.form<GaussianizationForm>((form) => ({
      weights: form.oneOf("weights", WEIGHTS),
      limit: form.number("limit"),
      spread: form.number("spread"),
      epsilon: form.number("epsilon"),
    })),
  },
);
