import type { MemberTask, TrainedMember } from "@pushforward/auto/extend";
import type { ParameterValues } from "@pushforward/core/extend";
import { keyFromWords } from "@pushforward/core/plain";
import type { SafetensorsData } from "@pushforward/serialization/extend";
import { loadCheckpoint, loadModel } from "@pushforward/serialization/node";
import type { TableRows } from "@pushforward/tables/extend";
import { ConditionalFlow, encodeModel, Flow, type Json, standardRegistry, type TrainResult } from "pushforward";
import { UserError } from "../errors/user-error.ts";

/** Format names in the files. */
const [ROWS, TASK, TRAINED] = ["pushforward member rows", "pushforward member", "pushforward trained member"];

/** The rows that the members of a fit learn from. */
export type MemberRows = Pick<MemberTask, "train" | "validation">;

/** Contents of a file that is not a model. */
export interface FileContents {
  readonly meta: Json;
  readonly arrays: ReadonlyMap<string, SafetensorsData>;
}

/** Converts rows to file contents: named arrays, and the number of columns. */
export function rowsToContents({ train, validation }: MemberRows): FileContents {
  const arrays = new Map<string, SafetensorsData>();
  for (const [part, rows] of [["train", train] as const, ["validation", validation] as const]) {
    arrays.set(`${part}.x`, rows.x.data);
    if (rows.context !== undefined) arrays.set(`${part}.context`, rows.context.data);
  }
  return {
    meta: { format: ROWS, columns: train.x.shape[1] as number, context: train.context?.shape[1] ?? 0 },
    arrays,
  };
}

/**
 * The rows in the contents of a file.
 *
 * @throws {UserError} they are something else.
 */
export function rowsFromContents({ meta, arrays }: FileContents, file: string): MemberRows {
  const { format, columns, context } = Object(meta) as Readonly<Record<string, unknown>>;
  const refuse = (problem: string): never => {
    throw new UserError(`${file}: expected the rows of a fit, got ${problem}.`);
  };
  if (format !== ROWS) refuse("something else");
  const read = (name: string, width: unknown): TableRows["x"] => {
    const data = arrays.get(name);
    if (!(data instanceof Float64Array || data instanceof Float32Array)) return refuse(`none in "${name}"`);
    const rows = data.length / (width as number);
    if (!Number.isSafeInteger(rows) || rows < 1) refuse(`${data.length} numbers for ${width} columns in "${name}"`);
    if (!data.every(Number.isFinite)) refuse(`a number in "${name}" that is not finite`);
    return { shape: [rows, width as number], data };
  };
  const part = (name: string): TableRows => {
    const x = read(`${name}.x`, columns);
    if (context === 0) return { x };
    const given = read(`${name}.context`, context);
    if (given.shape[0] !== x.shape[0]) refuse(`${given.shape[0]} contexts for ${x.shape[0]} rows in "${name}"`);
    return { x, context: given };
  };
  return { train: part("train"), validation: part("validation") };
}

/** A task without its rows, which all members of a fit share. */
export interface StoredTask {
  readonly task: Omit<MemberTask, keyof MemberRows>;
  /** The SHA-256 of the file with the rows. */
  readonly rows: string;
}

/** The fields of a task in the metadata of its file. */
interface StoredFields extends Pick<MemberTask, "index" | "kind" | "threads" | "training"> {
  readonly rows: string;
  readonly key: MemberTask["key"]["words"];
}

const KINDS: readonly string[] = ["mixture", "quantile", "affine", "gaussianization"] satisfies MemberTask["kind"][];

/**
 * Returns the bytes of a model file with a member at its start, and its training settings. The same task yields the
 * same bytes.
 */
export function encodeTask({ member, index, kind, training, key, threads }: MemberTask, rows: string): Uint8Array {
  const { epochs, batchSize, patience, learningRate, isBaseSlow } = training;
  return encodeModel(member, standardRegistry, {
    metadata: {
      ...{ format: TASK, index, kind, threads, rows, key: [...key.words] },
      training: { epochs, batchSize, patience, learningRate, isBaseSlow },
    },
  });
}

/**
 * Reads the task of a member from its file.
 *
 * @throws {ModelFileError | UserError} the file is damaged, or has different contents.
 */
