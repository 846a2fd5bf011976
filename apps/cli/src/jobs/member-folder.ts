import { createHash } from "node:crypto";
import { readFile, rm, rmdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { loadCheckpoint } from "@pushforward/serialization/node";
import { encodeCheckpoint, type TrainEvent } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { writeWhole } from "../folders/folders.ts";
import { fileHash, JobFolder, type JobPlan, makeFolder } from "./job-folder.ts";
import { type FileContents, type MemberRows, rowsFromContents, rowsToContents } from "./member-files.ts";

const PLAN = "plan.json";
const OWN = /^(plan\.json|rows\.safetensors|member-\d+\.(task\.safetensors|trained\.safetensors|progress\.json))$/;
/** Names of files that are incomplete, or will never be completed. */
const TEMPORARY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Folder through which the machines of a fit exchange rows, tasks and trained members. A member is trained when its
 * file exists.
 */
export class MemberFolder extends JobFolder<JobPlan> {
  readonly rowsFile: string;

  constructor(path: string) {
    super(path, {
      ...{ flag: "--jobs", jobs: "members", run: "fit", first: PLAN, planFile: PLAN },
      isOwn: (name) => OWN.test(name) || TEMPORARY.test(name),
      // The rest is in the tasks.
      wrongPart: () => undefined,
      checkSame: ({ backend }, old, jobs) => {
        throw new UserError(`--resume: expected --backend ${old.backend}, like the fit in ${jobs}, got ${backend}.`);
      },
    });
    this.rowsFile = join(path, "rows.safetensors");
  }

  /** Makes the folder if it does not exist. */
  static async make(path: string): Promise<MemberFolder> {
    return new MemberFolder(await makeFolder("--jobs", path));
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

  /** Writes the rows, unless they exist. Returns the SHA-256 of their file. */
  putRows(rows: MemberRows): Promise<string> {
    return this.put(this.rowsFile, encodeCheckpoint(rowsToContents(rows)));
  }

  /** Writes the task of a member, unless it exists. Returns the SHA-256 of its file. */
  putTask(index: number, bytes: Uint8Array): Promise<string> {
    return this.put(this.taskFile(index), bytes);
  }

  /** @throws {ModelFileError | UserError} the file is damaged, or has different contents. */
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

  /** Removes the files of a completed fit, and the folder. */
  async remove(): Promise<void> {
    await this.removeFiles();
    // It may be a folder of the user's with other files by now.
    await rmdir(this.path).catch(() => undefined);
  }

  private async put(file: string, bytes: Uint8Array): Promise<string> {
    const hash = createHash("sha256").update(bytes).digest("hex");
    if ((await fileHash(file).catch(() => undefined)) !== hash) await writeWhole(file, bytes);
    return hash;
  }
}

/** Training progress of a member, which its worker reports now and then. */
export interface MemberProgress {
  /** Host and process. */
  readonly worker: string;
  /** Current epoch, counted from 1, and maximum number of epochs. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Of the last epoch, in standard units. */
  readonly validationLoss?: number | undefined;
}

/** Milliseconds between two reports. */
const EVERY = 2000;

/** The name of this worker. */
export function workerName(): string {
  return `${hostname()}, process ${process.pid}`;
}

/** Makes reports of the events of a training, not more often than every two seconds. */
export class ProgressReporter {
  private told = Number.NEGATIVE_INFINITY;
  private epochs = 1;
  private epoch = 1;
  private step = 0;
  private validationLoss: number | undefined;

  /** Returns the report for an event, if one is due. */
  look(event: TrainEvent): MemberProgress | undefined {
    if (event.type === "start") this.epochs = event.epochs;
    else if (event.type === "epoch") this.validationLoss = event.validationLoss;
    else if (event.type === "step") [this.epoch, this.step] = [event.epoch, event.step];
    const now = performance.now();
    if (now - this.told < EVERY) return undefined;
    this.told = now;
    const { epoch, epochs, step, validationLoss } = this;
    return { worker: workerName(), epoch, epochs, step, validationLoss };
  }
}

/** Reads the last report in a file; undefined without a readable report. It is for information only. */
export async function readProgress(file: string): Promise<MemberProgress | undefined> {
  try {
    const { worker, epoch, epochs, step, validationLoss } = JSON.parse(await readFile(file, "utf8"));
    const isName = typeof worker === "string" && /^[\w.-]+, process \d+$/.test(worker);
    if (!isName || ![epoch, epochs, step].every(Number.isSafeInteger)) return undefined;
    return { worker, epoch, epochs, step, ...(typeof validationLoss === "number" && { validationLoss }) };
  } catch {
    return undefined;
  }
}
