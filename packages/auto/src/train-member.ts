import { type Module, type NdArray, ndArray, TrainingDivergedError } from "@pushforward/core";
import { tensorValues } from "@pushforward/core/extend";
import { mapEvents, runTogether } from "@pushforward/core/plain";
import { logProbRows } from "@pushforward/flows";
import type { TableRows } from "@pushforward/tables/extend";
import {
  cosineSchedule,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  trainEvents,
  warmupSchedule,
} from "@pushforward/training";
import { trainingThreads } from "@pushforward/training/extend";
import { quantileSpline } from "@pushforward/transforms";
import type { QuantileSpline } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { meanOf } from "./assemble-model.ts";
import { type FittedBase, fitBase } from "./base-density.ts";
import type { FitAutoEvent } from "./fit-auto-events.ts";
import type { FitAutoOptions } from "./fit-auto-options.ts";
import { type Member, type MemberSettings, makeMember, memberSettings } from "./member.ts";
import type { MemberJob, MemberKind, MemberTask, TrainedMember } from "./member-task.ts";
import type { PreparedRows } from "./prepare-rows.ts";

const WARM_UP = 50;
const AVERAGING = { decay: 0.99, warmup: true } as const;
const CLIP_NORM = 5;
const ROLLBACK = { factor: 0.3, times: 3 } as const;
/** Rows for each number of a base above which it is trained at the full rate, and its rate otherwise. */
const ROWS_PER_NUMBER = 3;
const SLOW_BASE = 0.1;

/** Returns `true` if a base has so few rows that it must be trained slowly. */
export function isSlowBase(base: FittedBase, rows: number): boolean {
  const { components, classes, columns } = base;
  return rows < (ROWS_PER_NUMBER * components * classes * (columns + 1) * (columns + 2)) / 2;
}

/**
 * Trains a member of `fitAuto` by maximum likelihood, in this thread. Afterwards `task.member` has the weights that
 * were best on the validation rows, even if the training diverged.
 *
 * @throws the errors of `train`, except for a training that diverged.
 * @example
 * const here: MemberTrainer = (task, options) => trainMemberEvents(task, options);
 * const { members } = await fitAuto({ x }, { key: createKey(0), quality: "fast", maxEpochs: 2, memberTrainer: here });
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

/** The job with the number of threads that it would use here, so that it produces the same bits elsewhere. */
function taskOf({ train, ...job }: MemberJob & Pick<MemberTask, "train">): MemberTask {
  const threads = trainingThreads<Module>(job.member, train, fitOptions({ ...job, train }));
  return { ...job, train, threads };
}

function fitOptions({ key, threads, training, validation }: MemberJob): TrainOptions {
  const { epochs, batchSize, patience, learningRate, isBaseSlow } = training;
  return {
    key,
    validation,
    maxEpochs: epochs,
    batchSize,
    learningRate: warmupSchedule(cosineSchedule({ learningRate: learningRate }), WARM_UP),
    clipNorm: CLIP_NORM,
    averaging: AVERAGING,
    rollback: { patience, ...ROLLBACK },
    ...(isBaseSlow && { learningRateMultipliers: (path: string) => (path.startsWith("base.") ? SLOW_BASE : 1) }),
    threads,
  };
}

/** Trains members in parallel, here or elsewhere. Yields their events as they happen. */
export async function* trainTogetherEvents(
  jobs: readonly MemberJob[],
  count: number,
  options: Pick<FitAutoOptions, "memberTrainer" | "signal">,
): AsyncGenerator<FitAutoEvent, readonly TrainedMember[], void> {
  const outcomes = new Map<MemberJob, TrainedMember>();
  const train = async function* (job: MemberJob): AsyncGenerator<FitAutoEvent, void, void> {
    const { index, kind } = job;
    const events = eventsOf(job, options);
    outcomes.set(
      job,
      yield* mapEvents(events, (event): FitAutoEvent => ({ type: "member", index, count, kind, event })),
    );
  };
  yield* runTogether(
    jobs,
    jobs.map(() => train),
  );
  return jobs.map((job) => outcomes.get(job) as TrainedMember);
}

function eventsOf(
  job: MemberJob,
  { memberTrainer, signal }: Pick<FitAutoOptions, "memberTrainer" | "signal">,
): ReturnType<typeof trainMemberEvents> {
  const { train } = job;
  if (memberTrainer === undefined || "rows" in train) return trainMemberEvents(job, { signal });
  return memberTrainer(taskOf({ ...job, train }), { signal });
}

/** A member before its training: its layers are the identity, and it is as good as its base. */
export interface StartedMember {
  readonly member: Member;
  readonly kind: MemberKind;
  readonly settings: MemberSettings;
  readonly base: FittedBase;
  /** Log-densities of the validation rows in standard units, and minus their mean. */
  readonly logProb: Float64Array;
  readonly start: number;
}

/** Common starting data of all members. */
export interface MemberStart {
  readonly rows: Pick<PreparedRows, "train" | "validation">;
  readonly options: FitAutoOptions;
  /** The mixture of Gaussians that the first member starts from. */
  readonly mixture: FittedBase;
  /** Frees a part if the work stops without a result. */
  own<T extends Module>(part: T): T;
}

/** Makes the member of a kind with the number `index`, which decides its random numbers. */
export async function startMember(
  kind: MemberKind,
  index: number,
  { rows: { train, validation }, options, mixture, own }: MemberStart,
): Promise<StartedMember> {
  const [sampled, columns] = train.x.shape as unknown as readonly [number, number];
  const settings = memberSettings(kind, [options.stream?.rows ?? sampled, columns], options);
  const { knots } = settings;
  const quantiles = knots === undefined ? undefined : own(quantileSpline(train.x, { knots }));
  const base = await baseOf(kind, index, quantiles, { rows: { train, validation }, options, mixture, own });
  const context = train.context?.shape[1] ?? 0;
  const key = options.key.fold(`member.${index}`);
  const member = own(makeMember(train.x.shape[1] as number, context, base.create(), quantiles, key, settings));
  const logProb = logProbRows(member, validation.x, validation.context);
  return { member, kind, settings, base, logProb, start: -meanOf(logProb) };
}

function baseOf(
  kind: MemberKind,
  index: number,
  quantiles: QuantileSpline | undefined,
  { rows: { train, validation }, options, mixture }: MemberStart,
): Promise<FittedBase> | FittedBase {
  if (quantiles !== undefined) {
    const [x, held] = [transformed(quantiles, train), transformed(quantiles, validation)];
    return fitNamedBase(x, held, kind, options, { widened: true });
  }
  // Another start for a second mixture, which else would make the same mistakes.
  return index === 0 ? mixture : fitNamedBase(train, validation, `mixture.${index}`, options);
}

/** Fits a base with the random numbers of a name. */
export function fitNamedBase(
  train: TableRows,
  validation: TableRows,
  name: string,
  { key, contextClasses = [], signal }: FitAutoOptions,
  what: { readonly components?: number; readonly widened?: boolean } = {},
): Promise<FittedBase> {
  return fitBase(train, validation, { key: key.fold(`base.${name}`), ...what, classes: contextClasses, signal });
}

/** Rows after the quantile splines, on the side of the base. */
function transformed(quantiles: QuantileSpline, { x, context }: TableRows): TableRows {
  const values = tensorValues(() => quantiles.inverse(tf.tensor(Float32Array.from(x.data), [...x.shape])));
  const inverse: NdArray = ndArray(x.shape, Float64Array.from(values));
  return { x: inverse, ...(context && { context }) };
}
