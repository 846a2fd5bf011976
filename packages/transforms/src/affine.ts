import {
  type Bijection,
  type BijectionFamily,
  type Codec,
  ConfigReader,
  type Direction,
  defineCodec,
  type Json,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core";
import { type AffineParameterization, affine as affineKernel, affineStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import { BoundBijection } from "./bound-bijection.ts";
import { checkParameterization, encodeParameterization, readParameterization } from "./parameterization.ts";

const PARAMETERIZATIONS: readonly AffineParameterization[] = ["pushforward", "zuko", "nflows", "nflows-coupling"];

/** Options of {@link affine}. */
export interface AffineOptions {
  /** Whose formula turns the second parameter into a scale; see {@link AffineFamily}. Default `"pushforward"`. */
  readonly parameterization?: AffineParameterization;
  /** The smallest scale of `"zuko"`, from 1e-8 to 0.999; the largest is one over it. Default 1e-3. */
  readonly slope?: number;
}

/**
 * The family `y = x·eᵃ + t` with two parameters (t, raw); `log|∂y/∂x| = a`. The scale eᵃ is, by its parameterization,
 *
 * - `"pushforward"`: `a = 5·tanh(raw/5)`, softly bounded, so that no network output makes a scale overflow;
 * - `"zuko"`: `a = raw/(1 + |raw/log slope|)`, the formula of zuko's `MonotonicAffineTransform`;
 * - `"nflows"`: `eᵃ = softplus(raw) + 0.001`, that of nflows' `MaskedAffineAutoregressiveTransform`;
 * - `"nflows-coupling"`: `eᵃ = sigmoid(raw + 2) + 0.001`, that of nflows' `AffineCouplingTransform`.
 *
 * Zeros give the identity in the first two. The libraries map data to noise, and their forward map is `forward` here: give
 * the family to a layer of orientation `"density"`.
 *
 * @see Dinh et al. 2017, Density estimation using Real NVP, https://arxiv.org/abs/1605.08803; zuko 1.6,
 * https://github.com/probabilists/zuko; nflows 0.14, https://github.com/bayesiains/nflows
 */
export class AffineFamily implements BijectionFamily {
  readonly type = "pushforward/affine";
  readonly parameterCount = 2;
  readonly parameterization: AffineParameterization;
  /** The smallest scale, where the parameterization is `"zuko"`. */
  readonly slope: number;

  constructor(options: AffineOptions = {}) {
    const { parameterization, slope } = checkParameterization("affine", PARAMETERIZATIONS, options);
    this.parameterization = parameterization;
    this.slope = slope;
  }

  /** The map of parameters `[...batch, 2]`, which it borrows. Throws `ShapeError` for another last axis. */
  bind(parameters: Tensor): Bijection {
    const { parameterization, slope } = this;
    return new BoundBijection("affine", 2, parameters, (x, bound, inverse) =>
      affineKernel(x, bound, { inverse, parameterization, slope }),
    );
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return affineStep(plan, direction, value, parameters, this);
  }
}

/**
 * The affine family `y = x·eᵃ + t`.
 *
 * @throws {OptionError} `parameterization` is unknown, `slope` out of its range or given to another one than `"zuko"`.
 * @example
 * const y = affine().bind(tf.tensor2d([[1, 0.5]])).forward(tf.tensor1d([2]));
 * const z = affine({ parameterization: "zuko", slope: 1e-4 }).bind(tf.tensor2d([[1, 0.5]])).forward(tf.tensor1d([2]));
 */
export function affine(options: AffineOptions = {}): AffineFamily {
  return new AffineFamily(options);
}

/** Codec of {@link AffineFamily}. */
export const affineCodec: Codec<AffineFamily, Json> = defineCodec<AffineFamily, Json>({
  type: "pushforward/affine",
  version: 1,
  is: (value): value is AffineFamily => value instanceof AffineFamily,
  encode: ({ parameterization, slope }) =>
    encodeParameterization({ parameterization, slope, softmaxScale: 1 }, PARAMETERIZATIONS),
  decode: (config) => {
    const reader = new ConfigReader("pushforward/affine", config);
    const options = readParameterization(reader, PARAMETERIZATIONS, false);
    reader.end();
    return new AffineFamily(options);
  },
});
