import { say } from "../output/terminal.ts";

/** The first Ctrl-C stops the work and keeps the best so far; the second ends the program. */
export async function withInterrupt<T>(quiet: boolean, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  // One listener for both: with `once` the second signal could fall between two listeners and be lost.
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    if (!quiet) say("", "stopping after this batch; press Ctrl-C again to quit without saving");
  };
  process.on("SIGINT", stop);
  try {
    return await run(controller.signal);
  } finally {
    // What follows can be quit, too.
    if (!controller.signal.aborted) process.removeListener("SIGINT", stop);
  }
}
