#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command } from "commander";
import { exportCommand } from "./commands/export-command.ts";
import { fitCommand } from "./commands/fit-command.ts";
import { importCommand } from "./commands/import-command.ts";
import { imputeCommand } from "./commands/impute-command.ts";
import { inspectCommand } from "./commands/inspect-command.ts";
import { plotCommand } from "./commands/plot-command.ts";
import { reportCommand } from "./commands/report-command.ts";
import { sampleCommand } from "./commands/sample-command.ts";
import { scoreCommand } from "./commands/score-command.ts";
import { watchCommand } from "./commands/watch-command.ts";
import { workerCommand } from "./commands/worker-command.ts";
import { runProgram } from "./errors/run-program.ts";
import { print, say } from "./output/terminal.ts";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
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
const commands = [
  fitCommand(),
  sampleCommand(),
  scoreCommand(),
  imputeCommand(),
  plotCommand(),
  inspectCommand(),
  watchCommand(),
  reportCommand(),
  importCommand(),
  exportCommand(),
  workerCommand(),
];
for (const command of commands) {
  program.addCommand(command.copyInheritedSettings(program));
}

await runProgram(async () => {
  try {
    await program.parseAsync();
  } finally {
    await help;
  }
});
