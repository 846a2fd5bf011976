import { checkOptions } from "@pushforward/core/extend";
import { runToEnd } from "@pushforward/core/plain";
import type { InferenceEvent } from "../inference-events.ts";
import { fitNle, type NleOptions, type NleResult } from "../nle.ts";
import { inRounds, type ObservedProblem, type RoundOptions } from "./in-rounds.ts";
import { posteriorDraws } from "./posterior-draws.ts";

/** Options of {@link snle} and {@link fitSnle}. Only the key is required. */
export interface SnleOptions extends NleOptions, RoundOptions {}

/**
 * Sequential neural likelihood estimation (Papamakarios et al. 2019, arXiv:1805.07226), for one observation: each round simulates at
 * draws of the posterior of the round before, and learns the density of the data from all simulations. Default: 10 rounds.
 *
 * @param problem `simulations` is the number of all rounds together.
 * @throws what `nle` throws.
 * @throws {OptionError} fewer simulations than rounds.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * const { posterior } = await snle(problem, { key, rounds: 2, density: "maf", training: { maxSteps: 100 } });
 * const { draws } = posterior.given(observation).draw(createKey(1), 1000);
 */
export function snle(problem: ObservedProblem, options: SnleOptions): Promise<NleResult> {
  return runToEnd(fitSnle(problem, options));
}

/**
 * {@link snle} as events.
 *
 * @throws what `snle` throws.
 * @example
 * const problem = { prior, simulator, simulations: 400, observation };
 * for await (const event of fitSnle(problem, { key, rounds: 2, density: "maf", training: { maxSteps: 20 } })) {
 *   if (event.type === "note") console.log(event.text);
 * }
 */
export function fitSnle(
  problem: ObservedProblem,
  options: SnleOptions,
): AsyncGenerator<InferenceEvent, NleResult, void> {
  checkOptions("snle", options, {
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
  return inRounds("snle", problem, options, {
    train: (table, key) => fitNle(table, { ...training, key }),
    propose: ({ posterior }, observation, key, count) => posteriorDraws(posterior, observation, key, count),
    dispose: ({ likelihood }) => likelihood.dispose(),
  });
}
