import { spawn } from "node:child_process";
import { quantile } from "@pushforward/core/plain";
import type { BackendName } from "pushforward";
import type { ModelSpec } from "../models/models.ts";

/** A timed task. */
export interface Task {
  readonly id: string;
  readonly name: "step" | "logProb" | "sample";
  /** Rows of a call; a step uses the batch size of the model. */
  readonly rows: number;
}

/** Measurement job of a process of either side. */
interface Job {
  readonly model: ModelSpec;
  readonly tasks: readonly Task[];
  /** How long each task is repeated. */
  readonly seconds: number;
  readonly threads: number;
  /** Rows of the table that is trained on. */
  readonly rows: number;
}

/** Measurement job of our own processes. */
export interface OurJob extends Job {
  readonly backend: BackendName;
  readonly program: Program;
}

/** Who computes in a process of Node: ours, ours in plain operations of TensorFlow.js (no fused kernels, no plan), or jax-js. */
export type Program = "ours" | "plain" | "jax-js";

/** Measurement job of a Python process. */
export interface TorchJob extends Job {
  readonly style: TorchStyle;
}

/**
 * `peer`: zuko or nflows; `compiled`: these under `torch.compile`; `library`: our script in the style of the libraries;
 * `tuned`: our fastest script.
 */
export type TorchStyle = "peer" | "compiled" | "library" | "tuned";

/** Output of a process. */
export interface Measurement {
  /** By the id of the task. */
  readonly times: Readonly<Record<string, Timing>>;
  /** Threads that computed. */
  readonly threads: number;
  /** Load average of the last minute at the end. */
  readonly load: number;
}

/** The tasks for a model. */
export function tasksOf(model: ModelSpec): readonly Task[] {
  return [
    { id: "step", name: "step", rows: model.batch },
    { id: "logProb 256", name: "logProb", rows: 256 },
    { id: "logProb 4096", name: "logProb", rows: 4096 },
    { id: `sample ${model.draws}`, name: "sample", rows: model.draws },
  ];
}

/** Enough rows that shuffling and batching are as in real fits. */
export function tableRows(model: ModelSpec): number {
  return Math.max(10_000, 8 * model.batch);
}

/** Environment variables that override how OpenBLAS judges the processor; it knows better. */
const BLAS_OVERRIDES = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

/** Runs a program and reads the JSON that it prints; throws with its stderr output on failure. */
export async function runForJson<T>(command: string, args: readonly string[], threads: number): Promise<T> {
  const environment: NodeJS.ProcessEnv = { ...process.env };
  for (const name of BLAS_OVERRIDES) delete environment[name];
  for (const name of ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]) environment[name] = String(threads);
  const child = spawn(command, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const output: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  if (code !== 0) throw new Error(`${command}: expected exit code 0, got ${code}.\n${output.stderr.trim()}`);
  return JSON.parse(output.stdout) as T;
}

/** The two builds of our WebAssembly kernels. */
export type Build = "simd" | "relaxed";

/** `true` if this engine has relaxed SIMD without a flag: then no process with plain SIMD alone exists. */
const hasRelaxedSimd: boolean = WebAssembly.validate(
  // A module of one function, which returns i8x16.relaxed_swizzle of two constants.
  Uint8Array.of(
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253],
    ...[15, 253, 128, 2, 11],
  ),
);

/** The builds that can be run here. */
export const builds: readonly [Build, ...Build[]] = hasRelaxedSimd ? ["relaxed"] : ["simd", "relaxed"];

/** Runs a job of this program in a process of its own, with the build of the kernels that is wanted. */
export async function runNode<T>(command: string, job: object, build: Build): Promise<T> {
  const flags = build === "relaxed" && !hasRelaxedSimd ? ["--experimental-wasm-relaxed-simd"] : [];
  return await runForJson<T>(process.execPath, [...flags, process.argv[1] as string, command, JSON.stringify(job)], 1);
}

/** Times of a repeated action; all in milliseconds. */
export interface Timing {
  readonly median: number;
  /** The tenth percentile. */
  readonly fast: number;
  readonly count: number;
  /** Of all repetitions together. */
  readonly wall: number;
  /** Processor time of all repetitions together, of all threads. */
  readonly cpu: number;
  /** Further conditions of the result. */
  readonly note?: string;
}

/**
 * Collects the times between laps. Half the seconds, and at least two laps, warm the engine up; then at
 * least three laps count, unless they are so slow that they would take five times the seconds.
 */
export class Stopwatch {
  private readonly seconds: number;
  private readonly times: number[] = [];
  private readonly start: number = performance.now();
  private warmUps = 0;
  private measured = 0;
  private last = 0;
  private cpu: NodeJS.CpuUsage | undefined;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  /** Finishes a lap; returns `true` after enough laps. */
  lap(): boolean {
    const now = performance.now();
    if (this.cpu === undefined) {
      this.warmUps++;
      const elapsed = (now - this.start) / 1000;
      if ((this.warmUps >= 2 && elapsed >= this.seconds / 2) || elapsed > this.seconds) {
        this.cpu = process.cpuUsage();
        this.measured = performance.now();
        this.last = this.measured;
      }
      return false;
    }
    this.times.push(now - this.last);
    this.last = now;
    const elapsed = (now - this.measured) / 1000;
    return (this.times.length >= 3 && elapsed >= this.seconds) || elapsed > 5 * this.seconds;
  }

  timing(): Timing {
    const { user, system } = process.cpuUsage(this.cpu);
    const sorted = Float64Array.from(this.times).sort();
    return {
      median: quantile(sorted, 0.5),
      fast: quantile(sorted, 0.1),
      count: this.times.length,
      wall: this.last - this.measured,
      cpu: (user + system) / 1000,
    };
  }
}
