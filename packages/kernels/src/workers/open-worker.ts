/** A worker of a browser or of Node. */
export interface OpenWorker {
  /** Sends the one message that a worker gets, and waits for its answer. */
  ask(message: object): Promise<void>;
  stop(): void;
}

/**
 * Starts a worker that runs a program.
 *
 * @param onEnd receives the reason if the worker terminates after its answer without being stopped.
 * @throws {Error} workers are unavailable or forbidden here.
 */
export function openWorker(program: string, onEnd: (reason: string) => void): OpenWorker {
  return typeof process === "undefined" || process.getBuiltinModule === undefined
    ? openWebWorker(program, onEnd)
    : openNodeWorker(program, onEnd);
}

function openNodeWorker(program: string, onEnd: (reason: string) => void): OpenWorker {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  // Without the options of the process, which may load what only its own program needs.
  const worker = new Worker(program, { eval: true, execArgv: [] });
  let stopped = false;
  const end = (reason: string): void => {
    if (!stopped) onEnd(reason);
  };
  worker.on("error", (error) => end(String(error)));
  worker.on("exit", () => end("a worker that has ended"));
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        worker.once("error", reject);
        worker.once("exit", () => reject(new Error("a worker that has ended")));
        worker.once("message", () => {
          // Only now: until the answer it is all that keeps the process alive.
          worker.unref();
          resolve();
        });
        worker.postMessage(message);
      }),
    stop: () => {
      stopped = true;
      void worker.terminate();
    },
  };
}

function openWebWorker(program: string, onEnd: (reason: string) => void): OpenWorker {
  const address = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.addEventListener("error", ({ message }) => onEnd(message ?? "the page forbids it"));
  return {
    ask: (message) =>
      new Promise<void>((resolve, reject) => {
        // What the page forbids comes without words.
        worker.addEventListener("error", (event) => reject(new Error(event.message ?? "the page forbids it")));
        worker.addEventListener("message", () => resolve());
        worker.postMessage(message);
      }).finally(() => URL.revokeObjectURL(address)),
    stop: () => worker.terminate(),
  };
}
