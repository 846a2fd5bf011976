import { CommanderError } from "commander";
import { PushforwardError } from "pushforward";
import { UsageError, UserError } from "./user-error.ts";

/** One sentence for an error of the user's; the stack for one of ours, so that it can be reported. */
export function sentenceOf(error: unknown): string {
  if (error instanceof PushforwardError || error instanceof UserError || error instanceof UsageError) {
    // The library names its option; here it is a flag.
    return `error: ${error.message.replace('(missing: "drop")', "(--missing drop)")}`;
  }
  return `error, and not yours: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** 0 for help, 2 for a wrong use, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UsageError ? 2 : 1;
}
