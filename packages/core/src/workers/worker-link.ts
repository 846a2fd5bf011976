import { type ErrorData, errorFromData, errorToData } from "../errors/error-data.ts";

/** A browser `Worker`, or a Node worker from `worker_threads`. */
export interface WorkerHandle {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** One end of a channel between threads, the same in Node and in browsers. */
export interface WorkerPort {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Node only: `ref` lets the other thread keep the process alive, `unref` does not. */
  ref?(): void;
  unref?(): void;
}

/** Why a worker has ended without being stopped. */
export interface WorkerEnd {
  readonly type: "ended" | "not loaded" | "failed";
  /** In words, after "got". */
  readonly words: string;
  /** Uncaught error of the worker, if the platform reports it. */
  readonly cause?: Error | undefined;
}

/** Startup message of a worker. */
type StartMessage =
  | { readonly type: "open" }
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly error: ErrorData };

/**
 * Returns the worker module of Node; undefined in browsers. It is looked up at run time, so that browser bundles name
 * no module of Node.
 */
function nodeThreads(): typeof import("node:worker_threads") | undefined {
  return globalThis.process?.getBuiltinModule?.("node:worker_threads");
}

/**
 * Starts a worker of Node that runs a program.
 *
 * @param program its address, a `URL`. Not every project has that type.
 */
export function nodeWorker(program: { readonly href: string }): WorkerHandle {
  const { Worker } = nodeThreads() as typeof import("node:worker_threads");
  // Without the options of the process, which may load what only its own program needs.
  return new Worker(program as URL, { execArgv: [] });
}

/** Returns `true` if a value is a worker of this platform. */
export function isWorker(value: unknown): value is WorkerHandle {
  const Class = nodeThreads()?.Worker ?? globalThis.Worker;
  return Class !== undefined && value instanceof Class;
}

/**
 * Channel to a worker that calls {@link serveWorker}, from its start to its end. It also reports the end of the worker.
 */
export class WorkerLink implements WorkerPort {
  onmessage: WorkerPort["onmessage"] = null;
  private readonly worker: WorkerHandle;
  private readonly onEnd: (end: WorkerEnd) => Error;
  private isOver = false;
  private refuse: (error: Error) => void = () => {};

  /**
   * @param onEnd called once with the reason if the worker exits without being stopped; returns the error for a pending
   * start.
   */
  constructor(worker: WorkerHandle, onEnd: (end: WorkerEnd) => Error) {
    this.worker = worker;
    this.onEnd = onEnd;
    if (isNodeWorker(worker)) this.listenInNode(worker);
    else this.listenInBrowser(worker as Worker);
  }

  /**
   * Starts the program with its data.
   *
   * @throws the startup error, or the error of a worker that exits or is stopped before.
   */
  start(told: unknown, errorOf: (data: ErrorData) => Error = errorFromData): Promise<void> {
    return new Promise((resolve, reject) => {
      this.refuse = reject;
      this.onmessage = ({ data }) => {
        const message = data as StartMessage;
        if (message.type === "open") this.worker.postMessage(told);
        else if (message.type === "ready") resolve();
        else reject(errorOf(message.error));
      };
    });
  }

  postMessage(message: unknown, transfer: ArrayBuffer[] = []): void {
    (this.worker as Worker).postMessage(message, transfer);
  }

  /** In Node: the worker keeps the process alive. */
  ref(): void {
    if (isNodeWorker(this.worker)) this.worker.ref();
  }

  /** In Node: the worker does not keep the process alive. */
  unref(): void {
    if (isNodeWorker(this.worker)) this.worker.unref();
  }

  /** @param error of a start that still waits. */
  async stop(error: Error): Promise<void> {
    this.isOver = true;
    this.refuse(error);
    await this.worker.terminate();
  }

  private listenInNode(worker: NodeWorker): void {
    worker.on("message", (data) => this.onmessage?.({ data }));
    worker.on("messageerror", (error) => this.end({ type: "failed", words: error.message, cause: error }));
    worker.on("error", (thrown) => {
      const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.end({ type: "failed", words: cause.message, cause });
    });
    worker.on("exit", () => this.end({ type: "ended", words: "one that has ended" }));
  }

  private listenInBrowser(worker: Worker): void {
    worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => this.onmessage?.({ data }));
    worker.addEventListener("messageerror", () => this.end({ type: "failed", words: "a message that can't be read" }));
    // What the page forbids, and a script that is not there, come without words.
    worker.addEventListener("error", ({ message }) =>
      this.end(
        message ? { type: "failed", words: message } : { type: "not loaded", words: "one whose script did not load" },
      ),
    );
  }

  private end(end: WorkerEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    // A worker of a browser goes on after an error that nobody caught, but what threw it never answers.
    void this.worker.terminate();
    this.refuse(this.onEnd(end));
  }
}

type NodeWorker = InstanceType<typeof import("node:worker_threads").Worker>;

function isNodeWorker(worker: WorkerHandle): worker is NodeWorker {
  return "on" in worker;
}

/**
 * The program of a worker: opened with the data of {@link WorkerLink.start}, it then listens to its port.
 *
 * @param open installs the message handler of the port. If it throws, the start fails with this error.
 */
export function serveWorker<Told>(open: (told: Told, port: WorkerPort) => Promise<void> | void): void {
  const port = (nodeThreads()?.parentPort ?? globalThis) as unknown as WorkerPort;
  port.onmessage = async ({ data }) => {
    try {
      await open(data as Told, port);
      port.postMessage({ type: "ready" });
    } catch (error) {
      port.postMessage({ type: "failed", error: errorToData(error) });
    }
  };
  // A browser drops what is sent before a program listens.
  port.postMessage({ type: "open" });
}
