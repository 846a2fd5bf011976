import type { MemberTask, TrainedMember } from "@pushforward/auto/extend";
import type { ParameterValues } from "@pushforward/core/extend";
import { loadCheckpoint } from "@pushforward/serialization/node";
import type { Json, TrainResult } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { FileContents } from "./member-rows.ts";

/** A member that a worker has trained. */
export interface StoredMember extends TrainedMember {
  /** The SHA-256 of the file with the task. */
  readonly task: string;
  /** Host and process. */
  readonly worker: string;
  /** What its trainable parameters came to, by their paths. */
  readonly weights: ReadonlyMap<string, ParameterValues>;
}

const FORMAT = "pushforward trained member";
const REASONS: readonly unknown[] = ["completed", "patience", "aborted", "diverged"] satisfies TrainResult["reason"][];

/** A trained member as what a file holds. */
export function trainedToContents(
  member: MemberTask["member"],
  { result, diverged, task, worker }: Omit<StoredMember, "weights">,
): FileContents {
  const { reason, epochs, steps, trainLoss, bestEpoch, bestValidationLoss, weights, seconds, cpuSeconds } = result;
  const told = { reason, epochs, steps, trainLoss, bestEpoch, bestValidationLoss, weights, seconds, cpuSeconds };
  // What has no value is left out.
  const meta: Json = JSON.parse(JSON.stringify({ format: FORMAT, task, worker, diverged, result: told }));
  return { meta, arrays: new Map(trainable(member).map(([path, parameter]) => [path, parameter.read()])) };
}

/**
 * Reads a trained member from its file.
 *
 * @throws {ModelFileError | UserError} the file is damaged, or holds something else.
 */
export async function loadTrained(file: string): Promise<StoredMember> {
  const { meta, arrays } = await loadCheckpoint(file);
  const { format, task, worker, diverged, result } = Object(meta) as Readonly<Record<string, unknown>>;
  const checks: Readonly<Record<string, boolean>> = {
    format: format === FORMAT,
    task: typeof task === "string",
    worker: typeof worker === "string",
    diverged: diverged === undefined || typeof diverged === "string",
    result: isResult(Object(result)),
    weights: [...arrays.values()].every((values) => values instanceof Float32Array && values.every(Number.isFinite)),
  };
  const wrong = Object.keys(checks).find((name) => !checks[name]);
  if (wrong !== undefined) {
    throw new UserError(`${file}: expected a trained member, got one in which "${wrong}" is wrong.`);
  }
  return {
    ...{ task: task as string, worker: worker as string, result: result as TrainResult },
    ...(diverged !== undefined && { diverged: diverged as string }),
    weights: arrays as StoredMember["weights"],
  };
}

/**
 * Gives a member its trained weights.
 *
 * @throws {UserError} they are those of another one.
 */
export function writeWeights(member: MemberTask["member"], { weights }: StoredMember, file: string): void {
  const parameters = trainable(member);
  const other = [...weights.keys()].find((path) => !parameters.some(([own]) => own === path));
  const lacking = parameters.find(([path, parameter]) => weights.get(path)?.length !== parameter.read().length);
  if (other !== undefined || lacking !== undefined) {
    throw new UserError(`${file}: expected the weights of the member, got others in "${other ?? lacking?.[0]}".`);
  }
  for (const [path, parameter] of parameters) parameter.write(weights.get(path) as ParameterValues);
}

function trainable(member: MemberTask["member"]) {
  return [...member.parameters()].filter(([, parameter]) => parameter.trainable);
}

function isResult(result: Readonly<Record<string, unknown>>): boolean {
  const { reason, weights, epochs, steps, seconds } = result;
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  const optional = ["trainLoss", "bestEpoch", "bestValidationLoss", "cpuSeconds"] as const;
  return (
    REASONS.includes(reason) &&
    (weights === "best" || weights === "last") &&
    isCount(epochs) &&
    isCount(steps) &&
    typeof seconds === "number" &&
    optional.every((name) => result[name] === undefined || typeof result[name] === "number")
  );
}
