#!/usr/bin/env node
import { runProgram } from "./program.ts";
import { processIo, stoppedCode } from "./run/program-io.ts";

const controller = new AbortController();

/** Stops the command on the first signal; exits the process on the second. */
function stop(name: NodeJS.Signals): void {
  if (controller.signal.aborted) process.exit(stoppedCode(controller.signal));
  controller.abort(name);
}

/** Catches signals only while the command reacts to signals; before this, signals stop the process at once. */
function onStoppable(isStoppable: boolean): void {
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    if (isStoppable) process.on(name, stop);
    else process.off(name, stop);
  }
}

// Errors of closed streams may come after the run.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

// Who has started this process with a channel has ended, by whatever signal.
process.once("disconnect", () => process.exit(143));
process.channel?.unref();

const code = await runProgram(process.argv.slice(2), processIo({ signal: controller.signal, onStoppable }));
// A command that was stopped may have left work that would keep the process alive.
if (controller.signal.aborted && code === stoppedCode(controller.signal)) process.exit(code);
process.exitCode = code;
