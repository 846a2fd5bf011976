import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";
import type { ViewParts } from "./anomaly-parts.ts";
import type { DETECTORS } from "./view-detectors.ts";

/**
 * How the surprises of detectors become a score: a share of the highest, and the rest of their weighted mean. A detector of
 * weight 0 counts in neither.
 */
export interface Combination {
  /** One for each detector of each view, and at the end one for the largest surprise of a cell where that is a detector. */
  readonly weights: readonly number[];
  /** The share of the highest surprise, from 0 to 1. */
  readonly highest: number;
}

/**
 * Weights of the detectors in the view of normal quantiles. Neighbors weigh as much as all densities. The first half of 136
 * tables of OddBench, ADBench, and faults planted in tables chose the weights; the second half judged them.
 */
const WEIGHTS: Readonly<Record<(typeof DETECTORS)[number] | "neighbors", number>> = {
  ...{ near: 1, wide: 1, marginals: 1, halves: 1, conditionals: 1, centers: 1 },
  neighbors: 6,
};
/** How much the view of standard deviations counts, where heavy tails decide distances. */
const STANDARD = 0.15;
const LARGEST_CELL = 2;
const HIGHEST = 0.25;

/** The combination of a new score. */
export function newCombination(views: readonly ViewParts[]): Combination {
  const weights = views.flatMap((_, v) => Object.values(WEIGHTS).map((weight) => (v === 0 ? STANDARD : 1) * weight));
  return { weights: [...weights, LARGEST_CELL], highest: HIGHEST };
}

/** One score for each row. */
export function combined(
  { weights, highest }: Combination,
  surprises: readonly Float64Array[],
  rows: number,
): Float64Array {
  const scores = new Float64Array(rows);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return scores;
  for (let row = 0; row < rows; row++) {
    let [most, sum] = [0, 0];
    for (const [k, weight] of weights.entries()) {
      if (weight === 0) continue;
      const value = (surprises[k] as Float64Array)[row] as number;
      most = Math.max(most, value);
      sum += weight * value;
    }
    scores[row] = highest * most + (1 - highest) * (sum / total);
  }
  return scores;
}

const TYPE = "pushforward/anomaly-score.combination";

/** A combination in a model file. */
export function combinationToJson({ weights, highest }: Combination): Json {
  return { weights: [...weights], highest };
}

/** @throws {ModelFileError} it is no combination of so many detectors, without or with the largest surprise of a cell. */
export function combinationFromJson(item: Json, detectors: number): Combination {
  const reader = new ConfigReader(TYPE, item);
  const [weights, highest] = [reader.numbers("weights", { min: 0 }), reader.number("highest", { min: 0, max: 1 })];
  reader.end();
  if (weights.length !== detectors && weights.length !== detectors + 1) {
    throw new ModelFileError(
      "config",
      `${TYPE}: expected ${detectors} or ${detectors + 1} weights, got ${weights.length}.`,
    );
  }
  return { weights, highest };
}
