import { OptionError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { cpuSeconds, mapEvents, runToEnd } from "@pushforward/core/plain";
import type { ConditionalFlow } from "@pushforward/flows";
import { fitConditionalDensityEvents } from "./conditional-density.ts";
import { fitEnsembleEvents } from "./ensemble.ts";
import {
  type DensityOptions,
  type InferenceEvent,
  type InferenceProblem,
  type InferenceReport,
  type PreparedProblem,
  prepareProblem,
} from "./inference-problem.ts";
import { McmcPosterior } from "./mcmc-posterior.ts";
import { checkMissing, type MissingOptions, outsideSimulations } from "./simulator.ts";
import { DEFENSIVE_WEIGHT } from "./train-model.ts";

/** Collects the common parts of all reports. */
export interface Finish {
  /** Passes events on, and remembers the notes. */
  noting<R>(events: AsyncGenerator<InferenceEvent, R, void>): AsyncGenerator<InferenceEvent, R, void>;
  report(
    prepared: PreparedProblem,
    trained: Pick<InferenceReport, "trainRows" | "validationRows" | "validationLoss" | "reason">,
  ): InferenceReport;
}

/** Starts to collect, at a time of the clock and of the processor. */
export function finish(startTime: number, startCpu: number | undefined): Finish {
  const log: string[] = [];
  return {
    noting: (events) =>
      mapEvents(events, (event) => {
        if (event.type === "note") log.push(event.text);
        return event;
      }),
    report({ attempted, dropped, data, keepsMissing }, trained) {
      const cpu = cpuSeconds();
      return {
        ...trained,
        attempted,
        dropped,
        outside: (observation) => outsideSimulations(data, observation, keepsMissing),
        log,
        seconds: (performance.now() - startTime) / 1000,
        ...(cpu !== undefined && startCpu !== undefined && { cpuSeconds: cpu - startCpu }),
      };
    },
  };
}

/** Options of {@link fitNle} and {@link fitNleEvents}. Only the key is required. */
export interface FitNleOptions extends DensityOptions {
  /** Maximum number of concurrent calls of an asynchronous simulator. Default: 8. */
  readonly concurrency?: number | undefined;
}

/** Result of {@link fitNle}. */
export interface FitNleResult extends InferenceReport {
  /** The density of data given parameters, `q(x | θ)`: a flow that the caller owns. */
  readonly likelihood: ConditionalFlow;
  /** Sampled by Markov chains; it borrows the likelihood. */
  readonly posterior: McmcPosterior;
}

/**
 * Neural likelihood estimation (Papamakarios et al. 2019, arXiv:1805.07226), in one round: learns the density of the
 * data given parameters. Its posterior works for several observations of the same parameters, and for any prior within
 * the prior of the simulations.
 *
 * @param problem a prior with a simulator and a number of simulations, or with a table of simulations.
 * @throws the errors of `fitNpe`.
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
 * @throws the errors of `fitNpe`.
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

/** Options of {@link fitNpe} and {@link fitNpeEvents}. Only the key is required. */
export interface FitNpeOptions extends DensityOptions {
  /** Maximum number of concurrent calls of an asynchronous simulator. Default: 8. */
  readonly concurrency?: number | undefined;
  /**
   * Learns from data with some NaN numbers, for observations with missing numbers; see {@link MissingOptions}. Rows of
   * data with NaN only are dropped. Default: rows of data with any NaN are dropped, and the posterior refuses NaN.
   */
  readonly missing?: MissingOptions | undefined;
  /**
   * Number of densities that are trained independently of each other and mixed with equal weights (Lakshminarayanan et al.
   * 2017, arXiv:1612.01474; for posteriors, Hermans et al. 2022, arXiv:2110.06581). Default: 1.
   */
  readonly ensemble?: number | undefined;
  /**
   * Weight of a Student-t with five degrees of freedom around all simulated parameters, as a part of each density (a
   * defensive mixture: Hesterberg 1995, https://doi.org/10.1080/00401706.1995.10484303). It bounds the cost of a
   * network that extrapolates: if the density alone would assign almost no mass to a parameter, `−log q` is about 14
   * nats above its value for the prior. The samples include it too, so a larger weight widens the moments of a narrow
   * posterior. 0 leaves it out. Default: 1e-6.
   */
  readonly defensiveWeight?: number | undefined;
}

/** Result of {@link fitNpe}. */
export interface FitNpeResult extends InferenceReport {
  /**
   * The posterior density for any observation, `q(θ | x)`: a flow in the units of parameters and data, which the caller
   * owns and which saves into one file. All its mass is in the support of the prior.
   */
  readonly posterior: ConditionalFlow;
}

/**
 * Neural posterior estimation (Papamakarios and Murray 2016, arXiv:1605.06376; with flows, Greenberg et al. 2019,
 * arXiv:1905.07488), in one round: draws parameters from the prior, simulates, and learns `q(θ | x)` by minimizing
 * `−E log q(θ | x)`. A single training serves every observation.
 *
 * Parameters are learned in ℝᵈ, to which the support of the prior is mapped, and in standard units. The data are in
 * standard units, too. Both maps are part of the posterior. Simulations that fail are dropped by the rule of {@link
 * simulateEvents}.
 *
 * With `missing` the posterior accepts observations with some NaN numbers: `q(θ | known part of x)`.
 *
 * @param problem a prior with a simulator and a number of simulations, or with a table of simulations.
 * @throws {SimulationError} no simulation was usable.
 * @throws {DataError} too few rows to learn from.
 * @throws {ShapeError} parameters, data and prior do not fit each other.
 * @throws {OptionError} an option is out of range.
 * @example
 * const problem = { prior, simulator, simulations: 500 };
 * const { posterior } = await fitNpe(problem, { key: createKey(0), density: "nsf", training: { maxSteps: 100 } });
 * const samples = posterior.given(observation).sample(createKey(1), [1000]); // → shape [1000, 2]
 */
export function fitNpe(problem: InferenceProblem, options: FitNpeOptions): Promise<FitNpeResult> {
  return runToEnd(fitNpeEvents(problem, options));
}

/**
 * {@link fitNpe} as events: simulation events, notes in words, and training events.
 *
 * @throws the errors of `fitNpe`.
 * @example
 * const problem = { prior, simulator, simulations: 500 };
 * for await (const event of fitNpeEvents(problem, { key, density: "maf", training: { maxSteps: 100 } })) {
 *   if (event.type === "simulation") console.log(`${event.done} of ${event.total}`);
 * }
 */
export async function* fitNpeEvents(
  problem: InferenceProblem,
  options: FitNpeOptions,
): AsyncGenerator<InferenceEvent, FitNpeResult, void> {
  checkOptions("fitNpe", options, {
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
  });
  const end = finish(performance.now(), cpuSeconds());
  const { key, missing, ensemble = 1, defensiveWeight = DEFENSIVE_WEIGHT } = options;
  checkMissing("fitNpe", missing);
  if (!Number.isSafeInteger(ensemble) || ensemble < 1) {
    throw new OptionError(`fitNpe: expected ensemble to be an integer from 1, got ${describeValue(ensemble)}.`);
  }
  if (!(defensiveWeight >= 0 && defensiveWeight < 1)) {
    throw new OptionError(`fitNpe: expected defensiveWeight from 0 to below 1, got ${defensiveWeight}.`);
  }
  const simulating = { ...options, keepsMissing: missing !== undefined };
  const prepared = yield* end.noting(prepareProblem("fitNpe", problem, simulating));
  const rows = { x: prepared.unbounded, context: prepared.data };
  const density = { ...options, key: key.fold("density") };
  const fit = (member: typeof density) =>
    fitConditionalDensityEvents("fitNpe", rows, prepared.support, member, { missing, defensiveWeight });
  const events =
    ensemble === 1 ? fit(density) : fitEnsembleEvents(ensemble, (i) => fit({ ...density, key: density.key.fold(i) }));
  const { model, ...trained } = yield* end.noting(events);
  return { posterior: model, ...end.report(prepared, trained) };
}
