import { type Module, TrainingDivergedError } from "@pushforward/core";
import {
  cosineSchedule,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  trainEvents,
  warmupSchedule,
} from "@pushforward/training";
import { trainingThreads } from "@pushforward/training/extend";
import type { FittedBase } from "./base-density.ts";
import type { MemberJob, MemberTask, TrainedMember } from "./member-task.ts";

const WARM_UP = 50;
const AVERAGING = { decay: 0.99, warmup: true } as const;
const CLIP_NORM = 5;
const ROLLBACK = { factor: 0.3, times: 3 } as const;
/** Rows for each number of a base above which it is trained at the full rate, and its rate otherwise. */
const ROWS_PER_NUMBER = 3;
const SLOW_BASE = 0.1;

/** Whether a base has so few rows that it is only trained slowly. */
export function isSlowBase(base: FittedBase, rows: number): boolean {
  const { components, classes, columns } = base;
  return rows < (ROWS_PER_NUMBER * components * classes * (columns + 1) * (columns + 2)) / 2;
}

/**
 * Trains a member of `fitAuto` by maximum likelihood, in this thread. `task.member` ends with the weights that were best on
 * the validation rows, also where the training diverged.
 *
 * @throws what `train` throws, but for a training that diverged.
 * @example
 * const here: MemberTrainer = (task, options) => trainMemberEvents(task, options);
 * const { members } = await fitAuto({ x }, { key: createKey(0), quality: "fast", epochs: 2, memberTrainer: here });
 * members.length; // → 1
 */
export async function* trainMemberEvents(
  task: MemberJob,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<TrainEvent, TrainedMember, void> {
  const events = trainEvents<Module>(task.member, task.train, { ...fitOptions(task), signal });
  let result: TrainResult | undefined;
  try {
    for await (const event of events) {
      if (event.type === "stop") result = event;
      yield event;
    }
  } catch (error) {
    // The untrained member is a candidate for the best: there always are weights to go on with.
    if (!(error instanceof TrainingDivergedError) || result?.weights !== "best") throw error;
    return { result, diverged: error.message };
  }
  if (result === undefined) throw new Error("train: expected a stop event, got none.");
  return { result };
}

/** The job with the number of threads that it would take here, so that it gives the same bits elsewhere. */
export function taskOf({ train, ...job }: MemberJob & Pick<MemberTask, "train">): MemberTask {
  const threads = trainingThreads<Module>(job.member, train, fitOptions({ ...job, train }));
  return { ...job, train, threads };
}

function fitOptions({ key, threads, training, validation }: MemberJob): TrainOptions {
  const { epochs, batchSize, patience, learningRate, isBaseSlow } = training;
  return {
    key,
    validation,
    epochs,
    batchSize,
    learningRate: warmupSchedule(cosineSchedule({ learningRate: learningRate }), WARM_UP),
    clipNorm: CLIP_NORM,
    averaging: AVERAGING,
    rollback: { patience, ...ROLLBACK },
    ...(isBaseSlow && { learningRateMultipliers: (path: string) => (path.startsWith("base.") ? SLOW_BASE : 1) }),
    threads,
  };
}
