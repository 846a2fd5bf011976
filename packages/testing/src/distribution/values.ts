import type { Shape } from "@pushforward/core";
import { formatShape, shapesEqual, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import {
  Comparison,
  compareArrays,
  formatValues,
  hostCopy,
  KEPT,
  type Measurement,
  Violation,
} from "../law/comparison.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";
import { gradients } from "./gradients-are-slopes.ts";

// A row beyond what float32 can square is the least probable of all: −Infinity or a finite number, never NaN.
export function farAwayIsImprobable(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const size = sizeOf(distribution.eventShape);
  const members = sizeOf(distribution.batchShape);
  const inside = hostCopy(distribution.sample(trial.key, [1]));
  const signs = trial.key.fold("signs").uniform(inside.length);
  const shape = [...distribution.batchShape, ...distribution.eventShape];
  const near = hostCopy(distribution.logProb(tf.tensor(inside, shape)));
  for (const distance of [1e10, 1e20, 1e30, 3e38, Number.POSITIVE_INFINITY]) {
    for (const which of ["one element", "every element"]) {
      const x = inside.map((v, i) => {
        const moves = which === "every element" || i % size === 0;
        return moves ? ((signs[i] as number) < 0.5 ? -distance : distance) : v;
      });
      const found = hostCopy(distribution.logProb(tf.tensor(x, shape)));
      for (let m = 0; m < members; m++) {
        if (!((found[m] as number) <= Math.max(near[m] as number, 0))) {
          throw new Violation(
            "−Infinity or a small log-density",
            String(found[m]),
            `${which} at a distance of ${distance}`,
          );
        }
      }
    }
  }
  return KEPT;
}

export function nanStaysNan(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const size = sizeOf(distribution.eventShape);
  const members = sizeOf(distribution.batchShape);
  const x = hostCopy(distribution.sample(trial.key, [size + 1]));
  for (let row = 0; row < size; row++)
    for (let m = 0; m < members; m++) x[(row * members + m) * size + row] = Number.NaN;
  const shape = [size + 1, ...distribution.batchShape, ...distribution.eventShape];
  const found = hostCopy(distribution.logProb(tf.tensor(x, shape)));
  for (const [i, v] of found.entries()) {
    const row = Math.floor(i / members);
    if (row < size && !Number.isNaN(v)) throw new Violation("a log-density of NaN", String(v), `NaN as element ${row}`);
    if (row === size && Number.isNaN(v)) throw new Violation("a log-density free of other rows' NaN", "NaN");
  }
  return KEPT;
}

export function finiteGradients(trial: DistributionTrial): Measurement {
  const { x, parameters } = gradients(trial);
  const bad = x?.find((v) => !Number.isFinite(v));
  if (bad !== undefined) throw new Violation("a finite gradient of the log-density for x", String(bad));
  for (const [path, gradient] of parameters) {
    const worst = gradient?.find((v) => !Number.isFinite(v));
    if (worst !== undefined) {
      throw new Violation(`a finite gradient of the log-density for parameter "${path}"`, String(worst));
    }
  }
  return KEPT;
}

export function everyParameterLearns(trial: DistributionTrial): Measurement {
  const { parameters } = gradients(trial);
  const silent = [...parameters].filter(([, gradient]) => !gradient?.some((v) => v !== 0)).map(([path]) => path);
  if (silent.length > 0) {
    throw new Violation("a non-zero gradient for every trainable parameter", `none for ${silent.join(", ")}`);
  }
  return KEPT;
}

export function shapes(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 2);
  const { batchShape, eventShape } = distribution;
  const scored: { readonly x: tf.Tensor; readonly logProb: tf.Tensor }[] = [];
  for (const sampleShape of [undefined, [], [2, 3], [1]]) {
    const expected = [...(sampleShape ?? []), ...batchShape];
    const x = distribution.sample(trial.key, sampleShape);
    requireShape("sample", x.shape, [...expected, ...eventShape]);
    // Without axes, as `undefined`.
    if (trial.quick && sampleShape?.length === 0) continue;
    const scoreOfX = distribution.logProb(x);
    requireShape("logProb", scoreOfX.shape, expected);
    const [y, logProb] = distribution.sampleAndLogProb(trial.key, sampleShape);
    requireShape("sample of sampleAndLogProb", y.shape, [...expected, ...eventShape]);
    requireShape("logProb of sampleAndLogProb", logProb.shape, expected);
    if (sampleShape?.length === 2) scored.push({ x, logProb: scoreOfX });
  }
  const { x: numbers, logProb } = scored[0] as (typeof scored)[number];
  const fromNumbers = hostCopy(distribution.logProb(numbers.arraySync() as never));
  const fromTensor = hostCopy(logProb);
  if (fromNumbers.some((v, i) => !Object.is(v, fromTensor[i]))) {
    throw new Violation("logProb of plain numbers to be that of their tensor", formatValues(fromNumbers));
  }
  // Log-densities of samples at once are those of a sample alone.
  const comparison = new Comparison(trial.tolerances.same);
  const size = fromTensor.length / 6;
  const last = tf.slice(tf.reshape(numbers, [6, ...batchShape, ...eventShape]), 5, 1);
  compareArrays(
    comparison,
    hostCopy(distribution.logProb(tf.reshape(last, [...batchShape, ...eventShape]))),
    fromTensor.slice(5 * size),
    "logProb of one sample",
  );
  return comparison.result();
}

export function requireShape(what: string, got: Shape, expected: Shape): void {
  if (!shapesEqual(got, expected)) throw new Violation(`${what} of shape ${formatShape(expected)}`, formatShape(got));
}
