import { stat } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { listNames } from "@pushforward/datasets/extend";
import type { LoadedModel } from "@pushforward/questions/extend";
import { useBackend } from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import { say } from "../output/terminal.ts";
import { durationInWords } from "../output/words.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import type { ScoreOptions } from "../score/score-options.ts";
import { fileHash, type Job, type JobKind } from "./job-folder.ts";
import { type JobResult, JobRun } from "./job-run.ts";
import { JobQueue } from "./queue.ts";
import { ShardFolder, type ShardKind, type ShardRecord, type ShardRequest } from "./shard-folder.ts";
import { type SampleRequest, sampleShards, scoreShards } from "./shard-kinds.ts";
import { checkUnchanged, plannedFile, type RunPlan, sourceOf } from "./shard-plan.ts";

/** Milliseconds between two lines of progress. */
const EVERY = 5000;

/** `score --redis`: has files scored by workers. */
export function scoreOnQueue(modelFile: string, data: string, options: ScoreOptions): Promise<void> {
  return onQueue(scoreShards, modelFile, { ...options, data });
}

/** `sample --redis`: has rows drawn by workers, the same ones as a plain run draws. */
export function sampleOnQueue(modelFile: string, options: SampleRequest): Promise<void> {
  return onQueue(sampleShards, modelFile, options);
}

async function onQueue<Request extends ShardRequest, Task extends RunPlan["task"]>(
  kind: ShardKind<Request, Task>,
  modelFile: string,
  request: Request,
): Promise<void> {
  const { out, redis = "", backend, escapeFormulas } = request;
  if (out === undefined) throw new UsageError("--redis: expected --out with a folder for the shards, got none.");
  const { model, ...work } = await kind.plan(modelFile, request);
  const planned = await plannedFile(modelFile);
  const queue = await JobQueue.open(redis);
  let records: readonly ShardRecord[];
  try {
    const folder = await ShardFolder.make(out);
    const file = { ...planned, sha256: await fileHash(planned.path) };
    const plan = await folder.start(out, { model: file, backend, escapeFormulas, ...work }, request);
    await queue.forgetFailures(plan.run);
    records = await waitForShards(folder, plan, queue);
  } finally {
    queue.close();
  }
  await kind.collect(records, model, { ...request, out });
}

/** Waits for the workers, and returns the records of all shards, in order. */
async function waitForShards(folder: ShardFolder, plan: RunPlan, queue: JobQueue): Promise<readonly ShardRecord[]> {
  const progress = new ShardProgress(plan.shards.length);
  let first: JobResult<ShardRecord> | undefined;
  const checkColumns = (index: number, { columns }: ShardRecord): void => {
    if (first === undefined || isDeepStrictEqual(columns, first[1].columns)) return;
    const nameOf = (shard: number): string => sourceOf(plan, shard)?.path ?? `shard ${shard}`;
    throw new UserError(
      `${nameOf(index)}: expected the columns of ${nameOf(first[0])}, ${listNames(first[1].columns)}, got ${listNames(columns)}.`,
    );
  };
  const run = new JobRun<ShardRecord>(queue, {
    ...{ jobs: "shards", run: plan.run, nameOf: (index) => `shard ${index}` },
    ticket: (shard) => ({ folder: folder.path, run: plan.run, shard }),
    async look(waiting) {
      const found: JobResult<ShardRecord>[] = [];
      for (const index of await folder.recorded()) {
        const record = waiting.has(index) ? await folder.record(index, plan) : undefined;
        if (record === undefined) continue;
        checkColumns(index, record);
        first ??= [index, record];
        found.push([index, record]);
      }
      return found;
    },
    tell: (results, isOld) => progress.add(results, isOld),
  });
  const records = await Promise.all(plan.shards.map((_, index) => run.result(index)));
  await folder.clean();
  return records;
}

/** Periodically prints the number of completed shards, the rate, and the remaining time. */
class ShardProgress {
  private readonly total: number;
  private readonly start: number = performance.now();
  private told: number = this.start;
  private done = 0;
  private doneBefore = 0;
  private rows = 0;

  constructor(total: number) {
    this.total = total;
  }

  add(results: readonly JobResult<ShardRecord>[], isOld: boolean): void {
    if (isOld) {
      this.doneBefore = results.length;
      say(`${results.length} of ${this.total} shards are done already`);
      return;
    }
    this.done += results.length;
    for (const [, { rows }] of results) this.rows += rows;
    const now = performance.now();
    if (now - this.told < EVERY) return;
    this.told = now;
    const seconds = (now - this.start) / 1000;
    const all = this.doneBefore + this.done;
    const left = ((this.total - all) * seconds) / this.done;
    say(
      `${all} of ${this.total} shards, ${Math.round(this.rows / seconds)} rows per second, ${durationInWords(left)} left`,
    );
  }
}

/** Worker operations on shards. */
export const shards: JobKind<ShardFolder, RunPlan> = {
  open: (path) => new ShardFolder(path),
  run: async (job) => `${await runShard(job)} rows`,
};

/** Runs a shard of a run, and returns its number of rows. */
async function runShard({ folder, plan, index, allowed }: Job<ShardFolder, RunPlan>): Promise<number> {
  const shard = plan.shards[index];
  if (shard === undefined) {
    throw new UserError(`${folder.path}: expected a shard below ${plan.shards.length}, got ${index}.`);
  }
  const done = await folder.record(index, plan);
  if (done !== undefined) return done.rows;
  const { run, task, output } = plan;
  const source = sourceOf(plan, index);
  for (const file of source === undefined ? [plan.model] : [plan.model, source]) {
    await allowed.check(file.path);
    await checkUnchanged(file);
  }
  const model = await openPlannedModel(plan.model);
  await useBackend(plan.backend);
  const temporary = folder.temporary(output);
  const outcome =
    task.type === "score"
      ? await scoreShards.run(model, { ...plan, task }, shard, temporary)
      : await sampleShards.run(model, { ...plan, task }, shard, temporary);
  const { size } = await stat(temporary);
  await folder.finish(index, output, temporary, { run, bytes: size, source, ...outcome });
  return outcome.rows;
}

/** The model of the last shard: the next one mostly has the same. */
let last: { readonly sha256: string; readonly model: Promise<LoadedModel> } | undefined;

/**
 * Opens the model of a run.
 *
 * @throws {UserError} the file differs from the file of the plan.
 */
function openPlannedModel({ path, sha256 }: RunPlan["model"]): Promise<LoadedModel> {
  if (last?.sha256 === sha256) return last.model;
  const open = async (): Promise<LoadedModel> => {
    const found = await fileHash(path);
    if (found === sha256) return await loadTableModel(path);
    throw new UserError(`${path}: expected the model with the SHA-256 ${sha256}, got one with ${found}.`);
  };
  const model = open();
  last = { sha256, model };
  model.catch(() => {
    last = undefined;
  });
  return model;
}
