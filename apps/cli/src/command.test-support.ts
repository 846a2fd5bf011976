import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { createKey } from "pushforward";
import { expect, vi } from "vitest";
import { quarter } from "../../../packages/testing/test/deep.ts";
import { runProgram } from "./program.ts";
import type { ProgramIo } from "./run/program-io.ts";

/** Options that make a fit take a tenth of a second. */
export const SMALL: readonly string[] = ["--epochs", "2", "--transforms", "1", "--hidden", "8", "--no-anomalies"];

/** Returns a quarter of the epochs of a fit, or all with `PUSHFORWARD_DEEP=1`. */
export function epochs(full: number): string {
  return String(quarter(full));
}

/** The result of a command. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs in this process. */
export interface RunningCommand {
  readonly outcome: Promise<Outcome>;
  /** Output that the command has printed up to now. */
  stdout(): string;
  stderr(): string;
  /** Asks the command to stop, as Ctrl-C does. */
  stop(): void;
}

interface BeginOptions {
  /** Default: empty. */
  readonly stdin?: Readable;
  /** Default: a stream that collects its text in the outcome. */
  readonly stdout?: Writable;
  /** Default: the folder of the workbench. */
  readonly folder?: string;
  /** Variables in addition to the variables of this process. */
  readonly env?: ProgramIo["env"];
  /** Default: no terminal. */
  readonly width?: number | undefined;
}

/** A folder of its own for a test file, in which its commands run. */
export class Workbench {
  readonly folder: string = mkdtempSync(join(tmpdir(), "pushforward-cli-"));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes lines to a file; `[header, ...rows]`. */
  write(name: string, lines: readonly string[]): void {
    writeFileSync(this.path(name), lines.length === 0 ? "" : `${lines.join("\n")}\n`);
  }

  /** Runs a command in this process. Commands take turns. */
  run(args: readonly string[], input = "", folder: string = this.folder): Promise<Outcome> {
    return this.begin(args, { stdin: Readable.from(input === "" ? [] : [Buffer.from(input)]), folder }).outcome;
  }

  /** Starts a command in this process, which a test watches and stops. */
  begin(
    args: readonly string[],
    { stdin = Readable.from([]), stdout: given, folder = this.folder, env, width }: BeginOptions = {},
  ): RunningCommand {
    const [stdout, stderr, controller] = [new Collected(width), new Collected(width), new AbortController()];
    const io: ProgramIo = {
      ...{ stdin, stdout: given ?? stdout, stderr, cwd: folder, signal: controller.signal },
      env: { ...process.env, NO_COLOR: "1", ...env },
    };
    const state = (code: number | null): Outcome => ({ code, stdout: stdout.text(), stderr: stderr.text() });
    const stop = (): void => controller.abort();
    const outcome = ended(args.join(" "), runProgram(args, io).then(state), () => state(null), stop);
    return { outcome, stdout: () => stdout.text(), stderr: () => stderr.text(), stop };
  }

