import { type Command, Option } from "commander";

/**
 * Adds an option that must be given, and says so in the help. Commander's own mandatory options are checked before
 * unknown ones, so that a misspelt `--outt` would be reported as a missing `--out`; these are checked after.
 *
 * @param unless an option with which this one need not be given.
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
  return new Option("--force", "replace any file, not only what the same command wrote");
}

/** `--redis`, the address of the server of the queue. */
export function redisOption(description: string): Option {
  return new Option("--redis <url>", description);
}

/** The action of a command, whose code is loaded when the command runs: help must not wait for it. */
export function lazily<Given extends unknown[]>(
  load: () => Promise<(...given: Given) => Promise<void>>,
): (...given: Given) => Promise<void> {
  return async (...given) => (await load())(...given);
}
