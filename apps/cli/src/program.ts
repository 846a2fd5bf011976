import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { printLines, say, widthOf } from "./output/terminal.ts";
import type { ProgramIo } from "./run/program-io.ts";
import { runToEnd } from "./run/run-to-end.ts";

const { version } = manifest;

/** The width of help in a file or a pipe. */
const FILE_WIDTH = 80;

/** The narrowest column of help that is wrapped. */
const LEAST_WRAPPED = 20;

/**
 * Runs the command line in this process. It reads and writes only through `io`.
 *
 * @param argv the arguments after the name of the program, for instance `["score", "model.safetensors", "data.csv"]`.
 * @returns the exit code: 0, 1 for an error, 2 for a wrong use, 130 after Ctrl-C.
 */
export function runProgram(argv: readonly string[], io: ProgramIo): Promise<number> {
  return runToEnd(io, async () => {
    let help = Promise.resolve();
    const program = new Command("pushforward")
      .description("Learn the density of a table, evaluate it exactly, draw samples from it.")
      .version(version)
      .showHelpAfterError("(run with --help for usage)")
      .configureOutput({
        writeOut: (text) => {
          help = help.then(() => printLines(text.replace(/\n$/, "").split("\n")));
        },
        writeErr: (text) => say(...text.replace(/\n$/, "").split("\n")),
        getOutHelpWidth: () => widthOf(io.stdout) ?? FILE_WIDTH,
        getErrHelpWidth: () => widthOf(io.stderr) ?? FILE_WIDTH,
      })
      // The longest options leave less than the 40 characters from which Commander wraps.
      .configureHelp({ minWidthToWrap: LEAST_WRAPPED })
      .exitOverride();
    try {
      for (const command of await askedCommands(argv)) program.addCommand(command.copyInheritedSettings(program));
      await program.parseAsync(argv, { from: "user" });
    } finally {
      await help;
    }
  });
}

/**
 * Returns the requested command; all commands for help and for an unknown name. Help loads only their descriptions, and
 * a command that runs loads its code.
 */
async function askedCommands([name = ""]: readonly string[]): Promise<readonly Command[]> {
  if (name === "--version" || name === "-V") return [];
  const [{ operationCommand, operationCommands }, { completionCommand, otherCommands }] = await Promise.all([
    import("./commands/operation-command.ts"),
    import("./commands/other-commands.ts"),
  ]);
  const described = [...operationCommands().map(operationCommand), ...otherCommands(version)];
  const all = [...described, completionCommand(described)];
  const found = all.find((command) => command.name() === name);
  return found === undefined ? all : [found];
}
