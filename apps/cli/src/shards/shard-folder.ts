import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { UserError } from "../errors/user-error.ts";
import { writeWhole } from "../folders/write-whole.ts";
import { parsePlan, type RunPlan, type ShardFormat, sourceOf } from "./run-plan.ts";
import type { ShardRecord } from "./shard-record.ts";

const NOTES = ".pushforward";
const SHARD = /^shard-\d{5,}\.(csv|parquet|arrow|jsonl)$/;

/**
 * The folder of a run. Its files are what counts: a shard is done when its record is there, and Redis may forget everything.
 */
export class ShardFolder {
  readonly path: string;
  /** The folder in it that has the plan and the records. */
  readonly notes: string;

  constructor(path: string) {
    this.path = path;
    this.notes = join(path, NOTES);
  }

  /** The plan of the run that writes here; undefined where there is none. */
  async plan(): Promise<RunPlan | undefined> {
    const file = this.note("plan.json");
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new UserError(`${file}: expected a readable file, got ${error.message}.`);
    });
    return text === undefined ? undefined : parsePlan(text, file);
  }

  /**
   * Begins a run: removes the shards of another one, and writes the plan.
   *
   * @throws {UserError} there are files in the folder that no run wrote.
   */
  async begin(plan: RunPlan): Promise<void> {
    await mkdir(this.path, { recursive: true });
    const names = await readdir(this.path);
    const other = names.find((name) => name !== NOTES && !SHARD.test(name));
    if (other !== undefined) {
      throw new UserError(`--out ${this.path}: expected an empty folder, or one of shards, got one with "${other}".`);
    }
    // The notes go first: a worker of another run that is still at work finds nothing to put in its place.
    await rm(this.notes, { recursive: true, force: true });
    for (const name of names) if (SHARD.test(name)) await rm(join(this.path, name), { force: true });
    await mkdir(this.notes);
    await this.renew(plan);
  }

  /** Writes the plan of the same run again, in which some files are no longer as they were. */
  async renew(plan: RunPlan): Promise<void> {
    await this.write("plan.json", JSON.stringify(plan));
  }

  /** Whether the folder has anything in it. */
  async isEmpty(): Promise<boolean> {
    const names = await readdir(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw new UserError(`--out ${this.path}: expected a folder, got ${error.message}.`);
    });
    return names.length === 0;
  }

  /** The file of a shard. */
  shard(index: number, format: ShardFormat): string {
    return join(this.path, `${shardName(index)}.${format}`);
  }

  /** A name for a file that is not complete yet, which nobody else uses. */
  temporary(format: ShardFormat): string {
    return this.note(`${randomUUID()}.${format}`);
  }

  /** Puts a complete file in the place of a shard, and then says that it is done. */
  async finish(index: number, format: ShardFormat, temporary: string, record: ShardRecord): Promise<void> {
    await rename(temporary, this.shard(index, format));
    await this.write(`${shardName(index)}.json`, JSON.stringify(record));
  }

  /** The numbers of the shards that have a record. */
  async recorded(): Promise<readonly number[]> {
    const names = await readdir(this.notes);
    return names.flatMap((name) => {
      const found = /^shard-(\d+)\.json$/.exec(name)?.[1];
      return found === undefined ? [] : [Number(found)];
    });
  }

  /** What is known of a shard that is done; undefined where it is not, or where its file is not as it was written. */
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

  /** Removes what workers that were killed have left. */
  async clean(): Promise<void> {
    for (const name of await readdir(this.notes)) {
      if (name !== "plan.json" && !/^shard-\d+\.json$/.test(name)) await rm(this.note(name), { force: true });
    }
  }

  private note(name: string): string {
    return join(this.notes, name);
  }

  private async write(name: string, text: string): Promise<void> {
    await writeWhole(this.note(name), text);
  }
}

function shardName(index: number): string {
  return `shard-${String(index).padStart(5, "0")}`;
}
