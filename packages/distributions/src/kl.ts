import { type Distribution, type Key, OptionError, ShapeError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue, shapesEqual } from "@pushforward/core/extend";
import { formatShape } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { DiagonalNormal } from "./normals/diagonal-normal.ts";
import { StandardNormal } from "./normals/standard-normal.ts";
import { Uniform } from "./uniform.ts";
import { AbstractDiscrete } from "./univariate/counts.ts";

/** Options of {@link kl}. */
export interface KlOptions {
  /** Key of the draws, if no closed form exists. */
  readonly key: Key;
  /** Draws. Default: 10,000. */
  readonly draws?: number;
}

/** A Kullback–Leibler divergence in nats. */
export interface KlDivergence {
  readonly value: number;
  /** Of the mean over draws; 0 for a closed form. */
  readonly standardError: number;
}

const DRAWS = 10_000;

/**
 * The Kullback–Leibler divergence `KL(p ‖ q) = E_p[log p(x) − log q(x)]`, in nats. It has a closed form for two normals
 * of independent features, two uniform distributions and two distributions of categories or of 0 and 1. Otherwise it is
 * the mean over draws of p, with its standard error.
 *
 * It is `Infinity` if p has mass outside the support of q; draws detect this only if a draw falls there. Flows have no
 * closed form. Both need batch shape `[]` and equal event shapes.
 *
 * @throws {ShapeError} batch axes, or different event shapes.
 * @throws {OptionError} fewer than two draws.
 * @example
 * const p = new DiagonalNormal({ mean: [0], scale: [1] });
 * const q = new DiagonalNormal({ mean: [1], scale: [2] });
 * kl(p, q, { key }).value; // → 0.4431
 */
export function kl(p: Distribution, q: Distribution, options: KlOptions): KlDivergence {
  checkOptions("kl", options, { key: true, draws: true });
  for (const { batchShape } of [p, q]) {
    if (batchShape.length > 0) throw new ShapeError(`kl: expected no batch axes, got ${formatShape(batchShape)}.`);
  }
  if (!shapesEqual(p.eventShape, q.eventShape)) {
    throw new ShapeError(
      `kl: expected the same event shape twice, got ${formatShape(p.eventShape)} and ${formatShape(q.eventShape)}.`,
    );
  }
  const value = closedForm(p, q);
  return value === undefined ? sampled(p, q, options) : { value, standardError: 0 };
}

function closedForm(p: Distribution, q: Distribution): number | undefined {
  if (isNormal(p) && isNormal(q)) {
    const [a, b] = [momentsOf(p), momentsOf(q)];
    return a.mean.reduce((sum, mean, i) => {
      const [v, w] = [a.variance[i] as number, b.variance[i] as number];
      return sum + 0.5 * ((v + (mean - (b.mean[i] as number)) ** 2) / w - 1 - Math.log(v / w));
    }, 0);
  }
  if (p instanceof Uniform && q instanceof Uniform) {
    return p.low.reduce((sum, low, i) => {
      const [high, from, to] = [p.high[i] as number, q.low[i] as number, q.high[i] as number];
      return low < from || high > to ? Number.POSITIVE_INFINITY : sum + Math.log((to - from) / (high - low));
    }, 0);
  }
  if (p instanceof AbstractDiscrete && q instanceof AbstractDiscrete) return p.finiteKl(q);
  return undefined;
}

type Normal = StandardNormal | DiagonalNormal;

function isNormal(distribution: Distribution): distribution is Normal {
  return distribution instanceof StandardNormal || distribution instanceof DiagonalNormal;
}

function momentsOf(normal: Normal): { readonly mean: readonly number[]; readonly variance: readonly number[] } {
  const [mean, variance] = tf.tidy(() => [normal.mean(), normal.variance()].map((t) => Array.from(t.dataSync())));
  return { mean: mean as number[], variance: variance as number[] };
}

function sampled(p: Distribution, q: Distribution, { key, draws = DRAWS }: KlOptions): KlDivergence {
  checkKey("kl", { key });
  if (!Number.isSafeInteger(draws) || draws < 2) {
    throw new OptionError(`kl: expected draws to be an integer of at least 2, got ${describeValue(draws)}.`);
  }
  const [own, other] = tf.tidy(() => {
    const [x, logProb] = p.sampleAndLogProb(key, [draws]);
    return [logProb.dataSync().slice(), q.logProb(x).dataSync().slice()];
  }) as [Float32Array, Float32Array];
  const differences = Float64Array.from(own, (value, i) => value - (other[i] as number));
  const value = differences.reduce((a, b) => a + b, 0) / draws;
  // A single draw to which q gives no density decides.
  if (value === Number.POSITIVE_INFINITY) return { value, standardError: 0 };
  const variance = differences.reduce((sum, d) => sum + (d - value) ** 2, 0) / (draws - 1);
  return { value, standardError: Math.sqrt(variance / draws) };
}
