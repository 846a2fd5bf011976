import {
  inputSchema,
  type JsonSchema,
  MOST_ANSWER_ROWS,
  type OperationDescription,
  operationsOn,
  optionsOn,
  outputSchema,
  type SurfaceOption,
} from "@pushforward/questions/operations";
import { UserError } from "../errors/user-error.ts";
import { flagName } from "../options/flag-name.ts";
import type { AllowedFolder } from "./allowed-folder.ts";
import type { CommandResult } from "./run-command.ts";

/** The arguments of a call, which its schema has checked. */
export type ToolArguments = Readonly<Record<string, unknown>>;

/** A tool that runs a command of this program. */
export interface CommandTool {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
  /** What a call returns. */
  readonly output: JsonSchema;
  /** Whether files stay as they are. */
  readonly isReadOnly: boolean;
  /** The command line of a call. @throws {UserError} a file that must not be read or written. */
  readonly command: (given: ToolArguments, folder: AllowedFolder) => Promise<readonly string[]>;
  /** What a call returns. */
  readonly result: (output: CommandResult, given: ToolArguments) => object;
}

/** The tools, each a command of the command line. */
export const COMMAND_TOOLS: readonly CommandTool[] = operationsOn("tool").map(commandTool);

/** The tool of an operation. */
function commandTool(operation: OperationDescription): CommandTool {
  const { name, prints, flags = [] } = operation;
  const options = optionsOn(operation, "tool");
  const rows = prints === "rows" ? ` Up to ${MOST_ANSWER_ROWS} rows are returned as CSV; more need out.` : "";
  return {
    ...{ name, description: `${operation.help}${rows}` },
    ...{ schema: inputSchema(operation, "tool"), output: outputSchema(operation, "tool") },
    isReadOnly: options.every(({ type }) => type !== "output"),
    command: async (given, folder) => {
      checkRows(options, given);
      const known = options.map((option) => ({ option, value: given[option.name] ?? option.default }));
      const words: string[] = [];
      for (const { option, value } of known) {
        if (value !== undefined) words.push(...(await argumentOf(option, value, folder)));
      }
      // Arguments come first: names of files that begin with a dash have a folder before them.
      return [operation.command ?? name, ...words, ...(prints === "json" ? ["--json"] : []), ...flags];
    },
    result: ({ stdout, lines }, { out }) => {
      if (prints === "json") return { ...(JSON.parse(stdout) as object), notes: lines };
      return { ...(out === undefined ? { csv: stdout } : { out }), notes: lines };
    },
  };
}

/** @throws {UserError} more rows are asked for than an answer may have, and no file for them. */
function checkRows(options: readonly SurfaceOption[], given: ToolArguments): void {
  if (given["out"] !== undefined) return;
  for (const { name, countsRows } of options) {
    if (!countsRows || !(Number(given[name]) > MOST_ANSWER_ROWS)) continue;
    throw new UserError(
      `${name}: expected at most ${MOST_ANSWER_ROWS} rows without a file in out, got ${given[name]}.`,
    );
  }
}

/** An argument of the command line; a value that begins with a dash is none of its own. */
async function argumentOf(option: SurfaceOption, value: unknown, folder: AllowedFolder): Promise<readonly string[]> {
  const { name, type, endings = [] } = option;
  const flag = flagName(option.key);
  switch (type) {
    case "model":
      return [await folder.input(name, String(value))];
    case "table": {
      const file = await folder.input(name, String(value));
      return [option.value === undefined ? file : `${flag}=${file}`];
    }
    case "output":
      return [`${flag}=${await folder.output(name, String(value), endings)}`];
    case "flag":
      return value === true ? [flag] : [];
    case "names":
      return [`${flag}=${(value as readonly unknown[]).map(quotedName).join(",")}`];
    case "conditions":
      // The command would take the name of a file for questions in it.
      if (await folder.isFile(String(value))) {
        throw new UserError(`${name}: expected conditions such as age=30, got the name of a file.`);
      }
      return [`${flag}=${value}`];
    default:
      return [`${flag}=${value}`];
  }
}

/** The name of a column in a list of the command line. */
function quotedName(name: unknown): string {
  return `"${String(name).replaceAll('"', '""')}"`;
}
