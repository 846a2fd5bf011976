import { join } from "node:path";
import { runForJson } from "./child.ts";

/** A Python that has PyTorch. */
export interface Python {
  readonly command: string;
  readonly environment: PythonEnvironment;
}

/** What `environment.py` prints. */
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
}

const FOLDER = join(import.meta.dirname, "..", "..", "python");

/** The first Python with PyTorch: that of PUSHFORWARD_BENCH_PYTHON, `python3`, `/usr/bin/python3`. */
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

/** Runs one of the scripts with a job as JSON, in a process of its own. */
export async function runPython<T>(python: Python, name: string, job: object, threads: number): Promise<T> {
  return await runForJson<T>(python.command, [script(name), JSON.stringify(job)], threads);
}

function script(name: string): string {
  return join(FOLDER, name);
}
