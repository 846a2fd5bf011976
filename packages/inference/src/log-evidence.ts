import {
  type ConditionalDistribution,
  DataError,
  type Distribution,
  type Key,
  ndArray,
  OptionError,
  type TensorLike,
} from "@pushforward/core";
import { asTensor, checkKey, describeValue } from "@pushforward/core/extend";
import { logProbRows, sampleRows } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { importanceMean } from "./importance-mean.ts";

/** Parts of {@link logEvidence}. */
export interface EvidenceParts {
  readonly prior: Distribution;
  /** `q(x | θ)`: that of `fitNle`, or an exact one. */
  readonly likelihood: ConditionalDistribution;
  /** What parameters are drawn from: a posterior with a density, as that of `fitNpe` at the observation. Default: the prior. */
  readonly proposal?: Distribution | undefined;
}

/** What {@link logEvidence} finds. */
export interface Evidence {
  /** `log p(x)`, in nats. The difference of two models is the logarithm of their Bayes factor. */
  readonly logEvidence: number;
  /** By the delta method; it does not see mass that the proposal misses. */
  readonly standardError: number;
  /** Kish's effective number of draws, `(Σw)²/Σw²`. */
  readonly effectiveSampleSize: number;
}

/**
 * The evidence of a model for an observation, `p(x) = ∫ p(x | θ) p(θ) dθ`, by importance sampling:
 * `log mean of p(x | θ) p(θ) / q(θ)` over draws of the proposal q.
 *
 * @param observation `[data]`.
 * @throws {OptionError} a number of draws that is not an integer from 2.
 * @throws {DataError} the observation is impossible at all draws.
 * @example
 * using likelihood = maf({ features: 2, context: 2, key });
 * const { logEvidence: ofModel, standardError } = logEvidence({ prior, likelihood }, observation, { key: createKey(1), draws: 500 });
 */
export function logEvidence(
  { prior, likelihood, proposal = prior }: EvidenceParts,
  observation: TensorLike,
  { key, draws = 10_000 }: { readonly key: Key; readonly draws?: number | undefined },
): Evidence {
  checkKey("logEvidence", { key });
  if (!Number.isSafeInteger(draws) || draws < 2) {
    throw new OptionError(`logEvidence: expected draws to be an integer from 2, got ${describeValue(draws)}.`);
  }
  const x = tf.tidy(() => Float32Array.from(asTensor(observation, "logEvidence").dataSync()));
  const parameters = sampleRows(proposal, key, draws);
  const rows = new Float64Array(draws * x.length);
  for (let i = 0; i < draws; i++) rows.set(x, i * x.length);
  const logWeights = logProbRows(likelihood, ndArray([draws, x.length], rows), parameters);
  if (proposal !== prior) {
    const [logP, logQ] = [logProbRows(prior, parameters), logProbRows(proposal, parameters)];
    for (let i = 0; i < draws; i++)
      logWeights[i] = (logWeights[i] as number) + (logP[i] as number) - (logQ[i] as number);
  }
  const largest = logWeights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(largest)) {
    throw new DataError("logEvidence: expected an observation that is possible at a draw of the proposal, got none.");
  }
  const { logMean, standardError, essFraction } = importanceMean(logWeights);
  return { logEvidence: logMean, standardError, effectiveSampleSize: draws * essFraction };
}
