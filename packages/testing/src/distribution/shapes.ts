import type { Shape } from "@pushforward/core";
import { formatShape, shapesEqual } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { compareArrays } from "../law/compare-arrays.ts";
import { Comparison, formatValues, type Measurement, Violation } from "../law/comparison.ts";
import { hostCopy } from "../law/host-copy.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

export function shapes(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
  const { batchShape, eventShape } = distribution;
  for (const sampleShape of [undefined, [], [3], [2, 3], [1]]) {
    const expected = [...(sampleShape ?? []), ...batchShape];
    const x = distribution.sample(trial.key, sampleShape);
    requireShape("sample", x.shape, [...expected, ...eventShape]);
    requireShape("logProb", distribution.logProb(x).shape, expected);
    const [y, logProb] = distribution.sampleAndLogProb(trial.key, sampleShape);
    requireShape("sample of sampleAndLogProb", y.shape, [...expected, ...eventShape]);
    requireShape("logProb of sampleAndLogProb", logProb.shape, expected);
  }
  const numbers = distribution.sample(trial.key, [2]);
  const fromNumbers = hostCopy(distribution.logProb(numbers.arraySync()));
  const fromTensor = hostCopy(distribution.logProb(numbers));
  if (fromNumbers.some((v, i) => !Object.is(v, fromTensor[i]))) {
    throw new Violation("logProb of plain numbers to be that of their tensor", formatValues(fromNumbers));
  }
  // Log-densities of two samples at once are those of each alone.
  const comparison = new Comparison(trial.tolerances.same);
  const half = fromTensor.length / 2;
  for (const [i, sample] of tf.unstack(numbers).entries()) {
    compareArrays(
      comparison,
      hostCopy(distribution.logProb(sample)),
      fromTensor.slice(i * half, (i + 1) * half),
      "logProb of one sample",
    );
  }
  return comparison.result();
}

export function requireShape(what: string, got: Shape, expected: Shape): void {
  if (!shapesEqual(got, expected)) throw new Violation(`${what} of shape ${formatShape(expected)}`, formatShape(got));
}
