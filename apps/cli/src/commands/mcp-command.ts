import { Command, Option } from "commander";
import { lazily, requireOption } from "../options/command-parts.ts";
import { path, positive, seconds } from "../options/options.ts";

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
    .option("--timeout <seconds>", "most seconds of a call", seconds, 3600)
    .action(lazily(async () => (await import("./mcp.ts")).runMcp(version)));
}
