import { Stopped } from "../errors/user-error.ts";
import { say } from "../output/terminal.ts";
import { beforeAbort } from "./before-abort.ts";
import { stoppable } from "./program-io.ts";

/**
 * Writes tables as they arrive, until the run is stopped. The sequence of tables then throws an error, so that the
 * writer removes its partial output.
 *
 * @throws {Stopped} the run was stopped.
 */
export function writeStoppable<T>(
  tables: AsyncIterable<T> | Iterable<T>,
  write: (tables: AsyncIterable<T>) => Promise<void>,
): Promise<void> {
  return stoppable(async (signal) => {
    const untilStopped = async function* (): AsyncGenerator<T> {
      const all = (async function* () {
        yield* tables;
      })();
      try {
        for (;;) {
          // Tables that are computed in this thread leave a signal no time of their own.
          await new Promise((resolve) => setImmediate(resolve));
          const next = signal.aborted ? undefined : await beforeAbort(all.next(), signal);
          if (next === undefined) throw new Stopped("the command was stopped");
          if (next.done) return;
          yield next.value;
        }
      } finally {
        // Threads that still compute are ended.
        void all.return(undefined).catch(() => undefined);
      }
    };
    try {
      await write(untilStopped());
    } catch (error) {
      if (error instanceof Stopped) say("", "stopped: no file was written, and existing files are unchanged");
      throw error;
    }
  });
}
