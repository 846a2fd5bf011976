import type { Key } from "@pushforward/core";
import type { McmcPosterior } from "./mcmc-posterior.ts";
import type { Proposal } from "./rounds.ts";

/** Draws of a posterior as the parameters of the next round. */
export function posteriorDraws(posterior: McmcPosterior, observation: Float32Array, key: Key, count: number): Proposal {
  const { draws, rHat } = posterior.given(observation).draw(key, count);
  const worst = Math.max(...rHat).toFixed(2);
  return {
    parameters: draws,
    note: `simulating at draws of the posterior, whose chains have an R̂ of at most ${worst}.`,
  };
}
