import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, realpath, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { loadCheckpoint } from "@pushforward/serialization/node";
import { encodeCheckpoint } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { writeWhole } from "../folders/write-whole.ts";
import { located } from "../run/program-io.ts";
import { fileHash } from "../shards/planned-file.ts";
import { type MemberPlan, parseMemberPlan } from "./member-plan.ts";
import { type FileContents, type MemberRows, rowsFromContents, rowsToContents } from "./member-rows.ts";

const OWN = /^(plan\.json|rows\.safetensors|member-\d+\.(task\.safetensors|trained\.safetensors|progress\.json))$/;
/** What is not complete yet, or never will be. */
const TEMPORARY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * The folder through which the machines of a fit give each other rows, tasks and trained members. Each file appears whole, and
 * a member is trained when its file is there: Redis may forget everything.
 */
export class MemberFolder {
  readonly path: string;
  readonly planFile: string;
  readonly rowsFile: string;

  constructor(path: string) {
    this.path = path;
    this.planFile = join(path, "plan.json");
    this.rowsFile = join(path, "rows.safetensors");
  }

  /** Makes a folder where there is none. */
  static async make(path: string): Promise<MemberFolder> {
    await mkdir(located(path), { recursive: true }).catch((error: Error) => {
      throw new UserError(`--jobs ${path}: expected a folder, got ${error.message}.`);
    });
    return new MemberFolder(await realpath(located(path)));
  }

  taskFile(index: number): string {
    return join(this.path, `member-${index}.task.safetensors`);
  }

  trainedFile(index: number): string {
    return join(this.path, `member-${index}.trained.safetensors`);
  }

  progressFile(index: number): string {
    return join(this.path, `member-${index}.progress.json`);
  }

  /** The plan of the fit that uses the folder; undefined where there is none. */
  async plan(): Promise<MemberPlan | undefined> {
    const text = await readFile(this.planFile, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new UserError(`${this.planFile}: expected a readable file, got ${error.message}.`);
    });
    return text === undefined ? undefined : parseMemberPlan(text, this.planFile);
  }

  /** Whether the folder has anything in it. */
  async isEmpty(): Promise<boolean> {
    return (await readdir(this.path)).length === 0;
  }

  /**
   * Begins a fit: removes the files of another one, and writes the plan.
   *
   * @throws {UserError} there are files in the folder that no fit wrote.
   */
  async begin(plan: MemberPlan): Promise<void> {
    const names = await readdir(this.path);
    const other = names.find((name) => !isOwn(name));
    if (other !== undefined) {
      throw new UserError(`--jobs ${this.path}: expected an empty folder, or one of members, got one with "${other}".`);
    }
    await Promise.all(names.map((name) => rm(join(this.path, name), { force: true })));
    await writeWhole(this.planFile, new TextEncoder().encode(JSON.stringify(plan)));
  }

  /** Writes the rows, unless they are there. Gives the SHA-256 of their file. */
  putRows(rows: MemberRows): Promise<string> {
    return this.put(this.rowsFile, encodeCheckpoint(rowsToContents(rows)));
  }

  /** Writes the task of a member, unless it is there. Gives the SHA-256 of its file. */
  putTask(index: number, bytes: Uint8Array): Promise<string> {
    return this.put(this.taskFile(index), bytes);
  }

  /** @throws {ModelFileError | UserError} the file is damaged, or holds something else. */
  async loadRows(): Promise<MemberRows> {
    return rowsFromContents(await loadCheckpoint(this.rowsFile), this.rowsFile);
  }

  async putTrained(index: number, contents: FileContents): Promise<void> {
    await writeWhole(this.trainedFile(index), encodeCheckpoint(contents));
  }

  async putProgress(index: number, text: string): Promise<void> {
    await writeWhole(this.progressFile(index), text);
  }

  /** Removes the report of a worker that may be gone. */
  async removeProgress(index: number): Promise<void> {
    await rm(this.progressFile(index), { force: true });
  }

  /** Removes the files of a fit that is done, and the folder with them. */
  async remove(): Promise<void> {
    const names = await readdir(this.path);
    // Without a plan no worker begins anything.
    for (const name of ["plan.json", ...names]) {
      if (isOwn(name)) await rm(join(this.path, name), { force: true });
    }
    // It may be a folder of the user's with other files by now.
    await rmdir(this.path).catch(() => undefined);
  }

  private async put(file: string, bytes: Uint8Array): Promise<string> {
    const hash = createHash("sha256").update(bytes).digest("hex");
    if ((await fileHash(file).catch(() => undefined)) !== hash) await writeWhole(file, bytes);
    return hash;
  }
}

function isOwn(name: string): boolean {
  return OWN.test(name) || TEMPORARY.test(name);
}
