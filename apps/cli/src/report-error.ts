import { CommanderError } from "commander";
import { ModelFileError, PushforwardError } from "pushforward";
import { flagName } from "./flag-name.ts";
import { UsageError, UserError } from "./user-error.ts";

/** One sentence for an error of the user's; the stack for one of ours, so that it can be reported. */
export function sentenceOf(error: unknown): string {
  if (error instanceof PushforwardError || error instanceof UserError || error instanceof UsageError) {
    const hint =
      error instanceof ModelFileError && ["header", "limit"].includes(error.reason) ? " Is it a model file?" : "";
    return `error: ${inFlags(error.message)}${hint}`;
  }
  return `internal error, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** The remedies of the library name its options; here some are flags, and some do not exist. */
function inFlags(message: string): string {
  return message
    .replace('(missing: "drop")', "(--missing drop)")
    .replace(
      ' If the column holds text, say so (kinds: "text").',
      " If the column holds text, leave it out of --columns.",
    )
    .replace(
      / If ("(?:[^"\\]|\\.)*") marks a missing value, say so \(missingValues: \[.*?\]\)\./,
      " If $1 marks a missing value, declare it with --na.",
    )
    .replace('say so (decimal: ",")', "pass --decimal ,")
    .replace(
      "say so (header: false); if these are names, say that (header: true)",
      "pass --no-header; if these are names, pass --header",
    )
    .replace("or train a flow of a fixed form.", "or train a flow of a fixed form (--flow maf).")
    .replace(/^auto: /, "")
    .replace(/\boption (\w+)( or (\w+))?,/, (_, one: string, __, two?: string) =>
      two === undefined ? `${flagName(one)},` : `${flagName(one)} or ${flagName(two)},`,
    )
    .replace(/\b(Pass|with) (\w+): "([^"]+)"/, (_, verb: string, name: string, value: string) => {
      return `${verb} ${flagName(name)} ${value}`;
    });
}

/** 0 for help, 2 for a wrong use, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UsageError ? 2 : 1;
}
