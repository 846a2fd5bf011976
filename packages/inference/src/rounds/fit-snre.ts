import { checkOptions } from "@pushforward/core/extend";
import { runToEnd } from "@pushforward/core/plain";
import { type FitNreOptions, type FitNreResult, fitNreEvents } from "../fit-nre.ts";
import type { InferenceEvent } from "../inference-events.ts";
import { inRounds, type ObservedProblem, type RoundOptions } from "./in-rounds.ts";
import { posteriorDraws } from "./posterior-draws.ts";

/** Options of {@link fitSnre} and {@link fitSnreEvents}. Only the key is required. */
export interface FitSnreOptions extends FitNreOptions, RoundOptions {}

/**
 * Sequential neural ratio estimation (Durkan et al. 2020, arXiv:2002.03712), for one observation: each round simulates at
 * draws of the posterior of the round before, and learns from all simulations to tell pairs from others. Default: 10 rounds.
 *
 * @param problem `simulations` is the number of all rounds together.
 * @throws what `fitNre` throws.
 * @throws {OptionError} fewer simulations than rounds.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * const { posterior } = await fitSnre(problem, { key, rounds: 2, training: { maxSteps: 50 } });
 * const { draws } = posterior.given(observation).draw(createKey(1), 1000);
 */
export function fitSnre(problem: ObservedProblem, options: FitSnreOptions): Promise<FitNreResult> {
  return runToEnd(fitSnreEvents(problem, options));
}

/**
 * {@link fitSnre} as events.
 *
 * @throws what `fitSnre` throws.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * for await (const event of fitSnreEvents(problem, { key, rounds: 2, training: { maxSteps: 20 } })) {
 *   if (event.type === "note") console.log(event.text);
 * }
 */
export function fitSnreEvents(
  problem: ObservedProblem,
  options: FitSnreOptions,
): AsyncGenerator<InferenceEvent, FitNreResult, void> {
  checkOptions("fitSnre", options, {
    key: true,
    atoms: true,
    network: true,
    training: true,
    validation: true,
    concurrency: true,
    signal: true,
    rounds: true,
  });
  const { rounds: _, ...training } = options;
  return inRounds("fitSnre", problem, options, {
    train: (table, key) => fitNreEvents(table, { ...training, key }),
    propose: ({ posterior }, observation, key, count) => posteriorDraws(posterior, observation, key, count),
    dispose: ({ ratio }) => ratio.dispose(),
  });
}
