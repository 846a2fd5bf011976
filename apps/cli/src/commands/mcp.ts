import { finished } from "node:stream/promises";
import { importOptional } from "pushforward/node";
import { AllowedFolder } from "../mcp/allowed-folder.ts";
import { say } from "../output/terminal.ts";
import { programIo, stoppable } from "../run/program-io.ts";

interface McpOptions {
  readonly folder: string;
  readonly maxFile: number;
  readonly timeout: number;
}

const MEBIBYTE = 1 << 20;

/** Runs `pushforward mcp` until standard input closes. */
export function runMcp(version: string): (options: McpOptions) => Promise<void> {
  return async ({ folder: name, maxFile, timeout }) => {
    const { StdioServerTransport, serveStdio } = await importOptional(
      "mcp",
      "@modelcontextprotocol/server",
      () => import("@modelcontextprotocol/server/stdio"),
    );
    const { mcpServer } = await import("../mcp/mcp-server.ts");
    const folder = await AllowedFolder.open(name, Math.round(maxFile * MEBIBYTE));
    say(`tools on the files of ${folder.path}, over standard input and output`);
    const { stdin, stdout } = programIo();
    const server = serveStdio(() => mcpServer({ folder, timeout: 1000 * timeout, version }), {
      transport: new StdioServerTransport(stdin, stdout),
      onerror: (error) => say(error.message),
    });
    await stoppable((signal) => finished(stdin, { writable: false, signal }).catch(() => undefined));
    await server.close();
  };
}
