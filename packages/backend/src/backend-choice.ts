import { BackendError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { absoluteFolder } from "#wasm-files";
import type { BackendName } from "./backend-name.ts";
import { chosenRelaxedSimd } from "./chosen-build.ts";

/** A backend as `useBackend` starts it: plain data, which can be sent to a worker. */
export interface BackendChoice {
  readonly name: BackendName;
  readonly options: { readonly wasmFolder?: string | undefined; readonly relaxedSimd?: boolean | undefined };
}

let wasmFolder: string | undefined;

/** Keeps the folder that `wasm` was started from, which holds in a worker, too. */
export function keepWasmFolder(folder: string | URL | undefined): void {
  wasmFolder = folder === undefined ? undefined : absoluteFolder(folder);
}

/**
 * The backend that runs, to start the same one in a worker.
 *
 * @throws {BackendError} none runs, or one that `useBackend` does not start.
 * @example
 * const { name, options } = backendChoice();
 * await useBackend(name, options); // in the worker
 */
export function backendChoice(): BackendChoice {
  const name = tf.getBackend();
  if (name === "cpu") return { name, options: {} };
  if (name === "wasm") return { name, options: { wasmFolder, relaxedSimd: chosenRelaxedSimd() } };
  throw new BackendError(`backendChoice: expected a backend that useBackend has started, got ${name ?? "none"}.`);
}
