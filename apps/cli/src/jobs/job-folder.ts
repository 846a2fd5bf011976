import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { isDeepStrictEqual } from "node:util";
import type { BackendName } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { isInside, realFolder, writeWhole } from "../folders/folders.ts";
import { located } from "../run/program-io.ts";
import { RUN_ID } from "./queue.ts";

/** Shared knowledge of the machines of a run. */
export interface JobPlan {
  readonly format: string;
  readonly version: 1;
  /** Distinguishes successive runs in one folder. */
  readonly run: string;
  readonly backend: BackendName;
}

/** State of a run before its start. */
export type Draft<Plan extends JobPlan> = Omit<Plan, "format" | "version" | "run">;

export type Fields = Readonly<Record<string, unknown>>;

/** Names that distinguish the folders of each kind of jobs. */
interface FolderRules<Plan extends JobPlan> {
  /** The option with the folder. */
  readonly flag: "--out" | "--jobs";
  /** Names of the jobs and of a run. */
  readonly jobs: "shards" | "members";
  readonly run: "run" | "fit";
  /** The file or folder in it that is removed first: without it, no worker has anything to put in its place. */
  readonly first: string;
  /** The file with the plan, from the folder. */
  readonly planFile: string;
  /** Returns `true` if a run wrote the file. */
  isOwn(name: string): boolean;
  /** The part of a plan that is wrong. */
  wrongPart(plan: Fields): string | undefined;
  /** @throws {UserError} the plan belongs to a different run than the plan in the folder. */
  checkSame(plan: Plan, old: Plan, path: string): void;
}

/** Conditions to start a run in a folder with files. */
export interface StartOptions {
  readonly resume?: boolean | undefined;
  readonly force?: boolean | undefined;
}

/**
 * The folder of a run, shared by all machines. The files are authoritative: a job is done when its file exists, and Redis may
 * lose all data.
 */
export class JobFolder<Plan extends JobPlan> {
  readonly path: string;
  readonly planFile: string;
  readonly rules: FolderRules<Plan>;

  constructor(path: string, rules: FolderRules<Plan>) {
    this.path = path;
    this.planFile = join(path, rules.planFile);
    this.rules = rules;
  }

  /**
   * The plan of the run in the folder; undefined if absent.
   *
   * @throws {UserError} the plan is damaged or has a different version.
   */
  async plan(): Promise<Plan | undefined> {
    const file = this.planFile;
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new UserError(`${file}: expected a readable file, got ${error.message}.`);
    });
    return text === undefined ? undefined : this.parsePlan(text, file);
  }

  /**
   * Starts a run, or resumes the existing one.
   *
   * @param path of the folder, as the user gave it.
   * @throws {UserError} the folder has unrelated files, or belongs to a different run.
   */
  async start(path: string, draft: Draft<Plan>, { resume = false, force = false }: StartOptions): Promise<Plan> {
    const { flag, jobs, run, checkSame } = this.rules;
    const isEmpty = (await readdir(this.path)).length === 0;
    const old = isEmpty || force ? undefined : await this.plan();
    if (!resume && !force && !isEmpty) {
      throw new UserError(
        old === undefined
          ? `${flag} ${path}: expected an empty folder, got one with other files.`
          : `${flag} ${path}: expected an empty folder, got one with a ${run}. Continue it with --resume, or start again with --force.`,
      );
    }
    const header = { format: `pushforward ${jobs}`, version: 1, run: old?.run ?? randomBytes(8).toString("hex") };
    // As it is when it is read again.
    const plan: Plan = JSON.parse(JSON.stringify({ ...header, ...draft }));
    if (old === undefined) await this.begin(plan);
    else if (!isDeepStrictEqual(plan, old)) {
      checkSame(plan, old, path);
      await this.writePlan(plan);
    }
    return plan;
  }

  /**
   * Removes the files of a previous run, and writes the plan.
   *
   * @throws {UserError} there are files in the folder that no run wrote.
   */
  async begin(plan: Plan): Promise<void> {
    const { flag, jobs } = this.rules;
    const other = (await readdir(this.path)).find((name) => !this.rules.isOwn(name));
    if (other !== undefined) {
      throw new UserError(
        `${flag} ${this.path}: expected an empty folder, or one of ${jobs}, got one with "${other}".`,
      );
    }
    await this.removeFiles();
    await this.writePlan(plan);
  }

  /** Removes all that runs wrote. */
  protected async removeFiles(): Promise<void> {
    const { first, isOwn } = this.rules;
    for (const name of [first, ...(await readdir(this.path))]) {
      if (isOwn(name)) await rm(join(this.path, name), { recursive: true, force: true });
    }
  }

  private async writePlan(plan: Plan): Promise<void> {
    await mkdir(join(this.planFile, ".."), { recursive: true });
    await writeWhole(this.planFile, JSON.stringify(plan));
  }

  /** Reads a plan, which may be damaged or have a different version. */
  private parsePlan(text: string, file: string): Plan {
    const plan = parsed(text);
    const problem = this.planProblem(plan);
    if (problem === undefined) return plan as unknown as Plan;
    throw new UserError(`${file}: expected the plan of a ${this.rules.run}, got ${problem}.`);
  }

  private planProblem(plan: Fields): string | undefined {
    const { format, version, run, backend } = plan;
    if (format !== `pushforward ${this.rules.jobs}`) return "something else";
    if (version !== 1) return `version ${JSON.stringify(version)}, which another release wrote`;
    const isBackend = backend === "wasm" || backend === "cpu";
    const wrong =
      typeof run !== "string" || !RUN_ID.test(run) ? "run" : isBackend ? this.rules.wrongPart(plan) : "backend";
    return wrong === undefined ? undefined : `one in which "${wrong}" is wrong`;
  }
}

/** The folder for all file access of a worker. */
export class WorkerFolder {
  private readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws {UserError} the folder does not exist. */
  static async open(path: string): Promise<WorkerFolder> {
    return new WorkerFolder(await realFolder(path));
  }

  /**
   * Checks where a file or folder really is.
   *
   * @throws {UserError} it is not there, or outside of the folder, also by a symbolic link.
   */
  async check(path: string): Promise<void> {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined || !isInside(this.path, real)) {
      throw new UserError(
        `${path}: expected a file in the folder of the worker, ${this.path}, got ${real === undefined ? "none" : "one outside of it"}. Start the worker with --folder.`,
      );
    }
  }
}

/** A job of a run, as a worker does it. */
export interface Job<Folder, Plan> {
  readonly folder: Folder;
  readonly plan: Plan;
  readonly index: number;
  /** The folder that the worker may use. */
  readonly allowed: WorkerFolder;
}

/** Description of a kind of jobs for a worker. */
export interface JobKind<Folder extends JobFolder<Plan>, Plan extends JobPlan> {
  /** The folder of a run at a path. */
  open(path: string): Folder;
  /**
   * Runs a job. A repeated or concurrent run produces the same file, written atomically.
   *
   * @returns a summary in words.
   */
  run(job: Job<Folder, Plan>): Promise<string>;
}

function parsed(text: string): Fields {
  try {
    return fields(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The fields of a value; empty unless it is an object. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** Creates a folder if necessary, and returns its path without symbolic links. */
export async function makeFolder(flag: string, path: string): Promise<string> {
  await mkdir(located(path), { recursive: true }).catch((error: Error) => {
    throw new UserError(`${flag} ${path}: expected a folder, got ${error.message}.`);
  });
  return await realpath(located(path));
}

/** The SHA-256 of the bytes of a file, in hexadecimal digits. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
