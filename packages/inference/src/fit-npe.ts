import { OptionError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { cpuSeconds, runToEnd } from "@pushforward/core/plain";
import type { ConditionalFlow } from "@pushforward/flows";
import { fitConditionalDensityEvents } from "./conditional-density.ts";
import type { DensityOptions } from "./density-options.ts";
import { fitEnsembleEvents } from "./ensemble.ts";
import { finish } from "./finish.ts";
import type { InferenceEvent, InferenceReport } from "./inference-events.ts";
import { type InferenceProblem, prepareProblem } from "./inference-problem.ts";
import { checkMissing, type MissingOptions } from "./missing-data.ts";
import { DEFENSIVE_WEIGHT } from "./training-defaults.ts";

/** Options of {@link fitNpe} and {@link fitNpeEvents}. Only the key is required. */
export interface FitNpeOptions extends DensityOptions {
  /** Maximum number of concurrent calls of an asynchronous simulator. Default: 8. */
  readonly concurrency?: number | undefined;
  /**
   * Learns from data of which some numbers are NaN, for observations with missing numbers; see {@link MissingOptions}. Data
   * that are all NaN are dropped. Default: data with any NaN are dropped, and the posterior refuses NaN.
   */
  readonly missing?: MissingOptions | undefined;
  /**
   * Number of densities that are trained independently of each other and mixed with equal weights (Lakshminarayanan et al.
   * 2017, arXiv:1612.01474; for posteriors, Hermans et al. 2022, arXiv:2110.06581). Default: 1.
   */
  readonly ensemble?: number | undefined;
  /**
   * The weight of a Student-t with five degrees of freedom around all parameters that were simulated, as a part of each
   * density (a defensive mixture: Hesterberg 1995, https://doi.org/10.1080/00401706.1995.10484303). It bounds what a network
   * that extrapolates can cost: where the density alone would give a parameter next to nothing, `−log q` is about 14 nats
   * above that of the prior. The samples have it too, so that a larger weight widens the moments of a narrow posterior. 0
   * leaves it out. Default: 1e-6.
   */
  readonly defensiveWeight?: number | undefined;
}

/** What {@link fitNpe} found. */
export interface FitNpeResult extends InferenceReport {
  /**
   * The posterior density for any observation, `q(θ | x)`: a flow in the units of parameters and data, which the caller
   * owns and which saves into one file. All its mass is in the support of the prior.
   */
  readonly posterior: ConditionalFlow;
}

/**
 * Neural posterior estimation (Papamakarios and Murray 2016, arXiv:1605.06376; with flows, Greenberg et al. 2019,
 * arXiv:1905.07488), in one round: draws parameters from the prior, simulates, and learns `q(θ | x)` by making
 * `−E log q(θ | x)` small. One training serves every observation.
 *
 * Parameters are learned in ℝᵈ, to which the support of the prior is mapped, and in standard units, as are the data: both
 * are part of the posterior. Simulations that fail are dropped by the rule of {@link simulateEvents}.
 *
 * With `missing` the posterior takes observations of which some numbers are NaN: `q(θ | what is known of x)`.
 *
 * @param problem a prior with a simulator and a number of simulations, or with a table of simulations.
 * @throws {SimulationError} no simulation was of use.
 * @throws {DataError} too few rows to learn from.
 * @throws {ShapeError} parameters, data and prior that do not fit each other.
 * @throws {OptionError} an option out of range.
 * @example
 * const problem = { prior, simulator, simulations: 500 };
 * const { posterior } = await fitNpe(problem, { key: createKey(0), density: "nsf", training: { maxSteps: 100 } });
 * const samples = posterior.given(observation).sample(createKey(1), [1000]); // → shape [1000, 2]
 */
export function fitNpe(problem: InferenceProblem, options: FitNpeOptions): Promise<FitNpeResult> {
  return runToEnd(fitNpeEvents(problem, options));
}

/**
 * {@link fitNpe} as events: of the simulations, notes in words, and of the training.
 *
 * @throws what `fitNpe` throws.
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
