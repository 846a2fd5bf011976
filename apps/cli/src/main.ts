#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command } from "commander";
import { runProgram } from "./errors/run-program.ts";
import { print, say } from "./output/terminal.ts";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  fit: async () => (await import("./commands/fit-command.ts")).fitCommand(),
  sample: async () => (await import("./commands/sample-command.ts")).sampleCommand(),
  score: async () => (await import("./commands/score-command.ts")).scoreCommand(),
  impute: async () => (await import("./commands/impute-command.ts")).imputeCommand(),
  plot: async () => (await import("./commands/plot-command.ts")).plotCommand(),
  inspect: async () => (await import("./commands/inspect-command.ts")).inspectCommand(),
  watch: async () => (await import("./commands/watch-command.ts")).watchCommand(),
  report: async () => (await import("./commands/report-command.ts")).reportCommand(),
  import: async () => (await import("./commands/import-command.ts")).importCommand(),
  export: async () => (await import("./commands/export-command.ts")).exportCommand(),
  worker: async () => (await import("./commands/worker-command.ts")).workerCommand(),
  serve: async () => (await import("./commands/serve-command.ts")).serveCommand(),
  mcp: async () => (await import("./commands/mcp-command.ts")).mcpCommand(version),
};
let help = Promise.resolve();
const program = new Command("pushforward")
  .description("Learn the density of a table, evaluate it exactly, draw samples from it.")
  .version(version)
  .showHelpAfterError("(run with --help for usage)")
  .configureOutput({
    writeOut: (text) => {
      help = help.then(() => print(text));
    },
    writeErr: (text) => say(...text.replace(/\n$/, "").split("\n")),
  })
  .exitOverride();

await runProgram(async () => {
  try {
    for (const command of await askedCommands()) program.addCommand(command.copyInheritedSettings(program));
    await program.parseAsync();
  } finally {
    await help;
  }
});

/** The command that is asked for, or all of them: most load the library, which takes most of the time of a start. */
async function askedCommands(): Promise<readonly Command[]> {
  const [, , name = ""] = process.argv;
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found !== undefined) return [await found()];
  return await Promise.all(Object.values(COMMANDS).map((load) => load()));
}
