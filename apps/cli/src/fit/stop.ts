import { existsSync } from "node:fs";
import { Stopped } from "../errors/user-error.ts";
import { say } from "../output/terminal.ts";
import { located, programIo, setExitCode, stoppable, stoppedCode } from "../run/program-io.ts";
import type { FitCommandOptions } from "./fit-command-options.ts";

/** Runs a fit that stops after its current batch on Ctrl-C. */
export function stopAfterBatch<T>(quiet: boolean, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return stoppable(run, () => {
    if (!quiet) say("", "stopping after this batch; press Ctrl-C again to quit at once");
  });
}

/** Options for the results that a stopped fit keeps. */
export type KeptByFit = Pick<FitCommandOptions, "out" | "checkpoint" | "keepPartial">;

/**
 * Aborts the command after a stopped fit, unless its model is to be saved anyway; then the run exits with the exit code
 * of the signal.
 *
 * @throws {Stopped} no model is saved.
 */
export function endIfStopped({ out, checkpoint, keepPartial }: KeptByFit): void {
  const { signal } = programIo();
  if (!signal.aborted) return;
  const isKept = checkpoint !== undefined && existsSync(located(checkpoint));
  const next = !isKept ? "" : `rerun with --resume to continue from ${checkpoint}`;
  if (keepPartial) {
    setExitCode(stoppedCode(signal));
    if (next !== "") say(next);
    return;
  }
  const hint = "use --keep-partial to keep the best model so far";
  say(`stopped: no model was written to ${out}; ${next === "" ? hint : next}`);
  throw new Stopped("the fit was stopped");
}

/** Runs the work after a fit. If this work fails, the model is saved before the error is rethrown. */
export async function orSave<T>(run: () => Promise<T>, save: () => Promise<void>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    await save();
    throw error;
  }
}

/**
 * Runs a fit with members that workers train. Ctrl-C stops it at once with a message on how to continue.
 *
 * @throws {Stopped} the run was stopped.
 */
export async function untilStopped<T>(run: () => Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      say("", "stopped: workers finish the queued members; rerun with --resume to collect the results");
      reject(new Stopped("the fit was stopped"));
    };
  });
  return await stoppable(() => Promise.race([run(), stopped]), stop);
}
