import * as tf from "@tensorflow/tfjs-core";
import { coreCount, MOST_THREADS, threadRefusal } from "./plans/thread-count.ts";
import { chosenBuild, startFailures } from "./start-wasm.ts";

/** The running backend, and the reasons against a faster one. */
export interface BackendDescription {
  /** Name of the running backend, or `none`. */
  readonly name: string;
  /** True when the WebAssembly backend uses SIMD instructions. */
  readonly simd: boolean;
  /**
   * True when it uses relaxed SIMD: then the last bits of a result depend on engine and processor. Results are
   * bit-for-bit identical in all engines with `useBackend("wasm", { relaxedSimd: false })`.
   */
  readonly relaxedSimd: boolean;
  /** Maximum number of threads that training uses by default; 0 without a running backend. */
  readonly threads: number;
  /** Reasons that a faster option is not available; empty if the fastest is running. */
  readonly notes: readonly string[];
}

/**
 * Describes the running backend. Never throws.
 *
 * @example
 * console.log(await describeBackend()); // { name: "wasm", simd: true, relaxedSimd: true, threads: 8, notes: [] }
 */
export async function describeBackend(): Promise<BackendDescription> {
  const name = tf.getBackend() ?? "none";
  const plain = { name, simd: false, relaxedSimd: false };
  if (name === "none") return { ...plain, threads: 0, notes: ["no backend runs", wasmNote()] };
  if (name === "cpu") return { ...plain, threads: 1, notes: ["plain JavaScript", wasmNote()] };
  if (name !== "wasm") {
    return {
      ...plain,
      threads: 1,
      notes: ['not started by useBackend: its kernels are those of TensorFlow.js; call useBackend("wasm")'],
    };
  }
  const simd = tf.env().getFlags()["WASM_HAS_SIMD_SUPPORT"] === true;
  const notes: string[] = [];
  if (!simd) notes.push("no SIMD: this engine's WebAssembly lacks it; a newer browser or Node is several times faster");
  const reason = simd ? threadReason() : "threads need SIMD";
  if (reason !== undefined) notes.push(`one thread: ${reason}`);
  const relaxedSimd = chosenBuild() === "relaxed";
  return { name, simd, relaxedSimd, threads: reason === undefined ? Math.min(coreCount(), MOST_THREADS) : 1, notes };
}

/** Why training has one thread, if so. */
function threadReason(): string | undefined {
  const failure = startFailures.get("threads");
  if (failure !== undefined) return `the others did not start: ${failure}`;
  return threadRefusal() ?? (coreCount() > 1 ? undefined : "this machine has one core");
}

function wasmNote(): string {
  const failure = startFailures.get("wasm");
  if (failure !== undefined) return `useBackend("wasm") failed: it got ${failure}`;
  if (typeof WebAssembly === "undefined") return "this engine has no WebAssembly";
  return 'useBackend("wasm") is several times faster';
}
