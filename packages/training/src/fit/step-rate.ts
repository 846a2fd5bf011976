import { OptionError } from "@pushforward/core";
import type { Progress } from "./checkpoint.ts";
import type { Settings } from "./train-options.ts";

/** What the rollbacks so far multiply the rates of the schedule by. */
export function rollbackScale({ rollback }: Settings, { rollbacks }: Progress): number {
  const { factor = 1 } = rollback ?? {};
  return factor ** rollbacks;
}

/**
 * The learning rate of the next step.
 *
 * @throws {OptionError} the schedule gives no finite rate.
 */
export function stepRate(settings: Settings, progress: Progress, totalSteps: number): number {
  const rate = settings.schedule(progress.step, totalSteps);
  if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY)) {
    throw new OptionError(
      `train: expected a schedule of finite rates from 0, got ${rate} in step ${progress.step + 1}.`,
    );
  }
  return rate * rollbackScale(settings, progress);
}

/** The learning rate of the step before a checkpoint; 0 before the first step. */
export function resumedRate(settings: Settings, progress: Progress, totalSteps: number): number {
  if (progress.step === 0) return 0;
  return settings.schedule(progress.step - 1, totalSteps) * rollbackScale(settings, progress);
}
