import * as tf from "@tensorflow/tfjs-core";
import { startFailures } from "./start-failure.ts";

/** What runs, and why nothing faster does. */
export interface BackendDescription {
  /** Name of the running backend, or `none`. */
  readonly name: string;
  /** True when the WebAssembly backend uses SIMD instructions. */
  readonly simd: boolean;
  /** Number of threads that compute; 0 when no backend runs. */
  readonly threads: number;
  /** Why a faster way is not available; empty when there is none. */
  readonly notes: readonly string[];
}

/**
 * Describes the running backend. Never throws.
 *
 * @example
 * console.log(await describeBackend()); // { name: "wasm", simd: true, threads: 1, notes: […] }
 */
export async function describeBackend(): Promise<BackendDescription> {
  const name = tf.getBackend() ?? "none";
  if (name === "none") return { name, simd: false, threads: 0, notes: ["no backend runs", wasmNote()] };
  if (name === "cpu") return { name, simd: false, threads: 1, notes: ["plain JavaScript", wasmNote()] };
  if (name !== "wasm") {
    return {
      name,
      simd: false,
      threads: 1,
      notes: ['not started by useBackend: its kernels are those of TensorFlow.js; call useBackend("wasm")'],
    };
  }
  const flags = tf.env().getFlags();
  const simd = flags["WASM_HAS_SIMD_SUPPORT"] === true;
  const threads = flags["WASM_HAS_MULTITHREAD_SUPPORT"] === true ? await threadCount() : 1;
  const notes: string[] = [];
  if (!simd) notes.push("no SIMD: this engine's WebAssembly lacks it; a newer browser or Node is several times faster");
  if (threads === 1)
    notes.push("one thread: the threads of TensorFlow.js don't run in Node and hang in minified pages");
  return { name, simd, threads, notes };
}

function wasmNote(): string {
  const failure = startFailures.get("wasm");
  if (failure !== undefined) return `useBackend("wasm") failed: it got ${failure}`;
  if (typeof WebAssembly === "undefined") return "this engine has no WebAssembly";
  return 'useBackend("wasm") is several times faster';
}

async function threadCount(): Promise<number> {
  try {
    return (await import("@tensorflow/tfjs-backend-wasm")).getThreadsCount();
  } catch {
    return 1;
  }
}
