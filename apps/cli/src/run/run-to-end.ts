import { CommanderError } from "commander";
import { Stopped } from "../errors/user-error.ts";
import { ReaderGone, say } from "../output/terminal.ts";
import { type ProgramIo, runWith, stoppedCode, withPathsOfUser } from "./program-io.ts";

const ignore = (): void => undefined;

/**
 * Runs a program to its end and prints its error. A reader that has closed its end of standard output is no error.
 *
 * @returns the exit code.
 */
export function runToEnd(io: ProgramIo, body: () => Promise<unknown>): Promise<number> {
  return runWith(io, async () => {
    // Without a listener, a stream that cannot be written ends the process. `print` learns of it by other means.
    const streams = [io.stdout, io.stderr];
    for (const stream of streams) stream.on("error", ignore);
    try {
      await body();
      return 0;
    } catch (error) {
      return await exitCodeFor(error, io);
    } finally {
      for (const stream of streams) stream.off("error", ignore);
    }
  });
}

async function exitCodeFor(error: unknown, { signal }: ProgramIo): Promise<number> {
  if (error instanceof ReaderGone) return 0;
  if (error instanceof Stopped) return stoppedCode(signal);
  // Commander has printed its own messages.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // It knows all errors of the library, which a start should not wait for.
  const { exitCodeOf, sentenceOf } = await import("../errors/report-error.ts");
  say(...withPathsOfUser(sentenceOf(error)).split("\n"));
  return exitCodeOf(error);
}
