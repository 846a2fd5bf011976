import { BackendError } from "@pushforward/core";
import { kernelOverrides } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { wasmFiles } from "#wasm-files";
import { registerGradients } from "./register-gradients.ts";

/** The backends that can run: plain JavaScript, and WebAssembly (with SIMD where the engine has it). */
export type BackendName = "cpu" | "wasm";

const loaded = new Map<BackendName, Promise<void>>();

/**
 * Starts a backend and makes it the one that runs. Call it before anything else, and again with another name at any
 * time, also in the middle of training: parameters move along and keep their values.
 *
 * Nothing is fetched from a network: the WebAssembly files are part of this package.
 *
 * @throws {BackendError} the name is unknown, or the backend can't start here; the one that ran before goes on.
 * @example
 * await useBackend("wasm");
 */
export async function useBackend(name: BackendName): Promise<void> {
  if (name !== "cpu" && name !== "wasm") {
    throw new BackendError(`useBackend: expected "cpu" or "wasm", got ${JSON.stringify(name)}.`);
  }
  // Silences the advice to install the native Node backend; nothing else in tfjs-core depends on this flag.
  tf.env().set("PROD", true);
  const previous = tf.getBackend();
  registerGradients();
  try {
    await load(name);
    if (!(await tf.setBackend(name))) throw new Error("the backend could not be initialised");
    await tf.ready();
  } catch (cause) {
    loaded.delete(name);
    if (previous !== undefined && previous !== name) await tf.setBackend(previous);
    const remedy =
      name === "wasm"
        ? 'Check that WebAssembly is available and that the .wasm files beside @pushforward/backend can be read, or call useBackend("cpu").'
        : "Check that @tensorflow/tfjs-backend-cpu and @tensorflow/tfjs-core are installed in the same version.";
    throw new BackendError(`useBackend: expected "${name}" to start, got: ${reason(cause)}. ${remedy}`, { cause });
  }
}

// Kernels and gradients are registered once for each backend; starting it again is only a switch.
function load(name: BackendName): Promise<void> {
  let done = loaded.get(name);
  if (done === undefined) {
    done = name === "cpu" ? loadCpu() : loadWasm();
    loaded.set(name, done);
  }
  return done;
}

async function loadCpu(): Promise<void> {
  await import("@tensorflow/tfjs-backend-cpu");
  overrideKernels("cpu");
}

async function loadWasm(): Promise<void> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(wasmFiles());
  overrideKernels("wasm");
}

function overrideKernels(name: BackendName): void {
  for (const kernel of kernelOverrides(name)) {
    if (tf.getKernel(kernel.kernelName, name) !== undefined) tf.unregisterKernel(kernel.kernelName, name);
    tf.registerKernel(kernel);
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
