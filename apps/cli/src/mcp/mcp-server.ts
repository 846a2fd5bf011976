import { type CallToolResult, fromJsonSchema, McpServer, type ServerContext } from "@modelcontextprotocol/server";
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
import { flagName } from "../options/options.ts";
import type { AllowedFolder } from "./allowed-folder.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

/** Limits and access of the tools. */
export interface McpServerSettings {
  readonly folder: AllowedFolder;
  /** Most milliseconds of a call. */
  readonly timeout: number;
  readonly version: string;
  /** Runs a command. Default: in a process of its own. */
  readonly run?: typeof runCommand | undefined;
}

const FILES = {
  type: "object",
  properties: {
    files: {
      type: "array",
      items: {
        type: "object",
        properties: { name: { type: "string" }, bytes: { type: "integer" } },
        required: ["name", "bytes"],
      },
    },
  },
  required: ["files"],
};

/** Maximum number of commands that run at once; further calls wait. */
const MOST_RUNNING = 2;

/** Creates a server of the model context protocol. Its tools are commands of this program on the files of a folder. */
export function mcpServer(settings: McpServerSettings): McpServer {
  const { folder, version } = settings;
  const server = new McpServer(
    { name: "pushforward", version },
    {
      capabilities: { tools: {} },
      instructions:
        "Densities of tables: fit a model to a table, then score, sample, explain, impute and report with it. " +
        "File names are relative to one folder; the tool files lists the files. Log-densities are in nats.",
    },
  );
  const turns = new Turns(MOST_RUNNING);
  server.registerTool(
    "files",
    {
      description: "The files of the folder, with their sizes.",
      inputSchema: fromJsonSchema<ToolArguments>({ type: "object", properties: {}, additionalProperties: false }),
      outputSchema: fromJsonSchema<ToolArguments>(FILES),
      annotations: { readOnlyHint: true },
    },
    () => answer(async () => ({ files: await folder.list() })),
  );
  for (const tool of COMMAND_TOOLS) {
    const { name, description, schema, output, isReadOnly } = tool;
    server.registerTool(
      name,
      {
        description,
        inputSchema: fromJsonSchema<ToolArguments>(schema),
        outputSchema: fromJsonSchema<ToolArguments>(output),
        annotations: { readOnlyHint: isReadOnly, destructiveHint: false, openWorldHint: false },
      },
      (given, context) => answer(() => turns.take(() => callTool(tool, given, context, settings))),
    );
  }
  return server;
}

async function callTool(
  tool: CommandTool,
  given: ToolArguments,
  { mcpReq }: ServerContext,
  { folder, timeout, run = runCommand }: McpServerSettings,
): Promise<object> {
  const args = await tool.command(given, folder);
  const token = mcpReq._meta?.progressToken;
  let told = 0;
  const onLine = (message: string): void => {
    if (token === undefined) return;
    const progress = ++told;
    const params = { progressToken: token, progress, message };
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => undefined);
  };
  const output = await run({ folder: folder.path, args, timeout, signal: mcpReq.signal, onLine });
  if (given["out"] !== undefined) await folder.wrote(String(given["out"]));
  return tool.result(output, given);
}

/** Returns the result of a call, as text and as data; an error that the caller can fix becomes an error of the tool. */
async function answer(run: () => Promise<object>): Promise<CallToolResult> {
  try {
    const result = (await run()) as Record<string, unknown>;
    return { content: [{ type: "text", text: JSON.stringify(result) }], structuredContent: result };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { content: [{ type: "text", text: error.message }], isError: true };
  }
}

/** Limits the number of calls that run at once. */
class Turns {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(count: number) {
    this.free = count;
  }

  async take<T>(run: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}

/** The arguments of a call, which its schema has checked. */
type ToolArguments = Readonly<Record<string, unknown>>;

/** A tool that runs a command of this program. */
interface CommandTool {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
  /** Schema of the result of a call. */
  readonly output: JsonSchema;
  /** `true` if files stay unchanged. */
  readonly isReadOnly: boolean;
  /** The command line of a call. @throws {UserError} a file that must not be read or written. */
  readonly command: (given: ToolArguments, folder: AllowedFolder) => Promise<readonly string[]>;
  /** Returns the result of a call. */
  readonly result: (output: CommandResult, given: ToolArguments) => object;
}

/** The tools, each a command of the command line. */
const COMMAND_TOOLS: readonly CommandTool[] = operationsOn("tool").map(commandTool);

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

/** @throws {UserError} more requested rows than an answer may have, without a file for the rows. */
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