export async function loadTask(file: string): Promise<StoredTask> {
  const { model, metadata } = await loadModel(file, standardRegistry, { is: isMember });
  const fields = Object(metadata) as Readonly<Record<string, Json>>;
  const wrong = wrongField(fields);
  if (wrong !== undefined) {
    model.dispose();
    throw new UserError(`${file}: expected the task of a member, got an invalid "${wrong}".`);
  }
  const { index, kind, threads, rows, key, training } = fields as unknown as StoredFields;
  return { task: { member: model, index, kind, threads, training, key: keyFromWords(key) }, rows };
}

function isMember(value: unknown): value is Flow | ConditionalFlow {
  return value instanceof Flow || value instanceof ConditionalFlow;
}

function wrongField(fields: Readonly<Record<string, Json>>): string | undefined {
  const { index, kind, threads, rows, key } = fields;
  const { epochs, batchSize, patience, learningRate, isBaseSlow } = Object(fields["training"]) as typeof fields;
  const checks: Readonly<Record<string, boolean>> = {
    format: fields["format"] === TASK,
    index: isInteger(index, 0),
    kind: KINDS.some((name) => name === kind),
    threads: isInteger(threads, 1),
    rows: typeof rows === "string" && /^[0-9a-f]{64}$/.test(rows),
    key: Array.isArray(key) && key.length === 2 && key.every((word) => isInteger(word, 0, 2 ** 32 - 1)),
    training:
      [epochs, batchSize, patience].every((count) => isInteger(count, 1)) &&
      typeof learningRate === "number" &&
      learningRate > 0 &&
      typeof isBaseSlow === "boolean",
  };
  return Object.keys(checks).find((name) => !checks[name]);
}

function isInteger(value: Json | undefined, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** A member that a worker has trained. */
export interface StoredMember extends TrainedMember {
  /** The SHA-256 of the file with the task. */
  readonly task: string;
  /** Host and process. */
  readonly worker: string;
  /** Trained values of its parameters, by their paths. */
  readonly weights: ReadonlyMap<string, ParameterValues>;
}

const REASONS: readonly unknown[] = ["completed", "patience", "aborted", "diverged"] satisfies TrainResult["reason"][];

/** Converts a trained member to file contents. */
export function trainedToContents(
  member: MemberTask["member"],
  { result, diverged, task, worker }: Omit<StoredMember, "weights">,
): FileContents {
  const { reason, epochs, steps, trainLoss, bestEpoch, bestValidationLoss, weights, seconds, cpuSeconds } = result;
  const told = { reason, epochs, steps, trainLoss, bestEpoch, bestValidationLoss, weights, seconds, cpuSeconds };
  // What has no value is left out.
  const meta: Json = JSON.parse(JSON.stringify({ format: TRAINED, task, worker, diverged, result: told }));
  return { meta, arrays: new Map(trainable(member).map(([path, parameter]) => [path, parameter.read()])) };
}

/**
 * Reads a trained member from its file.
 *
 * @throws {ModelFileError | UserError} the file is damaged, or has different contents.
 */
export async function loadTrained(file: string): Promise<StoredMember> {
  const { meta, arrays } = await loadCheckpoint(file);
  const { format, task, worker, diverged, result } = Object(meta) as Readonly<Record<string, unknown>>;
  const checks: Readonly<Record<string, boolean>> = {
    format: format === TRAINED,
    task: typeof task === "string",
    worker: typeof worker === "string",
    diverged: diverged === undefined || typeof diverged === "string",
    result: isResult(Object(result)),
    weights: [...arrays.values()].every((values) => values instanceof Float32Array && values.every(Number.isFinite)),
  };
  const wrong = Object.keys(checks).find((name) => !checks[name]);
  if (wrong !== undefined) {
    throw new UserError(`${file}: expected a trained member, got an invalid "${wrong}".`);
  }
  return {
    ...{ task: task as string, worker: worker as string, result: result as TrainResult },
    ...(diverged !== undefined && { diverged: diverged as string }),
    weights: arrays as StoredMember["weights"],
  };
}

/**
 * Writes the trained weights to a member.
 *
 * @throws {UserError} the weights belong to a different member.
 */
export function writeWeights(member: MemberTask["member"], { weights }: StoredMember, file: string): void {
  const parameters = trainable(member);
  const other = [...weights.keys()].find((path) => !parameters.some(([own]) => own === path));
  const lacking = parameters.find(([path, parameter]) => weights.get(path)?.length !== parameter.read().length);
  if (other !== undefined || lacking !== undefined) {
    throw new UserError(
      `${file}: expected the weights of the member, got different ones in "${other ?? lacking?.[0]}".`,
    );
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
