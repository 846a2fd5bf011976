import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { runForJson } from "./job.ts";

/** Machine that produced the results. */
export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly processors: number;
  readonly load: readonly number[];
  readonly node: string;
  readonly v8: string;
  readonly python?: Python["environment"];
}

export function describeMachine(python: Python | undefined): Machine {
  return {
    date: new Date().toISOString(),
    processor: cpus()[0]?.model ?? "unknown",
    processors: availableParallelism(),
    load: loadavg(),
    node: process.versions.node,
    v8: process.versions.v8,
    ...(python && { python: python.environment }),
  };
}

/** The machine in Markdown. */
export function machineLines(machine: Machine): string[] {
  const { python } = machine;
  const lines = [
    `- ${machine.date}, ${machine.processor}, ${machine.processors} processors, load average at the start ` +
      machine.load.map((value) => value.toFixed(2)).join(", "),
    `- Node ${machine.node}, V8 ${machine.v8}`,
  ];
  if (python === undefined) return lines;
  const blas = [/BLAS_INFO=(\w+)/.exec(python.config)?.[1] ?? "unknown", ...python.blas].join(" ");
  const threading = /ATen parallel backend: (.*)/.exec(python.parallel)?.[1] ?? "unknown";
  return [
    ...lines,
    `- Python ${python.python}, PyTorch ${python.torch}, BLAS ${blas}, ${python.cpuCapability}, threads by ${threading}`,
    `- its libraries: ${python.peers.join(", ") || "none"}; torch.compile ${python.compiles ? "works" : "does not work"}`,
  ];
}

/** A Python that has PyTorch. */
export interface Python {
  readonly command: string;
  readonly environment: PythonEnvironment;
}

/** Output of `environment.py`. */
interface PythonEnvironment {
  readonly python: string;
  readonly torch: string;
  readonly cpuCapability: string;
  readonly config: string;
  readonly parallel: string;
  /** Files of linear algebra that it has loaded. */
  readonly blas: readonly string[];
  /** Libraries that can be imported. */
  readonly peers: readonly string[];
  /** `true` if `torch.compile` works, which needs a C++ compiler and the headers of PyTorch. */
  readonly compiles: boolean;
}

const FOLDER = join(import.meta.dirname, "..", "..", "python");

/** Returns the first Python with PyTorch: PUSHFORWARD_BENCH_PYTHON, `python3`, `/usr/bin/python3`. */
export async function findPython(): Promise<Python | undefined> {
  const wanted = process.env["PUSHFORWARD_BENCH_PYTHON"];
  for (const command of wanted ? [wanted] : ["python3", "/usr/bin/python3"]) {
    try {
      return { command, environment: await runForJson<PythonEnvironment>(command, [script("environment.py")], 1) };
    } catch (error) {
      // Who names one wants that one.
      if (wanted) throw error;
    }
  }
  return undefined;
}

/** Runs a script with a job as JSON, in its own process. */
export async function runPython<T>(python: Python, name: string, job: object, threads: number): Promise<T> {
  return await runForJson<T>(python.command, [script(name), JSON.stringify(job)], threads);
}

function script(name: string): string {
  return join(FOLDER, name);
}
