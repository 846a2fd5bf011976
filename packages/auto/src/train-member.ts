import { TrainingDivergedError } from "@pushforward/core";
import type { TableRows } from "@pushforward/tables";
import {
  cosineSchedule,
  fit,
  type RowStream,
  type TrainEvent,
  type TrainResult,
  warmupSchedule,
} from "@pushforward/training";
import type { AutoOptions } from "./auto-options.ts";
import type { FittedBase } from "./base-density.ts";
import type { Member } from "./member.ts";
import type { MemberSettings } from "./member-settings.ts";

const WARM_UP = 50;
const AVERAGING = { decay: 0.99, warmup: true } as const;
const CLIP_NORM = 5;
const ROLLBACK = { factor: 0.3, times: 3 } as const;
/** Rows for each number of a base above which it is trained at the full rate, and its rate otherwise. */
const ROWS_PER_NUMBER = 3;
const SLOW_BASE = 0.1;

/** What the training of a member came to. */
export interface TrainedMember {
  readonly result: TrainResult;
  /** Why it ended before its time; the member has its best weights until then. */
  readonly diverged?: TrainingDivergedError | undefined;
}

/** Whether a base has so few rows that it is only trained slowly. */
export function isSlowBase(base: FittedBase, rows: number): boolean {
  const { components, classes, columns } = base;
  return rows < (ROWS_PER_NUMBER * components * classes * (columns + 1) * (columns + 2)) / 2;
}

/** Trains a member by maximum likelihood; it ends with the weights that were best on the validation rows. */
export async function* trainMember(
  member: Member,
  base: FittedBase,
  train: TableRows | RowStream,
  validation: TableRows,
  settings: MemberSettings,
  { key, threads, signal }: Pick<AutoOptions, "key" | "threads" | "signal">,
): AsyncGenerator<TrainEvent, TrainedMember, void> {
  const { epochs, batchSize, patience, learningRate } = settings;
  const slow = isSlowBase(base, "rows" in train ? train.rows : (train.x.shape[0] as number));
  const events = fit(member, train, {
    key,
    validation,
    epochs,
    batchSize,
    learningRate: warmupSchedule(cosineSchedule({ rate: learningRate }), WARM_UP),
    clipNorm: CLIP_NORM,
    averaging: AVERAGING,
    rollback: { patience, ...ROLLBACK },
    ...(slow && { learningRateMultipliers: (path: string) => (path.startsWith("base.") ? SLOW_BASE : 1) }),
    threads,
    signal,
  });
  let result: TrainResult | undefined;
  try {
    for await (const event of events) {
      if (event.type === "stop") result = event;
      yield event;
    }
  } catch (error) {
    // The untrained member is a candidate for the best: there always are weights to go on with.
    if (!(error instanceof TrainingDivergedError) || result?.weights !== "best") throw error;
    return { result, diverged: error };
  }
  if (result === undefined) throw new Error("fit: expected a stop event, got none.");
  return { result };
}
