import { DataError } from "@pushforward/core";
import { areaUnderCurve } from "../trees/area-under-curve.ts";

/** What {@link membershipAttack} finds. */
export interface MembershipAttack {
  /** The area under the ROC curve: ½ where the score does not tell. */
  readonly area: number;
  /** Its standard error where the score does not tell. */
  readonly standardError: number;
}

/**
 * How well a score tells the rows that a model was fitted on from others: the probability that a training row has a larger
 * one than a held-out row (Yeom et al. 2018, arXiv:1709.01604, with the log-density for the loss).
 *
 * @param training the score of training rows: their log-density, or minus the distance to the closest sample.
 * @param heldOut the score of rows that the model has never seen.
 * @throws {DataError} one of them is empty or holds NaN.
 * @example
 * membershipAttack([-1, -2, -3], [-2, -3, -4]).area; // → 0.7778
 */
export function membershipAttack(training: ArrayLike<number>, heldOut: ArrayLike<number>): MembershipAttack {
  for (const [name, scores] of Object.entries({ training, heldOut })) {
    const bad = Array.from(scores).findIndex(Number.isNaN);
    if (scores.length > 0 && bad < 0) continue;
    const got = bad < 0 ? "none" : `NaN in row ${bad + 1}`;
    throw new DataError(`membershipAttack: expected numbers as scores of ${name}, got ${got}.`);
  }
  const [n, m] = [training.length, heldOut.length];
  return { area: areaUnderCurve(heldOut, training), standardError: Math.sqrt((n + m + 1) / (12 * n * m)) };
}
