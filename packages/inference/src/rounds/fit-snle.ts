import { checkOptions } from "@pushforward/core/extend";
import { runToEnd } from "@pushforward/core/plain";
import { type FitNleOptions, type FitNleResult, fitNleEvents } from "../fit-nle.ts";
import type { InferenceEvent } from "../inference-events.ts";
import { inRounds, type ObservedProblem, type RoundOptions } from "./in-rounds.ts";
import { posteriorDraws } from "./posterior-draws.ts";

/** Options of {@link fitSnle} and {@link fitSnleEvents}. Only the key is required. */
export interface FitSnleOptions extends FitNleOptions, RoundOptions {}

/**
 * Sequential neural likelihood estimation (Papamakarios et al. 2019, arXiv:1805.07226), for one observation: each round
 * simulates at draws of the posterior of the round before, and learns the density of the data from all simulations. Default:
 * 10 rounds.
 *
 * @param problem `simulations` is the number of all rounds together.
 * @throws what `fitNle` throws.
 * @throws {OptionError} fewer simulations than rounds.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * const { posterior } = await fitSnle(problem, { key, rounds: 2, density: "maf", training: { maxSteps: 100 } });
 * const { draws } = posterior.given(observation).draw(createKey(1), 1000);
 */
export function fitSnle(problem: ObservedProblem, options: FitSnleOptions): Promise<FitNleResult> {
  return runToEnd(fitSnleEvents(problem, options));
}

/**
 * {@link fitSnle} as events.
 *
 * @throws what `fitSnle` throws.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * for await (const event of fitSnleEvents(problem, { key, rounds: 2, density: "maf", training: { maxSteps: 20 } })) {
 *   if (event.type === "note") console.log(event.text);
 * }
 */
export function fitSnleEvents(
  problem: ObservedProblem,
  options: FitSnleOptions,
): AsyncGenerator<InferenceEvent, FitNleResult, void> {
  checkOptions("fitSnle", options, {
    key: true,
    density: true,
    embedding: true,
    auto: true,
    training: true,
    validation: true,
    threads: true,
    signal: true,
    concurrency: true,
    rounds: true,
  });
  const { rounds: _, ...training } = options;
  return inRounds("fitSnle", problem, options, {
    train: (table, key) => fitNleEvents(table, { ...training, key }),
    propose: ({ posterior }, observation, key, count) => posteriorDraws(posterior, observation, key, count),
    dispose: ({ likelihood }) => likelihood.dispose(),
  });
}
