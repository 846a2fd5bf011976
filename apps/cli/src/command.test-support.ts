import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createKey } from "pushforward";

/** The built program as it is installed. */
export const INSTALLED: string = fileURLToPath(new URL("../dist/main.js", import.meta.url));
/** The same in one file, which starts four times as fast; `scripts/one-file-program.mjs` makes it. */
export const MAIN: string = process.env["PUSHFORWARD_PROGRAM"] ?? INSTALLED;

/** Options that make a fit take a tenth of a second. */
export const SMALL: readonly string[] = ["--epochs", "2", "--transforms", "1", "--hidden", "8", "--no-anomalies"];

/** What a command has done. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
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

  start(args: readonly string[], program: string = MAIN): ChildProcess {
    return spawn(process.execPath, [program, ...args], { cwd: this.folder, env: { ...process.env, NO_COLOR: "1" } });
  }

  run(args: readonly string[], input = ""): Promise<Outcome> {
    const child = this.start(args);
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    return outcomeOf(child);
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

/** Waits for the end of a command. */
export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
  });
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

/** The bytes of a model file after its header, which tells of the file that it was fitted to and of the time. */
export function weightsOf(file: string): Buffer {
  const bytes = readFileSync(file);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
}
