import {
  type OperationName,
  type OptionType,
  operationsOn,
  optionsOn,
  type SurfaceOption,
} from "@pushforward/questions/operations";
import { Command, Option } from "commander";
import { addShardOptions } from "../jobs/shard-options.ts";
import {
  contaminatedShare,
  flagName,
  fraction,
  heldOutFraction,
  integer,
  lazily,
  names,
  once,
  path,
  positive,
  requireOption,
  threadCount,
  widths,
} from "../options/options.ts";
import { addQueryOption, addReadOptions } from "../options/read-options.ts";

/** Parts of a command that are not in the description of its operation. */
interface CommandParts {
  /** Loads the code, which help must not wait for. */
  // biome-ignore lint/suspicious/noExplicitAny: commander passes what the description of the operation asks for.
  readonly load: () => Promise<(...given: any[]) => Promise<void>>;
  /** Options of files and queues, which are the same for several commands. */
  readonly add?: (command: Command) => Command;
}

const addTableOptions = (command: Command): Command => addQueryOption(addReadOptions(command));

/** The other operations have one object as their answer. */
const COMMANDS: Readonly<Record<string, CommandParts>> = {
  fit: { load: async () => (await import("./fit.ts")).runFit, add: addTableOptions },
  score: {
    load: async () => (await import("./score.ts")).runScore,
    add: (command) => addShardOptions(addTableOptions(command), "the format of the table"),
  },
  sample: {
    load: async () => (await import("./sample.ts")).runSample,
    add: (command) => addShardOptions(addReadOptions(command), "parquet"),
  },
  impute: { load: async () => (await import("./impute.ts")).runImpute, add: addTableOptions },
  report: { load: async () => (await import("./report.ts")).runReport, add: addTableOptions },
  inspect: { load: async () => (await import("./inspect.ts")).runInspect },
  watch: { load: async () => (await import("./watch.ts")).runWatch, add: addReadOptions },
};

/** Names of the commands of operations. */
export function operationCommands(): readonly OperationName[] {
  return operationsOn("command").flatMap(({ name, command = name }) => (command === name ? name : []));
}

/**
 * Returns the command of an operation, with the options from its description, and the options of operations that are
 * part of the command.
 */
export function operationCommand(name: OperationName): Command {
  const operations = operationsOn("command").filter((operation) => (operation.command ?? operation.name) === name);
  const answer: CommandParts = { load: async () => (await import("./answer.ts")).runAnswer(name) };
  const { load, add = (same: Command) => same } = COMMANDS[name] ?? answer;
  const command = new Command(name).description(operations.map(({ help }) => help).join(" "));
  const usage = operations.flatMap((operation) => operation.usage ?? [])[0];
  if (usage !== undefined) command.usage(usage);
  const options = operations.flatMap((operation) => optionsOn(operation, "command"));
  for (const [i, option] of options.entries()) {
    if (options.findIndex(({ key }) => key === option.key) < i) continue;
    if (option.type === "model") command.argument("<model.safetensors>", option.help, path);
    else if (option.type === "table" && option.value === undefined) {
      command.argument(`[${option.key}]`, option.help, path, option.default);
    } else if (option.isRequired) requireOption(command, commandOption(option));
    else command.addOption(commandOption(option));
  }
  return add(command).action(lazily(load));
}

/** The parsers of values. Names of output files are checked when they are written. */
const PARSERS: Readonly<Partial<Record<OptionType, (text: string, before: never) => unknown>>> = {
  table: path,
  path,
  fraction,
  positive,
  text: once,
  conditions: once,
  declarations: once,
  names,
  widths,
  threads: threadCount,
  heldOut: heldOutFraction,
  contaminated: contaminatedShare,
};

function commandOption(option: SurfaceOption): Option {
  const { type, letter, value, help, words, min = 0, max = Number.MAX_SAFE_INTEGER } = option;
  const flag = type === "off" ? `--no-${flagName(option.key).slice(2)}` : flagName(option.key);
  const made = new Option(
    `${letter === undefined ? "" : `-${letter}, `}${flag}${value === undefined ? "" : ` ${value}`}`,
    help,
  );
  if (option.default !== undefined) made.default(option.default);
  if (words !== undefined) return made.choices(words);
  const parser = type === "integer" ? integer(min, max === Number.MAX_SAFE_INTEGER ? undefined : max) : PARSERS[type];
  return parser === undefined ? made : made.argParser(parser as (text: string) => unknown);
}
