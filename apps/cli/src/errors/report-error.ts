import { CommanderError } from "commander";
import { ModelFileError, PushforwardError } from "pushforward";
import { flagWords } from "../options/options.ts";
import { UsageError, UserError } from "./user-error.ts";

/** The function of the library that a command calls without a name of its own. */
const INNER = "fitAuto: ";

/** Returns a sentence for a user error; the stack for an internal error, so that it can be reported. */
export function sentenceOf(error: unknown): string {
  if (error instanceof UserError || error instanceof UsageError) return `error: ${error.message}`;
  if (error instanceof PushforwardError) {
    const text = error.tell(flagWords);
    const isOther =
      error instanceof ModelFileError && ["header", "limit"].includes(error.reason) && !text.includes("ENOENT");
    return `error: ${text.startsWith(INNER) ? text.slice(INNER.length) : text}${isOther ? " Is it a model file?" : ""}`;
  }
  return `internal error, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** 0 for help, 2 for a wrong use, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UsageError ? 2 : 1;
}
