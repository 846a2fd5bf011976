import { checkOptions } from "../errors/check-options.ts";
import { OptionError } from "../errors/errors.ts";

/**
 * The learning rate of a step. It is a pure function, so a resumed run continues correctly.
 *
 * @param step steps taken so far, from 0.
 * @param totalSteps number of steps of the whole fit if it is not stopped early.
 */
export type Schedule = (step: number, totalSteps: number) => number;

/**
 * The same rate in every step.
 *
 * @example
 * await train(flow, { x }, { key, learningRate: constantSchedule(1e-3), maxEpochs: 1 });
 */
export function constantSchedule(rate: number): Schedule {
  checkRate("constantSchedule", "a learning rate", rate);
  return () => rate;
}

/** Options of {@link cosineSchedule}. */
export interface CosineScheduleOptions {
  /** The learning rate of the first step. */
  readonly learningRate: number;
  /** The learning rate after the last step. Default: 0. */
  readonly finalLearningRate?: number;
  /** Number of steps from start to end; later steps keep the final rate. Default: all steps of the fit. */
  readonly steps?: number;
}

/**
 * `final + (rate − final) · (1 + cos(π · step / steps)) / 2`: half a cosine (Loshchilov and Hutter 2017,
 * arXiv:1608.03983, without restarts).
 *
 * @example
 * await train(flow, { x }, { key, learningRate: cosineSchedule({ learningRate: 5e-3 }), maxEpochs: 1 });
 */
export function cosineSchedule(options: CosineScheduleOptions): Schedule {
  checkOptions("cosineSchedule", options, { learningRate: true, finalLearningRate: true, steps: true });
  const { learningRate: rate, finalLearningRate: finalRate = 0, steps } = options;
  checkRate("cosineSchedule", "a learning rate", rate);
  checkRate("cosineSchedule", "a final learning rate", finalRate);
  if (steps !== undefined && !(Number.isInteger(steps) && steps > 0)) {
    throw new OptionError(`cosineSchedule: expected a positive integer of steps, got ${steps}.`);
  }
  return (step, totalSteps) => {
    const progress = Math.min(1, step / (steps ?? totalSteps));
    return finalRate + 0.5 * (rate - finalRate) * (1 + Math.cos(Math.PI * progress));
  };
}

/**
 * `min(1, (step + 1) / steps) · rate`: scales the rate of a schedule from nearly 0 to its full value over the first
 * steps (Goyal et al. 2017, arXiv:1706.02677). Even the first step has a nonzero rate.
 *
 * @param schedule a schedule, or the same rate in every step.
 * @param steps the first step with the full rate, from 1.
 * @throws {OptionError} the number of steps is not whole or below 1, or a rate is below 0.
 * @example
 * await train(flow, { x }, { key, learningRate: warmupSchedule(cosineSchedule({ learningRate: 5e-3 }), 50), maxEpochs: 1 });
 */
export function warmupSchedule(schedule: number | Schedule, steps: number): Schedule {
  const whole = typeof schedule === "number" ? constantSchedule(schedule) : schedule;
  if (!(Number.isSafeInteger(steps) && steps > 0)) {
    throw new OptionError(`warmupSchedule: expected a positive integer of steps, got ${steps}.`);
  }
  return (step, totalSteps) => whole(step, totalSteps) * Math.min(1, (step + 1) / steps);
}

function checkRate(where: string, what: string, rate: number): void {
  if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`${where}: expected ${what} of at least 0, got ${rate}.`);
  }
}
