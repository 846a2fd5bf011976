import { type ChildProcess, fork } from "node:child_process";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { ModelFileError } from "@pushforward/core";
import type {
  FromWorker,
  Lane,
  LaneResponse,
  ModelVersion,
  ServedColumn,
  ToWorker,
  WorkerRequest,
  WorkerSettings,
} from "./messages.ts";

/** The program of a worker, as it was built. */
const PROGRAM = fileURLToPath(new URL("../../dist/workers/worker-main.js", import.meta.url));

/** Increment of the niceness of a heavy worker, so that the processor prefers light requests. */
const HEAVY_NICENESS = 5;

/** A worker process ended before it answered. */
export class WorkerEnded extends Error {}

/** A message to a worker that waits for its answer. */
interface Waiting {
  readonly resolve: (message: FromWorker) => void;
  readonly reject: (error: Error) => void;
}

/** One worker process, from its start to its end. */
export class WorkerSlot {
  /** Resolves when the worker accepts requests; rejects if it exits earlier. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended, with the reason. */
  readonly ended: Promise<string>;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private readonly loaded = new Set<number>();
  private next = 0;

  /**
   * @param isHeavy `true` if the worker computes for seconds; the remaining processes then have priority on the
   * processor.
   */
  constructor(settings: WorkerSettings, isHeavy: boolean) {
    this.child = fork(PROGRAM, [JSON.stringify(settings)], {
      // Without the options of the process, which may load what only its own program needs.
      ...{ serialization: "advanced", execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] },
    });
    if (isHeavy) lowerPriority(this.child.pid);
    let start: Waiting;
    this.ready = new Promise((resolve, reject) => {
      start = { resolve: () => resolve(), reject };
    });
    this.ready.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        const error = new WorkerEnded(reason);
        start.reject(error);
        for (const { reject } of this.waiting.values()) reject(error);
        this.waiting.clear();
        resolve(reason);
      };
      this.child.on("error", (error) => end(error.message));
      this.child.on("exit", (code, signal) => end(signal === null ? `it ended with code ${code}` : `it got ${signal}`));
    });
    this.child.on("message", (message: FromWorker) => {
      if (message.type === "ready") start.resolve(message);
      else {
        this.waiting.get(message.id)?.resolve(message);
        this.waiting.delete(message.id);
      }
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /**
   * Loads a version of a model into the worker.
   *
   * @throws {WorkerEnded} the process exits first. @throws {ModelFileError} the bytes are no model of a table.
   */
  async load(version: ModelVersion): Promise<readonly ServedColumn[]> {
    const answer = await this.ask((id) => ({ type: "load", id, ...version }));
    if (answer.type !== "loaded") throw loadError(answer, version.file);
    this.loaded.add(version.serial);
    return answer.columns;
  }

  /** Loads a version if the worker does not have it. Throws as {@link load}. */
  async ensure(version: ModelVersion): Promise<void> {
    if (!this.loaded.has(version.serial)) await this.load(version);
  }

  drop(serial: number): void {
    this.loaded.delete(serial);
    this.send({ type: "drop", serial });
  }

  /**
   * Runs requests on a version of a model. Loads the version first if the worker does not have it.
   *
   * @throws {WorkerEnded} the process exits first.
   */
  async run(version: ModelVersion, lane: Lane, requests: readonly WorkerRequest[]): Promise<readonly LaneResponse[]> {
    await this.ensure(version);
    const answer = await this.ask((id) => ({ type: "run", id, serial: version.serial, lane, requests }));
    if (answer.type === "done") return answer.responses;
    throw new Error(answer.type === "failed" ? answer.message : "worker: got no answer.");
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  /** Stops the process after it has answered. */
  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private ask(message: (id: number) => ToWorker): Promise<FromWorker> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send(message(id));
    });
  }

  private send(message: ToWorker): void {
    // Of a process that has gone, the end tells.
    if (this.child.connected) this.child.send(message, () => undefined);
  }
}

/** Not every system lets a process do so; then all have the same priority. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, HEAVY_NICENESS);
  } catch {}
}

function loadError(answer: FromWorker, file: string): Error {
  if (answer.type !== "failed") return new Error("worker: expected a model, got none.");
  const { message, reason } = answer;
  if (reason === undefined) return new Error(message);
  return new ModelFileError(reason, message.startsWith(`"${file}"`) ? message : `"${file}": ${message}`);
}
