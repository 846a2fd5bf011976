import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors/user-error.ts";
import { programIo } from "../run/program-io.ts";

/** How a command of the program runs. */
export interface RunCommandOptions {
  readonly folder: string;
  readonly args: readonly string[];
  /** Most milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** Receives each line of standard error. */
  readonly onLine: (line: string) => void;
}

/** Output of a command. */
export interface CommandResult {
  readonly stdout: string;
  /** Lines of standard error. */
  readonly lines: readonly string[];
}

/** The program, as it was built. */
const PROGRAM = fileURLToPath(new URL("../main.js", import.meta.url));

/** Characters that a command may print, and lines that are kept. */
const MOST_OUTPUT = 4 << 20;
const MOST_LINES = 200;

/**
 * Runs a command of this program in a separate process. The answer equals the answer of the command line, the command
 * can be stopped, and its memory and time are separate from the server. If the server stops for any reason, the channel
 * between the processes closes, and the command stops too.
 *
 * @throws {UserError} the command fails, with its error message; it takes too long; or it prints too much.
 */
export function runCommand(options: RunCommandOptions): Promise<CommandResult> {
  const { folder, args, timeout, signal, onLine } = options;
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    ...{ cwd: folder, env: { ...programIo().env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe", "ipc"] },
  });
  return new Promise((resolve, reject) => {
    let stdout = "";
    let rest = "";
    let refusal: string | undefined;
    const lines: string[] = [];
    const stop = (why: string): void => {
      refusal ??= why;
      child.kill("SIGKILL");
    };
    const onAbort = (): void => stop("the call was cancelled.");
    const timer = setTimeout(() => stop(`expected an answer within ${timeout / 1000} s, got none.`), timeout);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stdout.length > MOST_OUTPUT)
        stop("expected an answer of at most 4 MiB, got more. Write it to a file with out.");
    });
    const line = (text: string): void => {
      if (text === "") return;
      if (lines.push(text) > MOST_LINES) lines.shift();
      onLine(text);
    };
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop() as string;
      for (const part of parts) line(part);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      line(rest);
      if (refusal !== undefined) reject(new UserError(refusal));
      else if (code === 0) resolve({ stdout, lines });
      else reject(new UserError(sentence(lines, code)));
    });
  });
}

/** Returns the error message that a command printed. */
function sentence(lines: readonly string[], code: number | null): string {
  const from = lines.findIndex((line) => /^(error|internal error)/.test(line));
  if (from < 0) return `the command ended with code ${code}: ${lines.slice(-3).join(" ")}`;
  return lines
    .slice(from)
    .join("\n")
    .replace(/^error: /, "");
}