  /** Starts the program as a process: only for signals, closed streams, full disks, threads and servers. */
  start(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [startedProgram(), ...args], { cwd: this.folder, env: ENVIRONMENT });
  }

  /** Runs a line of bash in which `$P` starts the program. */
  shell(line: string): Promise<Outcome> {
    const script = line.replaceAll("$P", () => `"${process.execPath}" "${startedProgram()}"`);
    return outcomeOf(spawn("bash", ["-c", script], { cwd: this.folder, env: ENVIRONMENT }));
  }

  /** Runs a fit that must succeed and returns its JSON. */
  async fit(args: readonly string[]): Promise<Record<string, unknown>> {
    const outcome = await this.run(["fit", ...args, "--json"]);
    if (outcome.code !== 0) throw new Error(`fit ${args.join(" ")}: ${outcome.stderr}`);
    return JSON.parse(outcome.stdout) as Record<string, unknown>;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const ENVIRONMENT: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1" };

/** Collects its written output. With a width it acts as a terminal. */
class Collected extends Writable {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  private readonly pieces: Buffer[] = [];

  constructor(width: number | undefined) {
    super();
    this.isTTY = width !== undefined;
    this.columns = width;
  }

  override _write(piece: Buffer, _: BufferEncoding, done: () => void): void {
    this.pieces.push(piece);
    done();
  }

  text(): string {
    return Buffer.concat(this.pieces).toString("utf8");
  }
}

/** Milliseconds that the bundle may take. */
const MOST_BUNDLING = 120_000;

/** The bundle of the program, for a start that is counted; `scripts/test-program.mjs` makes it and limits the starts. */
export function startedProgram(): string {
  const { PUSHFORWARD_PROGRAM: program, PUSHFORWARD_STARTS: starts } = process.env;
  if (program === undefined || starts === undefined) {
    throw new Error("expected PUSHFORWARD_PROGRAM and PUSHFORWARD_STARTS from scripts/test-program.mjs, got none.");
  }
  const lock = `${starts}.lock`;
  const state = `${starts}.state`;
  if (isCreated(lock)) {
    const script = fileURLToPath(new URL("../scripts/test-program.mjs", import.meta.url));
    const { status, stderr, error } = spawnSync(process.execPath, [script, dirname(program)], { encoding: "utf8" });
    writeFileSync(state, status === 0 ? "" : `bundle: ${error ?? stderr}`);
  }
  // Another process of tests may be making it.
  const end = performance.now() + MOST_BUNDLING;
  while (!existsSync(state)) {
    if (performance.now() > end) throw new Error(`expected a bundle within ${MOST_BUNDLING / 1000} s, got none.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  const failure = readFileSync(state, "utf8");
  if (failure !== "") throw new Error(failure);
  appendFileSync(starts, `${expect.getState().testPath}\n`);
  return program;
}

/** Creates a file; returns `true` if it did not exist before. */
function isCreated(path: string): boolean {
  try {
    writeFileSync(path, "", { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Waits for the end of a process. */
export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const closed = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
  });
  const state = (): Outcome => ({ code: child.exitCode, stdout, stderr });
  return ended(child.spawnargs.join(" "), closed, state, () => child.kill("SIGKILL"));
}

/** Milliseconds that a command may take, less than the time limit of a test. */
const MOST_TIME = 150_000;

/** The outcome of a command. One that does not end in time is stopped, and the error shows its state. */
function ended(name: string, outcome: Promise<Outcome>, state: () => Outcome, stop: () => void): Promise<Outcome> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${name}: expected an end within ${MOST_TIME / 1000} s, got ${JSON.stringify(state())}.`));
      stop();
    }, MOST_TIME);
  });
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}

/** Waits until a process prints this on standard error. */
export function printed(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let text = "";
  child.stderr?.on("data", (piece: Buffer | string) => {
    text += String(piece);
  });
  return eventually(() => {
    const found = pattern.exec(text);
    if (found === null) throw new Error(`expected ${pattern} on standard error, got ${JSON.stringify(text)}.`);
    return found;
  });
}

/** Waits until a check no longer throws; after 60 seconds its last error, with the state that it saw, fails the test. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 60_000, interval: 20 });
}

/** Waits until a file exists. */
export function fileAppears(path: string): Promise<void> {
  return eventually(() => expect(existsSync(path), `the file ${path}`).toBe(true));
}

/** Standard normal numbers `[rows][columns]`, correlated by 0.6 from column to column. */
export function normalRows(rows: number, columns: number, seed = 0): number[][] {
  const z = createKey(seed).normal(rows * columns);
  return Array.from({ length: rows }, (_, i) => {
    let before = 0;
    return Array.from({ length: columns }, (_, j) => {
      before = 0.6 * before + (z[i * columns + j] as number);
      return before;
    });
  });
}

/** Returns the bytes of a model file after its header. The header names the source file of the fit and the time. */
export function weightsOf(file: string): Buffer {
  const bytes = readFileSync(file);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
}
