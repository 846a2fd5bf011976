import { realpath, stat } from "node:fs/promises";
import type { RowRange } from "@pushforward/files";
import { UserError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { located } from "../run/program-io.ts";
import type { ScoreJob } from "../score/row-scorer.ts";
import { type Fields, fields, type JobPlan } from "./job-folder.ts";
import { SHARD_FORMATS, type ShardFormat } from "./shard-options.ts";

/** Shards of a run, at most: their names are sorted by five digits. */
const MOST_SHARDS = 100_000;

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

/** A part of the work: rows of a file (all rows without a range), or rows of the samples. */
export interface PlannedShard {
  /** Its number among the files. */
  readonly file?: number | undefined;
  readonly rows?: RowRange | undefined;
}

/** Plan of a run, shared by the machines that work on its shards. */
export interface RunPlan extends JobPlan {
  readonly model: PlannedFile & { readonly sha256: string };
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

/** The part of a plan that is wrong. */
export function wrongPart(plan: Fields): string | undefined {
  const [model, task, { shards }] = [fields(plan["model"]), fields(plan["task"]), plan];
  const files = task["type"] === "score" ? task["files"] : [];
  const checks: Readonly<Record<string, boolean>> = {
    model: isFile(model) && typeof model["sha256"] === "string",
    output: SHARD_FORMATS.some((format) => format === plan["output"]),
    escapeFormulas: typeof plan["escapeFormulas"] === "boolean",
    task: isTask(task),
    files: Array.isArray(files) && files.every((file) => isFile(fields(file))),
    shards:
      Array.isArray(shards) &&
      shards.every((shard) => isShard(fields(shard), task["type"] === "score" ? (files as unknown[]).length : 0)),
  };
  return Object.keys(checks).find((name) => !checks[name]);
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

/**
 * A file as it is now.
 *
 * @throws {UserError} it is none.
 */
export async function plannedFile(path: string): Promise<PlannedFile> {
  try {
    const real = await realpath(located(path));
    const found = await stat(real);
    if (!found.isFile()) throw new Error("something else");
    return { path: real, bytes: found.size, modified: Math.floor(found.mtimeMs) };
  } catch (error) {
    throw new UserError(`${path}: expected a file, got ${(error as Error).message}.`);
  }
}

/**
 * Checks that a file is as it was when the run was planned.
 *
 * @throws {UserError} it has changed.
 */
export async function checkUnchanged(planned: PlannedFile): Promise<void> {
  const { path, bytes, modified } = await plannedFile(planned.path);
  if (path !== planned.path || bytes !== planned.bytes || modified !== planned.modified) {
    throw new UserError(
      `${planned.path}: expected the unchanged file of the run, ${planned.bytes} bytes, got a changed one. Start the run again with --force.`,
    );
  }
}

/**
 * Returns ranges of `size` rows; the last range may be shorter.
 *
 * @throws {UserError} too many ranges.
 */
export function cutRows(rows: number, size: number): RowRange[] {
  checkShardCount(Math.ceil(rows / size));
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) => ({
    from: i * size,
    count: Math.min(size, rows - i * size),
  }));
}

/** @throws {UserError} too many shards. */
export function checkShardCount(count: number): void {
  if (count <= MOST_SHARDS) return;
  throw new UserError(`--shard-rows: expected at most ${MOST_SHARDS} shards, got ${count}. Make them larger.`);
}
