import { CommanderError } from "commander";
import { ReaderGone, say, surviveClosedStreams } from "../output/terminal.ts";

/** Runs a program to its end, says its error and sets the exit code; a reader that has seen enough is no error. */
export async function runProgram(body: () => Promise<unknown>): Promise<void> {
  surviveClosedStreams();
  try {
    await body();
  } catch (error) {
    if (error instanceof ReaderGone) return;
    // It knows all errors of the library, which a start should not wait for.
    const { exitCodeOf, sentenceOf } = await import("./report-error.ts");
    // Commander has printed its own messages.
    if (!(error instanceof CommanderError)) say(...sentenceOf(error).split("\n"));
    process.exitCode = exitCodeOf(error);
  }
}
