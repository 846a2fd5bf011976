import { type Distribution, OptionError } from "@pushforward/core";
import { formatShape, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { densitiesOn, type Grid, gridOf } from "./density-grid.ts";
import type { DistributionCase } from "./distribution-case.ts";
import { type DistributionTrial, distributionAt } from "./distribution-trial.ts";

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
    const grid = gridOf(trial.theCase.integrate as NonNullable<DistributionCase["integrate"]>, dimensions);
    trial.cache.entry = { backend, grid, all: densitiesOn(grid, distribution) };
  }
  return { distribution, grid: trial.cache.entry.grid, all: trial.cache.entry.all };
}
