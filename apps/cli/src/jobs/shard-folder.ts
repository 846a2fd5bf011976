import { randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { LoadedModel } from "@pushforward/questions/extend";
import type { UnseenCounts } from "@pushforward/tables/extend";
import type { BackendName } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { writeWhole } from "../folders/folders.ts";
import type { ScoreMoments } from "../score/score-options.ts";
import { JobFolder, makeFolder } from "./job-folder.ts";
import type { ShardFormat, ShardOptions } from "./shard-options.ts";
import { type PlannedFile, type PlannedShard, type RunPlan, sourceOf, wrongPart } from "./shard-plan.ts";

const NOTES = ".pushforward";
const SHARD = /^shard-\d{5,}\.(csv|parquet|arrow|jsonl)$/;

/** Counts by column name, as JSON. */
export type NamedCounts = readonly (readonly [name: string, count: number])[];

/** Information about the rows of a shard, apart from the rows. */
interface ShardOutcome {
  readonly rows: number;
  /** The columns of its file. */
  readonly columns: readonly string[];
  /** Messages about its file. */
  readonly notes: readonly string[];
  readonly scores?: { readonly moments: MomentsData; readonly unseen?: UnseenCounts | undefined } | undefined;
  /** Samples below 0 where the training rows had none. */
  readonly negatives?: NamedCounts | undefined;
}

/** {@link ScoreMoments} as JSON: a mean may be infinite, which JSON has no number for. */
export type MomentsData = Omit<ScoreMoments, "mean" | "squares" | "droppedBy"> & {
  readonly mean: string;
  readonly squares: string;
  readonly droppedBy: NamedCounts;
};

/** Record of a completed shard. */
export interface ShardRecord extends ShardOutcome {
  readonly run: string;
  /** Bytes of its file. */
  readonly bytes: number;
  /** State of the source file of the scored rows. */
  readonly source?: PlannedFile | undefined;
}

export function momentsToData({ mean, squares, droppedBy, ...counts }: ScoreMoments): MomentsData {
  return { ...counts, mean: String(mean), squares: String(squares), droppedBy: [...droppedBy] };
}

export function momentsFromData({ mean, squares, droppedBy, ...counts }: MomentsData): ScoreMoments {
  return { ...counts, mean: Number(mean), squares: Number(squares), droppedBy: new Map(droppedBy) };
}

/** Options of all commands with shards for workers. */
export interface ShardRequest extends ShardOptions {
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  readonly escapeFormulas: boolean;
  readonly backend: BackendName;
}

/** A kind of shards: how its work is cut, done and put together. */
export interface ShardKind<Request extends ShardRequest, Task extends RunPlan["task"]> {
  plan(
    modelFile: string,
    request: Request,
  ): Promise<Pick<RunPlan, "output" | "shards"> & { readonly task: Task; readonly model: LoadedModel }>;
  /** Does a shard, and writes its rows to a file. */
  run(
    model: LoadedModel,
    plan: RunPlan & { readonly task: Task },
    shard: PlannedShard,
    out: string,
  ): Promise<ShardOutcome>;
  /** Prints for all shards the messages of a plain run. */
  collect(records: readonly ShardRecord[], model: LoadedModel, request: Request & { out: string }): Promise<void>;
}

/** Folder of shards. A shard is done when its record exists. */
export class ShardFolder extends JobFolder<RunPlan> {
  /** The folder in it that has the plan and the records. */
  private readonly notes: string;

  constructor(path: string) {
    super(path, {
      ...{ flag: "--out", jobs: "shards", run: "run", first: NOTES, planFile: join(NOTES, "plan.json") },
      ...{ isOwn: (name) => name === NOTES || SHARD.test(name), wrongPart, checkSame },
    });
    this.notes = join(path, NOTES);
  }

  /** Makes the folder if it does not exist. */
  static async make(path: string): Promise<ShardFolder> {
    return new ShardFolder(await makeFolder("--out", path));
  }

  /** The file of a shard. */
  shard(index: number, format: ShardFormat): string {
    return join(this.path, `${shardName(index)}.${format}`);
  }

  /** A name for a file that is not complete yet, which nobody else uses. */
  temporary(format: ShardFormat): string {
    return this.note(`${randomUUID()}.${format}`);
  }

  /** Moves a complete file to the place of a shard, and then writes the record that it is done. */
  async finish(index: number, format: ShardFormat, temporary: string, record: ShardRecord): Promise<void> {
    await rename(temporary, this.shard(index, format));
    await writeWhole(this.note(`${shardName(index)}.json`), JSON.stringify(record));
  }

  /** The numbers of the shards that have a record. */
  async recorded(): Promise<readonly number[]> {
    const names = await readdir(this.notes);
    return names.flatMap((name) => {
      const found = /^shard-(\d+)\.json$/.exec(name)?.[1];
      return found === undefined ? [] : [Number(found)];
    });
  }

  /** Returns the record of a completed shard; undefined if it is not completed, or if its file has changed. */
  async record(index: number, plan: RunPlan): Promise<ShardRecord | undefined> {
    try {
      const record = JSON.parse(await readFile(this.note(`${shardName(index)}.json`), "utf8")) as ShardRecord;
      const { size } = await stat(this.shard(index, plan.output));
      const isWhole = record.run === plan.run && record.bytes === size;
      return isWhole && isDeepStrictEqual(record.source, sourceOf(plan, index)) ? record : undefined;
    } catch {
      return undefined;
    }
  }

  /** Removes the leftover files of killed workers. */
  async clean(): Promise<void> {
    for (const name of await readdir(this.notes)) {
      if (name !== "plan.json" && !/^shard-\d+\.json$/.test(name)) await rm(this.note(name), { force: true });
    }
  }

  private note(name: string): string {
    return join(this.notes, name);
  }
}

function shardName(index: number): string {
  return `shard-${String(index).padStart(5, "0")}`;
}

/** The same but for files that have changed, which are scored again. */
function checkSame(plan: RunPlan, old: RunPlan, out: string): void {
  const parts = { model: "model", backend: "--backend", output: "--format", shards: "files, or --shard-rows" } as const;
  for (const [key, words] of Object.entries(parts)) {
    if (isDeepStrictEqual(plan[key as keyof typeof parts], old[key as keyof typeof parts])) continue;
    throw new UserError(
      `--resume: expected the ${words} of the run in ${out}, got a different one. Start again with --force, or use a different folder.`,
    );
  }
  if (isDeepStrictEqual(optionsOf(plan), optionsOf(old))) return;
  throw new UserError(
    `--resume: expected the files and options of the run in ${out}, got different ones. Start again with --force, or use a different folder.`,
  );
}

function optionsOf({ task, escapeFormulas }: RunPlan): unknown {
  return [escapeFormulas, task.type === "score" ? { ...task, files: task.files.map(({ path }) => path) } : task];
}
