import type { WasmBuild } from "@pushforward/kernels/wasm";
import * as tf from "@tensorflow/tfjs-core";
import { readWasmFile, wasmFiles } from "#wasm-files";

// tfjs-backend-wasm keeps this object, and after a failed start refuses another: a new folder is written into it.
const files: Record<string, string> = {};
let handedOver = false;

/**
 * A running WebAssembly backend, made by `factory`. The one that runs meanwhile is not touched.
 *
 * @throws {StartFailure} it can't start, with the reason.
 */
export async function startWasm(
  factory: () => tf.KernelBackend | Promise<tf.KernelBackend>,
  setWasmPaths: (paths: Record<string, string>) => void,
  folder: string | URL | undefined,
): Promise<tf.KernelBackend> {
  if (typeof WebAssembly === "undefined") {
    throw new StartFailure("an engine without WebAssembly", 'Call useBackend("cpu").');
  }
  // The threaded binary hangs for ever in minified pages: TensorFlow.js starts its workers from the source text of a
  // function, in which a minifier renames what the function needs from outside.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const file = await locate(setWasmPaths, folder);
  try {
    return await withoutProcessHandlers(async () => await factory());
  } catch (cause) {
    throw await explain(file, cause);
  }
}

// The binary that will be loaded.
async function locate(
  setWasmPaths: (paths: Record<string, string>) => void,
  folder: string | URL | undefined,
): Promise<string> {
  try {
    Object.assign(files, wasmFiles(folder));
  } catch (cause) {
    throw new StartFailure("a bundle that does not know its own address (import.meta.url)", COPY, { cause });
  }
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  const file = files[simd ? "tfjs-backend-wasm-simd.wasm" : "tfjs-backend-wasm.wasm"] as string;
  // Never loaded, but setWasmPaths wants an entry for each of its three names.
  files["tfjs-backend-wasm-threaded-simd.wasm"] = file;
  if (!handedOver) setWasmPaths(files);
  handedOver = true;
  return file;
}

const COPY =
  'Reinstall @pushforward/backend; in a bundle, copy its folder assets beside the bundle and name the copy: useBackend("wasm", { wasmFolder }); or call useBackend("cpu").';

// tfjs-backend-wasm says only that it was aborted; the file itself tells why.
async function explain(file: string, cause: unknown): Promise<StartFailure> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readWasmFile(file);
  } catch (unreadable) {
    return new StartFailure(`no file at ${file} (${messageOf(unreadable)})`, COPY, { cause: unreadable });
  }
  // What many servers send for an address that they don't know.
  if (bytes[0] === "<".charCodeAt(0)) return new StartFailure(`a web page in the place of ${file}`, COPY, { cause });
  try {
    await WebAssembly.compile(bytes);
  } catch (refused) {
    return new StartFailure(
      `a file that this engine refuses, ${file} (${messageOf(refused)})`,
      `Serve the file unchanged, allow 'wasm-unsafe-eval' where a Content-Security-Policy is set, or call useBackend("cpu").`,
      { cause: refused },
    );
  }
  return new StartFailure(messageOf(cause), 'Call useBackend("cpu").', { cause });
}

// In Node the WebAssembly module answers every uncaught error of the process by throwing it again from a handler, which
// hides where it came from and changes the exit code.
async function withoutProcessHandlers<T>(start: () => Promise<T>): Promise<T> {
  const { process } = globalThis as { process?: NodeJS.Process };
  if (typeof process?.rawListeners !== "function") return await start();
  const events = ["uncaughtException", "unhandledRejection"];
  const before = new Set(events.flatMap((event) => process.rawListeners(event)));
  try {
    return await start();
  } finally {
    for (const event of events) {
      for (const listener of process.rawListeners(event)) {
        if (!before.has(listener) && String(listener).includes("throw")) {
          process.removeListener(event, listener as (...values: unknown[]) => void);
        }
      }
    }
  }
}

function messageOf(cause: unknown): string {
  const { message } = (cause ?? {}) as { message?: unknown };
  return typeof message === "string" ? message : String(cause);
}

/** The backends that can run: plain JavaScript, and WebAssembly (with SIMD where the engine has it). */
export type BackendName = "cpu" | "wasm";

/** Reason that a backend could not start, in two parts: the unexpected finding, and the remedy. */
export class StartFailure extends Error {
  readonly remedy: string;

  constructor(found: string, remedy: string, options?: ErrorOptions) {
    super(found, options);
    this.remedy = remedy;
  }
}

/** The last failure of each backend, and of the threads of a training, if they have not started since. */
export const startFailures: Map<BackendName | "threads", string> = new Map();

/** The build of the WebAssembly kernels that runs, from the first start of `wasm` on; undefined without SIMD. */
let chosen: { readonly relaxedSimd: boolean; readonly build: WasmBuild | undefined } | undefined;

/** Stores the choice for the life of the process: compiled plans contain kernels of a single build. */
export function chooseBuild(relaxedSimd: boolean, build: WasmBuild | undefined): void {
  chosen = { relaxedSimd, build };
}

/** The build that runs, if any. */
export function chosenBuild(): WasmBuild | undefined {
  return chosen?.build;
}

/** Choice made at the first start; undefined before the first start. */
export function chosenRelaxedSimd(): boolean | undefined {
  return chosen?.relaxedSimd;
}
