import type { OptionMention } from "@pushforward/core/extend";
import { type Command, InvalidArgumentError, Option } from "commander";

/** Parsers of option values; commander reports their errors as a wrong use. */

export function integer(min: number, max?: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isSafeInteger(value) || value < min || value > (max ?? value)) {
      const most = max ?? (value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : undefined);
      const range = most === undefined ? `of at least ${min}` : `from ${min} to ${most}`;
      throw new InvalidArgumentError(`expected an integer ${range}.`);
    }
    return value;
  };
}

/** Returns the text of an option that may be set only once: of two such options the first would be lost. */
export function once(text: string, before?: string): string {
  if (before === undefined) return text;
  throw new InvalidArgumentError(
    `expected the option once, got ${JSON.stringify(before)} before. Join them with commas.`,
  );
}

/** The name of a file. */
export function path(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("expected the name of a file.");
  return text;
}

/** Environment variable with the token of `serve`, used if no file is named. */
export const TOKEN_VARIABLE = "PUSHFORWARD_TOKEN";

const MAX_THREADS = 256;

/** A number of threads, or `auto`. */
export function threadCount(text: string): number | "auto" {
  if (text === "auto") return text;
  const count = text.trim() === "" ? 0 : Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_THREADS) {
    throw new InvalidArgumentError(`expected auto or an integer from 1 to ${MAX_THREADS}.`);
  }
  return count;
}

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("expected a positive number.");
  return value;
}

/** Seconds beyond which a timer overflows: a server adds up to four such times. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 4000);

/** A time, in seconds, that a timer can wait. */
export function seconds(text: string): number {
  const value = positive(text);
  if (value > MOST_SECONDS) throw new InvalidArgumentError(`expected at most ${MOST_SECONDS} seconds.`);
  return value;
}

export function nonNegative(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= 0) || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number of at least 0.");
  return value;
}

export function fraction(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError("expected a number between 0 and 1.");
  return value;
}

/** Parses a held-out share of at most half of the rows. */
export function heldOutFraction(text: string): number {
  const value = fraction(text);
  if (value > 0.5) {
    throw new InvalidArgumentError("expected a number above 0 and at most 0.5.");
  }
  return value;
}

/** A share of rows below one half. */
export function contaminatedShare(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= 0 && value < 0.5)) throw new InvalidArgumentError("expected a number of at least 0 and below 0.5.");
  return value;
}

/** A word, quoted for a shell if necessary. */
export function quoted(word: string): string {
  return /^[\w./:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Parses names separated by commas; a name with a comma must be in double quotes, as in a CSV file. Repeated options
 * add up.
 */
export function names(text: string, before: readonly string[] = []): string[] {
  const list = [...before];
  const field = /\s*(?:"((?:[^"]|"")*)"|([^,"]*))\s*(,|$)/y;
  for (;;) {
    const match = field.exec(text);
    const name = match?.[1]?.replaceAll('""', '"') ?? match?.[2]?.trim() ?? "";
    if (name === "") throw new InvalidArgumentError("expected names with commas between them.");
    list.push(name);
    if (match?.[3] === "") break;
  }
  const twice = list.find((name, i) => list.indexOf(name) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`expected different names, got "${twice}" twice.`);
  return list;
}

/** Widest layer that a model file may hold. */
const MAX_WIDTH = 65_536;
/** Weights between two layers: with their gradients and moments, a gigabyte. */
const MAX_WEIGHTS = 2 ** 26;

export function widths(text: string): number[] {
  const list = text.split(",").map(Number);
  if (list.some((w) => !Number.isInteger(w) || w < 1 || w > MAX_WIDTH)) {
    throw new InvalidArgumentError(`expected sizes like 64,64, each from 1 to ${MAX_WIDTH}.`);
  }
  const most = Math.max(0, ...list.slice(1).map((width, k) => width * (list[k] as number)));
  if (most > MAX_WEIGHTS) {
    throw new InvalidArgumentError(`expected at most ${MAX_WEIGHTS} weights between two layers, got ${most}.`);
  }
  return list;
}

/** The flag of an option of the library: `tailBound` is `--tail-bound`. */
export function flagName(option: string): string {
  // --version is taken.
  if (option === "version") return "--zuko-version";
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Returns the command line wording for an option that a library error mentions. */
export function flagWords({ option, value }: OptionMention): string {
  switch (option) {
    case "kinds":
      return "leave it out of --columns";
    case "missingValues":
      return "declare it with --na";
    case "decimal":
      return `pass --decimal ${value}`;
    case "encoding":
      return `pass --encoding ${value}`;
    case "header":
      return value === true ? "pass --header" : "pass --no-header";
    case "architecture":
      return "a flow of a fixed architecture (--flow maf)";
    default:
      return value === undefined ? flagName(option) : `${flagName(option)} ${value}`;
  }
}

/**
 * Adds a required option, and marks it in the help. Commander's own mandatory options are checked before
 * unknown ones, so that a misspelt `--outt` would be reported as a missing `--out`; these are checked after.
 *
 * @param unless an option that makes this option optional.
 */
export function requireOption(command: Command, option: Option, unless?: Option): Command {
  const or = unless === undefined ? "" : ` without ${unless.long}`;
  option.description = `${option.description} (required${or})`;
  return command.addOption(option).hook("preAction", (_, self) => {
    if (self.getOptionValue(option.attributeName()) !== undefined) return;
    if (unless !== undefined && self.getOptionValue(unless.attributeName()) !== undefined) return;
    self.error(`error: required option '${option.flags}' not specified`, {
      code: "commander.missingMandatoryOptionValue",
    });
  });
}

/** `--force`, of every command that writes a file. */
export function forceOption(): Option {
  return new Option("--force", "replace any file, not only output of the same command");
}

/** `--redis`, the address of the server of the queue. */
export function redisOption(description: string): Option {
  return new Option("--redis <url>", description);
}

/**
 * Returns the action of a command, with code that is loaded when the command runs, so that help does not wait for it.
 */
export function lazily<Given extends unknown[]>(
  load: () => Promise<(...given: Given) => Promise<void>>,
): (...given: Given) => Promise<void> {
  return async (...given) => (await load())(...given);
}
