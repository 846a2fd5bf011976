import { type CallToolResult, fromJsonSchema, McpServer, type ServerContext } from "@modelcontextprotocol/server";
import { UserError } from "../errors/user-error.ts";
import type { AllowedFolder } from "./allowed-folder.ts";
import { runCommand } from "./run-command.ts";
import { COMMAND_TOOLS, type CommandTool, type ToolArguments } from "./tools.ts";

/** What the tools may do. */
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

/** Commands that run at once, at most; others wait. */
const MOST_RUNNING = 2;

/** A server of the model context protocol, whose tools are commands of this program on the files of a folder. */
export function mcpServer(settings: McpServerSettings): McpServer {
  const { folder, version } = settings;
  const server = new McpServer(
    { name: "pushforward", version },
    {
      capabilities: { tools: {} },
      instructions:
        "Densities of tables: fit a model to a table, then score, sample, explain, impute and report with it. " +
        "Names of files are relative to one folder; the tool files lists them. Log-densities are in nats.",
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

/** The result of a call, as text and as data; what the caller can mend is an error of the tool. */
async function answer(run: () => Promise<object>): Promise<CallToolResult> {
  try {
    const result = (await run()) as Record<string, unknown>;
    return { content: [{ type: "text", text: JSON.stringify(result) }], structuredContent: result };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { content: [{ type: "text", text: error.message }], isError: true };
  }
}

/** Lets so many calls run at once. */
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
