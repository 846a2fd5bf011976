import type { BijectionFamily } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/** Values computed in float64 by a different source with the parameters `1.5·sin(1.7·i + 0.3)`. */
export interface FamilyNumbers {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly logDet: readonly number[];
}

/** Compares a family with these values, both ways; `tolerance` is relative to max(1, |value|). */
export function expectNumbers(family: BijectionFamily, { x, y, logDet }: FamilyNumbers, tolerance = 5e-6): void {
  const raw = Array.from({ length: family.parameterCount }, (_, i) => 1.5 * Math.sin(1.7 * i + 0.3));
  tf.tidy(() => {
    const bijection = family.bind(tf.tensor1d(raw));
    const [value, log] = bijection.forwardAndLogDet(tf.tensor1d([...x]));
    expect(maxError(value, [...y])).toBeLessThan(tolerance);
    expect(maxError(log, [...logDet])).toBeLessThan(4 * tolerance);
    const [back, negative] = bijection.inverseAndLogDet(tf.tensor1d([...y]));
    // Where the map is flat, a rounding of y is a larger one of x.
    const flattest = Math.exp(-Math.min(0, ...logDet));
    expect(maxError(back, [...x])).toBeLessThan(tolerance * flattest);
    expect(
      maxError(
        negative,
        logDet.map((l) => -l),
      ),
    ).toBeLessThan(4 * tolerance * flattest);
  });
}

/** Zeros are the identity, to roundings. */
export function expectIdentity(family: BijectionFamily, x: readonly number[]): void {
  tf.tidy(() => {
    const [y, logDet] = family.bind(tf.zeros([family.parameterCount])).forwardAndLogDet(tf.tensor1d([...x]));
    expect(maxError(y, [...x])).toBeLessThan(2e-6);
    expect(
      maxError(
        logDet,
        x.map(() => 0),
      ),
    ).toBeLessThan(5e-6);
  });
}
