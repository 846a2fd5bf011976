import { once } from "node:events";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";

/** A stream for output. On a terminal it shows progress bars and colors, and `columns` is the width of the terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };

/** Inputs and outputs of a run of the program. */
export interface ProgramIo {
  readonly stdin: Readable;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder to which relative paths refer. */
  readonly cwd: string;
  /** Asks the command to stop, as Ctrl-C does. */
  readonly signal: AbortSignal;
  /**
   * Called with true when the command starts to react to `signal`, and with false when it no longer does. A command
   * that does not react to the signal stops only with its process.
   */
  readonly onStoppable?: ((isStoppable: boolean) => void) | undefined;
}

/** The run that is under way. */
class Run {
  readonly io: ProgramIo;
  /** Resolved paths, with the paths that the user wrote. */
  readonly paths: Map<string, string> = new Map();
  readonly endings: (() => Promise<void>)[] = [];
  exitCode = 0;
  /** Number of active calls of {@link stoppable}, which may be nested. */
  stoppables = 0;

  constructor(io: ProgramIo) {
    this.io = io;
  }
}

let current: Run | undefined;
let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs a program with these streams, variables and folder. Runs take turns, because they share the compute backend.
 *
 * @param body returns the exit code.
 */
export function runWith(io: ProgramIo, body: () => Promise<number>): Promise<number> {
  const ended = turn.then(async () => {
    const run = new Run(io);
    current = run;
    try {
      const code = await body();
      return code === 0 ? run.exitCode : code;
    } finally {
      for (const end of run.endings.reverse()) await end();
      current = undefined;
    }
  });
  turn = ended.catch(() => undefined);
  return ended;
}

/** Returns the inputs and outputs of the current run. Outside of a run, for instance in a thread, it is the process. */
export function programIo(): ProgramIo {
  return current?.io ?? processIo();
}

/** The streams, variables and folder of the process. */
export function processIo(stop: Pick<ProgramIo, "signal" | "onStoppable"> = { signal: NEVER }): ProgramIo {
  return {
    ...stop,
    env: process.env,
    cwd: process.cwd(),
    // A stream that is touched is opened.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
  };
}

const NEVER = new AbortController().signal;

/**
 * Registers work for the close of the current run, for instance to undo its changes. Outside of a run it is not done.
 */
export function atEnd(end: () => Promise<void>): void {
  current?.endings.push(end);
}

/** Makes the run end with this exit code although its command succeeds. */
export function setExitCode(code: number): void {
  if (current !== undefined) current.exitCode = code;
}

/**
 * Runs work that reacts to the stop signal of the run.
 *
 * @param onStop called once when the signal arrives.
 */
export async function stoppable<T>(run: (signal: AbortSignal) => Promise<T>, onStop?: () => void): Promise<T> {
  const { signal, onStoppable } = programIo();
  const own = current;
  if (own !== undefined && own.stoppables++ === 0) onStoppable?.(true);
  if (onStop !== undefined && signal.aborted) onStop();
  if (onStop !== undefined) signal.addEventListener("abort", onStop, { once: true });
  try {
    return await run(signal);
  } finally {
    if (onStop !== undefined) signal.removeEventListener("abort", onStop);
    // After the first signal a second one still ends the process, also while the result is written.
    if (own !== undefined && --own.stoppables === 0 && !signal.aborted) onStoppable?.(false);
  }
}

/** Returns the exit code of a stopped run: the code of a process that is terminated by the signal. */
export function stoppedCode(signal: AbortSignal): number {
  return signal.reason === "SIGTERM" ? 143 : 130;
}

/** Waits for the stop signal of the run, and then calls `work`. A second signal stops the process and the work. */
export function afterStop(work: () => Promise<void>): Promise<void> {
  return stoppable(async (signal) => {
    if (!signal.aborted) await once(signal, "abort");
    await work();
  });
}

/** Where a file of the user's is: relative paths refer to the folder of the run. Messages keep the path of the user. */
export function located(path: string): string {
  const { cwd } = programIo();
  if (cwd === process.cwd()) return path;
  const found = resolve(cwd, path);
  if (found !== path) current?.paths.set(found, path);
  return found;
}

/** Replaces the paths of {@link located} in a text with the paths that the user wrote. */
export function withPathsOfUser(text: string): string {
  // Longest first, because one of them may be a folder of another.
  const paths = [...(current?.paths ?? [])].sort(([a], [b]) => b.length - a.length);
  return paths.reduce((result, [found, written]) => result.replaceAll(found, written), text);
}
