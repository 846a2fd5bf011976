import { Command, Option } from "commander";
import { importOptional } from "pushforward/node";
import { path, positive } from "../options/options.ts";
import { requireOption } from "../options/require-option.ts";
import { say } from "../output/terminal.ts";

interface McpOptions {
  readonly folder: string;
  readonly maxFile: number;
  readonly timeout: number;
}

const MEBIBYTE = 1 << 20;

/**
 * `pushforward mcp`: tools for agents.
 *
 * @param version of this program.
 */
export function mcpCommand(version: string): Command {
  const command = new Command("mcp")
    .description("Serve tools for agents over standard input and output: the commands, on the files of one folder.")
    .usage("--folder <folder> [options]");
  requireOption(
    command,
    new Option("--folder <folder>", "the folder; nothing outside of it is read or written").argParser(path),
  );
  return command
    .option("--max-file <MiB>", "most MiB of a file that is read", positive, 512)
    .option("--timeout <seconds>", "most seconds of a call", positive, 3600)
    .action((options: McpOptions) => runMcp(options, version));
}

async function runMcp({ folder: name, maxFile, timeout }: McpOptions, version: string): Promise<void> {
  // Optional: the other commands do not need it.
  const { serveStdio } = await importOptional(
    "mcp",
    "@modelcontextprotocol/server",
    () => import("@modelcontextprotocol/server/stdio"),
  );
  const [{ mcpServer }, { AllowedFolder }] = await Promise.all([
    import("../mcp/mcp-server.ts"),
    import("../mcp/allowed-folder.ts"),
  ]);
  const folder = await AllowedFolder.open(name, Math.round(maxFile * MEBIBYTE));
  say(`tools on the files of ${folder.path}, over standard input and output`);
  serveStdio(() => mcpServer({ folder, timeout: 1000 * timeout, version }), { onerror: (error) => say(error.message) });
}
