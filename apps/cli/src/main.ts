#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { exportCommand } from "./export-command.ts";
import { fitCommand } from "./fit-command.ts";
import { importCommand } from "./import-command.ts";
import { inspectCommand } from "./inspect-command.ts";
import { plotCommand } from "./plot-command.ts";
import { exitCodeOf, sentenceOf } from "./report-error.ts";
import { sampleCommand } from "./sample-command.ts";
import { scoreCommand } from "./score-command.ts";
import { endWithReader } from "./standard-output.ts";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
const program = new Command("pushforward")
  .description("Learn the density of a table, evaluate it exactly, draw from it.")
  .version(version)
  .showHelpAfterError("(--help tells what there is)")
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

endWithReader();
try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own messages.
  if (!(error instanceof CommanderError)) process.stderr.write(`${sentenceOf(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
