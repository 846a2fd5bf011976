import { spawn } from "node:child_process";

/** Environment variables that override how OpenBLAS judges the processor; it knows better. */
const BLAS_OVERRIDES = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

/** Runs a program and reads the JSON that it prints; throws with what it wrote to stderr when it fails. */
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
