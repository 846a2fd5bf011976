import { type Distribution, type Key, type NdArray, ndArray, OptionError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { runToEnd } from "@pushforward/core/plain";
import { logProbRows, sampleRows } from "@pushforward/flows";
import { systematicRows } from "../ensemble.ts";
import { type FitNpeOptions, type FitNpeResult, fitNpeEvents } from "../fit-npe-nle.ts";
import type { InferenceEvent } from "../inference-problem.ts";
import { inRounds, type ObservedProblem, type Proposal, type RoundOptions } from "./rounds.ts";

/** Options of {@link fitTsnpe} and {@link fitTsnpeEvents}. Only the key is required. */
export interface FitTsnpeOptions extends FitNpeOptions, RoundOptions {
  /** The share of the posterior that may lie outside of where the next round simulates. Default: 1e-4. */
  readonly epsilon?: number | undefined;
}

const EPSILON = 1e-4;
/** Draws by which the region is found. */
const DRAWS = 50_000;
const CHUNK = 8192;
/** Draws of the prior for one that is kept, before the posterior is resampled in their place. */
const MOST_TRIES = 500;
const OVERSAMPLE = 20;

/**
 * Truncated sequential neural posterior estimation (Deistler et al. 2022, arXiv:2210.04815), for a single observation.
 * Each round restricts the prior to the region with all but `epsilon` of the mass of the previous posterior, and
 * simulates from the restricted prior. The loss is the loss of `fitNpe`, over the simulations of all rounds, with no
 * correction.
 *
 * The posterior is meant for this observation: at other observations it has seen too few simulations. Default: 10
 * rounds.
 *
 * @param problem `simulations` is the number of all rounds together.
 * @throws the errors of `fitNpe`.
 * @throws {OptionError} fewer simulations than rounds, or an epsilon that is not between 0 and 1.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * const { posterior } = await fitTsnpe(problem, { key, rounds: 2, density: "nsf", training: { maxSteps: 100 } });
 * posterior.given(observation).sample(createKey(1), [1000]); // → shape [1000, 2]
 */
export function fitTsnpe(problem: ObservedProblem, options: FitTsnpeOptions): Promise<FitNpeResult> {
  return runToEnd(fitTsnpeEvents(problem, options));
}

/**
 * {@link fitTsnpe} as events: simulation events, training events, and a note about each round.
 *
 * @throws the errors of `fitTsnpe`.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * for await (const event of fitTsnpeEvents(problem, { key, rounds: 2, density: "maf", training: { maxSteps: 100 } })) {
 *   if (event.type === "note") console.log(event.text);
 * }
 */
export function fitTsnpeEvents(
  problem: ObservedProblem,
  given: FitTsnpeOptions,
): AsyncGenerator<InferenceEvent, FitNpeResult, void> {
  checkOptions("fitTsnpe", given, {
    key: true,
    density: true,
    embedding: true,
    auto: true,
    training: true,
    validation: true,
    threads: true,
    signal: true,
    concurrency: true,
    missing: true,
    ensemble: true,
    defensiveWeight: true,
    rounds: true,
    epsilon: true,
  });
  const { epsilon = EPSILON, ...options } = given;
  if (!(epsilon > 0 && epsilon < 1)) {
    throw new OptionError(`fitTsnpe: expected epsilon between 0 and 1, got ${describeValue(epsilon)}.`);
  }
  const { rounds: _, ...training } = options;
  return inRounds("fitTsnpe", problem, options, {
    train: (table, key) => fitNpeEvents(table, { ...training, key }),
    propose: ({ posterior }, observation, key, count) =>
      restrictedDraws(problem.prior, posterior.given(observation), epsilon, key, count),
    dispose: ({ posterior }) => posterior.dispose(),
    keepsMissing: options.missing !== undefined,
  });
}

/** Draws of the prior where the posterior is dense. */
function restrictedDraws(
  prior: Distribution,
  posterior: Distribution,
  epsilon: number,
  key: Key,
  count: number,
): Proposal {
  const draws = sampleRows(posterior, key.fold("posterior"), DRAWS);
  const threshold = logProbRows(posterior, draws).sort()[Math.floor(epsilon * DRAWS)] as number;
  const width = draws.shape[1] as number;
  const kept = new Float64Array(count * width);
  let [have, tried] = [0, 0];
  while (have < count && tried < count * MOST_TRIES) {
    const candidates = sampleRows(prior, key.fold(`prior ${tried}`), CHUNK);
    const logProb = logProbRows(posterior, candidates);
    for (let i = 0; i < CHUNK && have < count; i++) {
      tried++;
      if (!((logProb[i] as number) >= threshold)) continue;
      kept.set(candidates.data.subarray(i * width, (i + 1) * width), have * width);
      have++;
    }
  }
  if (have === count) {
    const share = ((100 * count) / tried).toPrecision(2);
    return { parameters: ndArray([count, width], kept), note: `simulating in ${share} % of the prior.` };
  }
  const parameters = resampled(prior, posterior, threshold, key, count);
  return { parameters, note: "simulating in less than 0.2 % of the prior, by resampling the posterior." };
}

/** Draws from the dense region of the posterior, resampled with weights `p(θ)/q(θ)`. */
function resampled(prior: Distribution, posterior: Distribution, threshold: number, key: Key, count: number): NdArray {
  const draws = sampleRows(posterior, key.fold("resampling"), OVERSAMPLE * count);
  const logQ = logProbRows(posterior, draws);
  const logP = logProbRows(prior, draws);
  const weights = logQ.map((q, i) => {
    const weight = q >= threshold ? Math.exp((logP[i] as number) - q) : 0;
    return Number.isFinite(weight) ? weight : 0;
  });
  const width = draws.shape[1] as number;
  const parameters = new Float64Array(count * width);
  const offset = key.fold("offset").uniform(1)[0] as number;
  for (const [i, row] of systematicRows(weights, count, offset).entries()) {
    parameters.set(draws.data.subarray(row * width, (row + 1) * width), i * width);
  }
  return ndArray([count, width], parameters);
}
