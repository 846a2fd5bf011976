import { type Distribution, OptionError } from "@pushforward/core";
import { formatShape, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { Comparison, formatValues, hostCopy, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { inTidy } from "../law/law.ts";
import { densitiesOn, type Grid, gridOf, integral } from "./density-grid.ts";
import type { DistributionCase, IntegerRange } from "./distribution-case.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

/** Probabilities of the integers `low`, `low + 1`, … of a case, for each member of the batch. */
export function integerMasses(trial: DistributionTrial): { low: number; masses: Float64Array[] } {
  const { low, high } = trial.theCase.integers as IntegerRange;
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const { batchShape, eventShape } = distribution;
  if (sizeOf(eventShape) !== 1) {
    throw new OptionError(`distributionLaws: expected events of one integer to sum over, got ${sizeOf(eventShape)}.`);
  }
  const [members, count] = [sizeOf(batchShape), high - low + 1];
  const values = Float32Array.from({ length: count * members }, (_, i) => low + Math.floor(i / members));
  const logProb = inTidy(() =>
    hostCopy(distribution.logProb(tf.tensor(values, [count, ...batchShape, ...eventShape]))),
  );
  const masses = Array.from({ length: members }, (_, m) =>
    Float64Array.from({ length: count }, (_, k) => Math.exp(logProb[k * members + m] as number)),
  );
  return { low, masses };
}

export function densities(trial: DistributionTrial): { distribution: Distribution; grid: Grid; all: Float64Array[] } {
  const { eventShape } = distributionAt(trial.value, trial.theCase, trial.gridKey, 1);
  const dimensions = sizeOf(eventShape);
  if (dimensions !== 1 && dimensions !== 2) {
    throw new OptionError(
      `distributionLaws: expected events of one or two numbers to integrate over, got shape ${formatShape(eventShape)}.`,
    );
  }
  // Three contexts in one dimension, two in two: a grid of two costs 160,801 evaluations each.
  const distribution = distributionAt(trial.value, trial.theCase, trial.gridKey, dimensions === 1 ? 3 : 2);
  const backend = tf.getBackend();
  if (trial.cache.entry?.backend !== backend) {
    const grid = gridOf(trial.theCase.integrate as NonNullable<DistributionCase["integrate"]>, dimensions, trial.quick);
    trial.cache.entry = { backend, grid, all: densitiesOn(grid, distribution) };
  }
  return { distribution, grid: trial.cache.entry.grid, all: trial.cache.entry.all };
}

export function minusInfinityOutside(trial: DistributionTrial): Measurement {
  const distribution = distributionAt(trial.value, trial.theCase, trial.key, 1);
  const members = sizeOf(distribution.batchShape);
  for (const event of trial.theCase.outside ?? []) {
    const values = Float32Array.from({ length: members * event.length }, (_, i) => event[i % event.length] as number);
    const x = tf.tensor(values, [...distribution.batchShape, ...distribution.eventShape]);
    const found = hostCopy(distribution.logProb(x));
    if (found.some((v) => v !== Number.NEGATIVE_INFINITY)) {
      throw new Violation("a log-density of -Infinity", formatValues(found), formatValues(event));
    }
  }
  return KEPT;
}

export function integratesToOne(trial: DistributionTrial): Measurement {
  const { grid, all } = densities(trial);
  const comparison = new Comparison(trial.tolerances.integral);
  for (const [member, density] of all.entries()) {
    comparison.add(
      integral(grid, (i) => density[i] as number),
      1,
      () => `batch member ${member}`,
    );
  }
  return comparison.result();
}

export function sumsToOne(trial: DistributionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.integral);
  for (const [member, masses] of integerMasses(trial).masses.entries()) {
    const total = masses.reduce((a, b) => a + b, 0);
    comparison.add(total, 1, () => `batch member ${member}`);
  }
  return comparison.result();
}
