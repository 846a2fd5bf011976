import { Stopped } from "../errors/user-error.ts";
import { say } from "../output/terminal.ts";
import { stoppable } from "../run/program-io.ts";

/** Runs a fit that keeps the best model so far when it is stopped by Ctrl-C. */
export function stopAfterBatch<T>(quiet: boolean, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return stoppable(run, () => {
    if (!quiet) say("", "stopping after this batch; press Ctrl-C again to quit without saving");
  });
}

/**
 * Runs a fit whose members are trained by workers. Ctrl-C ends it at once and says how to continue.
 *
 * @throws {Stopped} the run was stopped.
 */
export async function untilStopped<T>(run: () => Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      say("", "stopped: workers go on with the members in the queue; the same command with --resume collects them");
      reject(new Stopped("the fit was stopped"));
    };
  });
  return await stoppable(() => Promise.race([run(), stopped]), stop);
}
