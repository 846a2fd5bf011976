import { checkOptions } from "@pushforward/core/extend";
import { cpuSeconds, runToEnd } from "@pushforward/core/plain";
import type { ConditionalFlow } from "@pushforward/flows";
import { fitConditionalDensityEvents } from "./conditional-density.ts";
import type { DensityOptions } from "./density-options.ts";
import { finish } from "./finish.ts";
import type { InferenceEvent, InferenceReport } from "./inference-events.ts";
import { type InferenceProblem, prepareProblem } from "./inference-problem.ts";
import { McmcPosterior } from "./mcmc-posterior.ts";

/** Options of {@link fitNle} and {@link fitNleEvents}. Only the key is required. */
export interface FitNleOptions extends DensityOptions {
  /** Maximum number of concurrent calls of an asynchronous simulator. Default: 8. */
  readonly concurrency?: number | undefined;
}

/** What {@link fitNle} found. */
export interface FitNleResult extends InferenceReport {
  /** The density of data given parameters, `q(x | θ)`: a flow that the caller owns. */
  readonly likelihood: ConditionalFlow;
  /** Sampled by Markov chains; it borrows the likelihood. */
  readonly posterior: McmcPosterior;
}

/**
 * Neural likelihood estimation (Papamakarios et al. 2019, arXiv:1805.07226), in one round: learns the density of the data
 * given parameters. Its posterior serves several observations of the same parameters, and any prior within the one that
 * was simulated from.
 *
 * @param problem a prior with a simulator and a number of simulations, or with a table of simulations.
 * @throws what `fitNpe` throws.
 * @example
 * const problem = { prior, simulator, simulations: 500 };
 * const { posterior } = await fitNle(problem, { key: createKey(0), density: "maf", training: { maxSteps: 100 } });
 * const { draws, rHat } = posterior.given(observation).draw(createKey(1), 1000);
 */
export function fitNle(problem: InferenceProblem, options: FitNleOptions): Promise<FitNleResult> {
  return runToEnd(fitNleEvents(problem, options));
}

/**
 * {@link fitNle} as events.
 *
 * @throws what `fitNpe` throws.
 * @example
 * const problem = { prior, simulator, simulations: 500 };
 * for await (const event of fitNleEvents(problem, { key, density: "maf", training: { maxSteps: 20 } })) {
 *   if (event.type === "training" && event.event.type === "epoch") console.log(event.event.validationLoss);
 * }
 */
export async function* fitNleEvents(
  problem: InferenceProblem,
  options: FitNleOptions,
): AsyncGenerator<InferenceEvent, FitNleResult, void> {
  checkOptions("fitNle", options, {
    key: true,
    density: true,
    embedding: true,
    auto: true,
    training: true,
    validation: true,
    threads: true,
    signal: true,
    concurrency: true,
  });
  const end = finish(performance.now(), cpuSeconds());
  const prepared = yield* end.noting(prepareProblem("fitNle", problem, options));
  const rows = { x: prepared.data, context: prepared.parameters };
  const density = { ...options, key: options.key.fold("density") };
  const { model, ...trained } = yield* end.noting(fitConditionalDensityEvents("fitNle", rows, undefined, density));
  const { prior, support } = prepared;
  const posterior = likelihoodPosterior({ prior, support, likelihood: model });
  return { likelihood: model, posterior, ...end.report(prepared, trained) };
}

/** Parts of {@link likelihoodPosterior}. */
export interface LikelihoodPosteriorOptions
  extends Pick<ConstructorParameters<typeof McmcPosterior>[0], "prior" | "support"> {
  /** `q(x | θ)`, for instance one read from a file. */
  readonly likelihood: ConditionalFlow;
}

/**
 * The posterior of a prior and a density of the data given the parameters.
 *
 * @throws {ShapeError} a likelihood that does not take the parameters of the prior.
 * @example
 * await saveModel("likelihood.safetensors", maf({ features: 2, context: 2, key }), standardRegistry);
 * const { model } = await loadModel("likelihood.safetensors", standardRegistry, {
 *   is: (value) => value instanceof ConditionalFlow,
 * });
 * const posterior = likelihoodPosterior({ prior, likelihood: model });
 */
export function likelihoodPosterior(options: LikelihoodPosteriorOptions): McmcPosterior {
  checkOptions("likelihoodPosterior", options, { prior: true, support: true, likelihood: true });
  const { prior, support, likelihood } = options;
  const [dataSize = 1] = likelihood.given(new Float32Array(prior.eventShape[0] as number)).eventShape;
  return new McmcPosterior({
    prior,
    support,
    dataSize,
    logLikelihood: (parameters, data) => likelihood.given(parameters).logProb(data),
  });
}
