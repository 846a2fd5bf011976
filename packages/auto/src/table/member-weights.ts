import { mixtureWeights } from "@pushforward/distributions/extend";
import { mixtureNll } from "../mixture-nll.ts";

/** Less weight changes nothing. */
const LEAST_WEIGHT = 0.005;

/** How much of each density of a table is in their mixture. */
export interface MemberWeights {
  /** The first is above 0; 0 for another one that is left out. */
  readonly weights: readonly number[];
  /** Of the rows by the mixture. */
  readonly meanLogProb: number;
}

/**
 * The weights that are best on some rows, without members that change nothing.
 *
 * @param logProbs for each density the log-density of the rows; the first one, of the networks, stays in any case.
 */
export function memberWeights(logProbs: readonly Float64Array[]): MemberWeights {
  const first = mixtureWeights(logProbs).weights;
  const isKept = logProbs.map((_, k) => k === 0 || (first[k] as number) >= LEAST_WEIGHT);
  const { weights } = mixtureWeights(logProbs.filter((_, k) => isKept[k]));
  const [networks = 1, ...others] = weights;
  const scale = networks < LEAST_WEIGHT ? (1 - LEAST_WEIGHT) / (1 - networks) : 1;
  const all = [Math.max(networks, LEAST_WEIGHT), ...others.map((weight) => scale * weight)];
  const kept = isKept.map((is) => (is ? (all.shift() as number) : 0));
  return { weights: kept, meanLogProb: -mixtureNll(logProbs, kept) };
}
