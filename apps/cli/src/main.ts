#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command } from "commander";
import { exportCommand } from "./export-command.ts";
import { fitCommand } from "./fit-command.ts";
import { importCommand } from "./import-command.ts";
import { inspectCommand } from "./inspect-command.ts";
import { plotCommand } from "./plot-command.ts";
import { runProgram } from "./run-program.ts";
import { sampleCommand } from "./sample-command.ts";
import { scoreCommand } from "./score-command.ts";
import { print, say } from "./terminal.ts";

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
  plotCommand(),
  inspectCommand(),
  importCommand(),
  exportCommand(),
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
