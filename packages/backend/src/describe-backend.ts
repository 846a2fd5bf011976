import * as tf from "@tensorflow/tfjs-core";

/** What runs, and why nothing faster does. */
export interface BackendDescription {
  /** Name of the running backend, or `none`. */
  readonly name: string;
  /** True when the WebAssembly backend uses SIMD instructions. */
  readonly simd: boolean;
  readonly threads: number;
  /** Why a faster way is not available; empty when there is none. */
  readonly notes: readonly string[];
}

/**
 * Describes the running backend.
 *
 * @example
 * console.log(describeBackend()); // { name: "wasm", simd: true, threads: 1, notes: […] }
 */
export async function describeBackend(): Promise<BackendDescription> {
  const name = tf.getBackend() ?? "none";
  if (name === "none") {
    return { name, simd: false, threads: 0, notes: ['no backend runs: call await useBackend("wasm")'] };
  }
  if (name !== "wasm") {
    return { name, simd: false, threads: 1, notes: ['plain JavaScript: useBackend("wasm") is several times faster'] };
  }
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  const multithread = await tf.env().getAsync("WASM_HAS_MULTITHREAD_SUPPORT");
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  const notes: string[] = [];
  if (!simd) notes.push("no SIMD: this engine's WebAssembly lacks it");
  if (!multithread) notes.push(threadNote());
  return { name, simd: Boolean(simd), threads: multithread ? wasm.getThreadsCount() : 1, notes };
}

function threadNote(): string {
  return "process" in globalThis && tf.env().get("IS_NODE")
    ? "one thread: TensorFlow.js has no WebAssembly threads in Node"
    : "one thread: the page is not cross-origin isolated";
}
