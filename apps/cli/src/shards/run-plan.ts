import type { RowRange } from "@pushforward/files";
import type { BackendName } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import type { ScoreJob } from "../score/row-scorer.ts";

/** How shards are written: the ends of their names. */
export const SHARD_FORMATS = ["csv", "parquet", "arrow", "jsonl"] as const;
export type ShardFormat = (typeof SHARD_FORMATS)[number];

/** A file as it was when the run was planned. */
export interface PlannedFile {
  /** Absolute, without symbolic links: the same on all machines. */
  readonly path: string;
  readonly bytes: number;
  /** Time of its last change, in milliseconds. */
  readonly modified: number;
}

/** Rows of files that are scored. */
export interface ScoreTask extends Pick<ScoreJob, "cells" | "odd"> {
  readonly type: "score";
  readonly reading: ReadOptions;
  readonly pValue: boolean;
  readonly explain: boolean;
  readonly files: readonly PlannedFile[];
}

/** Rows that are drawn. */
export interface SampleTask {
  readonly type: "sample";
  readonly seed: number;
}

/** A part of the work: rows of a file, all of them where no range is named, or rows of the samples. */
export interface PlannedShard {
  /** Its number among the files. */
  readonly file?: number | undefined;
  readonly rows?: RowRange | undefined;
}

/** What the machines that work on a run know of it. */
export interface RunPlan {
  readonly format: "pushforward shards";
  readonly version: 1;
  /** Tells runs apart that write to the same folder one after the other. */
  readonly run: string;
  readonly model: PlannedFile & { readonly sha256: string };
  readonly backend: BackendName;
  readonly output: ShardFormat;
  readonly escapeFormulas: boolean;
  readonly task: ScoreTask | SampleTask;
  readonly shards: readonly PlannedShard[];
}

/** The file that has the rows of a shard; undefined where they are drawn. */
export function sourceOf({ task, shards }: RunPlan, index: number): PlannedFile | undefined {
  const file = shards[index]?.file;
  return task.type === "score" && file !== undefined ? task.files[file] : undefined;
}

/** The number of a run: random, in hexadecimal digits. */
export const RUN_ID: RegExp = /^[0-9a-f]{16}$/;

/**
 * Reads a plan, which may come from a damaged file or from another version.
 *
 * @throws {UserError} it is no plan.
 */
export function parsePlan(text: string, file: string): RunPlan {
  const plan = parsed(text);
  const problem = planProblem(plan);
  if (problem !== undefined) throw new UserError(`${file}: expected the plan of a run, got ${problem}.`);
  return plan as unknown as RunPlan;
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(text: string): Fields {
  try {
    return fields(JSON.parse(text));
  } catch {
    return {};
  }
}

function planProblem(plan: Fields): string | undefined {
  if (plan["format"] !== "pushforward shards") return "something else";
  if (plan["version"] !== 1) return `version ${JSON.stringify(plan["version"])}, which another release wrote`;
  const [model, task, { shards }] = [fields(plan["model"]), fields(plan["task"]), plan];
  const files = task["type"] === "score" ? task["files"] : [];
  const checks: Readonly<Record<string, boolean>> = {
    run: typeof plan["run"] === "string" && RUN_ID.test(plan["run"]),
    model: isFile(model) && typeof model["sha256"] === "string",
    backend: plan["backend"] === "wasm" || plan["backend"] === "cpu",
    output: SHARD_FORMATS.some((format) => format === plan["output"]),
    escapeFormulas: typeof plan["escapeFormulas"] === "boolean",
    task: isTask(task),
    files: Array.isArray(files) && files.every((file) => isFile(fields(file))),
    shards:
      Array.isArray(shards) &&
      shards.every((shard) => isShard(fields(shard), task["type"] === "score" ? (files as unknown[]).length : 0)),
  };
  const wrong = Object.keys(checks).find((name) => !checks[name]);
  return wrong === undefined ? undefined : `one in which "${wrong}" is wrong`;
}

function isTask(task: Fields): boolean {
  if (task["type"] === "sample") return isCount(task["seed"]);
  const isAsked = task["odd"] === undefined || task["odd"] === "scores" || task["odd"] === "reasons";
  const flags = [task["cells"], task["pValue"], task["explain"]].every((flag) => typeof flag === "boolean");
  return (
    task["type"] === "score" && isAsked && flags && typeof task["reading"] === "object" && task["reading"] !== null
  );
}

function isFile({ path, bytes, modified }: Fields): boolean {
  return typeof path === "string" && isCount(bytes) && isCount(modified);
}

function isShard({ file, rows }: Fields, files: number): boolean {
  const { from, count } = fields(rows);
  const isRange = isCount(from) && isCount(count) && (count as number) > 0;
  return files === 0 ? isRange : isCount(file) && (file as number) < files && (rows === undefined || isRange);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
