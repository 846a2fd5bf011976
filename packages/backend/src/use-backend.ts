import { BackendError } from "@pushforward/core";
import { checkOptions, setExecutor } from "@pushforward/core/extend";
import { gradientOverrides } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { getGradient, registerGradient, unregisterGradient } from "@tensorflow/tfjs-core";
import { absoluteFolder } from "#wasm-files";
import { type FusedKernels, fusedKernels } from "./fused/fused-kernels.ts";
import { coreGradients } from "./generated/core-gradients.ts";
import { forgetCopies } from "./memory/kernel-memory.ts";
import { PlanExecutor } from "./plans/plan-executor.ts";
import { planGradient } from "./plans/plan-on-tape.ts";
import { kernelOverrides } from "./repairs/kernel-overrides.ts";
import { type BackendName, chosenRelaxedSimd, StartFailure, startFailures, startWasm } from "./start-wasm.ts";

/** Options of {@link useBackend}. */
export interface UseBackendOptions {
  /**
   * Folder with copies of the `.wasm` files of this package: a path in Node, or in the browser an address relative to
   * the page. Only needed if a bundler moves the code without the files.
   */
  readonly wasmFolder?: string | URL | undefined;
  /**
   * True to use relaxed SIMD in `wasm` if the engine supports it. Training steps then take 16 to 20 % less time, but
   * the last bits of a result depend on engine and processor. With false, the same key produces bit-for-bit identical
   * results in every engine. Chosen at the first start of `wasm`. Default: true.
   */
  readonly relaxedSimd?: boolean | undefined;
}

type BackendFactory = () => tf.KernelBackend | Promise<tf.KernelBackend>;

/** Exports of the package of a backend. */
interface BackendPackage {
  readonly version: string;
  readonly start: (factory: BackendFactory, options: UseBackendOptions) => Promise<tf.KernelBackend>;
}

/** A backend with registered kernels. */
interface Prepared {
  readonly start: BackendPackage["start"];
  readonly factory: BackendFactory;
  readonly kernelsOf: FusedKernels["kernelsOf"];
}

const prepared = new Map<BackendName, Prepared>();
let queue: Promise<unknown> = Promise.resolve();

/**
 * Starts a backend and makes it the current one. Call it before anything else, and again with a different name at any
 * time, even in the middle of training: parameters move along and keep their values. While a backend starts, the
 * previous one continues. Calls take effect one after the other.
 *
 * It downloads no files from other sites: the WebAssembly files are part of this package. Node finds the files without
 * settings, and a bundler emits the files with the page.
 *
 * @throws {BackendError} the name is unknown, the backend can't start here, or `relaxedSimd` differs from its value at
 * the first start. The previous backend then continues.
 * @example
 * await useBackend("wasm");
 */
export async function useBackend(name: BackendName, options: UseBackendOptions = {}): Promise<void> {
  checkOptions("useBackend", options, { wasmFolder: true, relaxedSimd: true });
  const turn = queue.then(() => switchTo(name, options));
  queue = turn.catch(() => undefined);
  await turn;
}

async function switchTo(name: BackendName, options: UseBackendOptions): Promise<void> {
  if (name !== "cpu" && name !== "wasm") {
    throw new BackendError(`useBackend: expected "cpu" or "wasm", got ${JSON.stringify(name)}.`);
  }
  checkRelaxedSimd(name, options);
  // Silences the advice to install the native Node backend; nothing else in tfjs-core depends on this flag.
  tf.env().set("PROD", true);
  registerGradients();
  try {
    const { start, factory, kernelsOf } = prepared.get(name) ?? (await prepare(name, options));
    if (tf.engine().registry[name] === undefined) {
      const backend = await start(factory, options);
      if (name === "wasm") keepWasmFolder(options.wasmFolder);
      // From here on a switch is immediate: there is no moment in which no backend runs.
      if (tf.findBackendFactory(name) != null) tf.removeBackend(name);
      tf.registerBackend(name, () => backend, PRIORITY[name]);
      if (kernelsOf !== undefined) setExecutor(backend, new PlanExecutor(backend, kernelsOf(backend)));
    }
    await tf.setBackend(name);
    startFailures.delete(name);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    const [remedy, origin] =
      cause instanceof StartFailure
        ? [cause.remedy, cause.cause]
        : [`Check that @tensorflow/tfjs-backend-${name} is installed.`, cause];
    startFailures.set(name, found);
    throw new BackendError(`useBackend: expected "${name}" to start, got ${found}. ${remedy}`, { cause: origin });
  }
}

function checkRelaxedSimd(name: BackendName, { relaxedSimd }: UseBackendOptions): void {
  const chosen = chosenRelaxedSimd();
  if (name !== "wasm" || relaxedSimd === undefined || chosen === undefined || relaxedSimd === chosen) return;
  throw new BackendError(
    `useBackend: expected relaxedSimd: ${chosen}, as at the first start of "wasm", got ${relaxedSimd}. Choose it at the first start.`,
  );
}

// Those of tfjs.
const PRIORITY: Readonly<Record<BackendName, number>> = { cpu: 1, wasm: 2 };

// Loads the code of a backend and puts our kernels in; once for each.
async function prepare(name: BackendName, { relaxedSimd = true }: UseBackendOptions): Promise<Prepared> {
  const { version, start } = await (name === "cpu" ? loadCpu() : loadWasm());
  if (version !== tf.version_core) {
    throw new StartFailure(
      `@tensorflow/tfjs-backend-${name} ${version} beside @tensorflow/tfjs-core ${tf.version_core}`,
      "Install both in the same version.",
    );
  }
  // The fused kernels may stand in for some of the first.
  registerKernels(kernelOverrides(name));
  const { configs, kernelsOf } = await fusedKernels(name, relaxedSimd);
  registerKernels(configs);
  if (name === "wasm") moveInputsFirst();
  const made = { start, factory: tf.findBackendFactory(name), kernelsOf };
  prepared.set(name, made);
  return made;
}

function registerKernels(kernels: readonly tf.KernelConfig[]): void {
  for (const kernel of kernels) {
    if (tf.getKernel(kernel.kernelName, kernel.backendName) !== undefined) {
      tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    }
    tf.registerKernel(kernel);
  }
}

async function loadCpu(): Promise<BackendPackage> {
  const { version_cpu: version } = await import("@tensorflow/tfjs-backend-cpu");
  return { version, start: async (factory) => await factory() };
}

async function loadWasm(): Promise<BackendPackage> {
  const { version_wasm: version, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  return {
    version,
    start: (factory, { wasmFolder }) => startWasm(factory, setWasmPaths, wasmFolder),
  };
}

/** A backend as `useBackend` starts it: plain data, which can be sent to a worker. */
export interface BackendChoice {
  readonly name: BackendName;
  readonly options: { readonly wasmFolder?: string | undefined; readonly relaxedSimd?: boolean | undefined };
}

let wasmFolder: string | undefined;

/** Stores the folder of the `wasm` files as an absolute address, which is valid in a worker, too. */
function keepWasmFolder(folder: string | URL | undefined): void {
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

/**
 * Makes every kernel of `wasm` find its inputs in the memory of the backend, without stale copies of earlier values.
 * Tensors of the previous backend move on first read, which may grow the WebAssembly memory. A kernel that already has
 * a view of the memory would lose that view while it runs.
 */
function moveInputsFirst(): void {
  for (const kernel of tf.getKernelsForBackend("wasm")) {
    const { kernelFunc } = kernel;
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel({
      ...kernel,
      kernelFunc: (call) => {
        const inputs = call.inputs as unknown;
        const backend = call.backend as object;
        // A list may have hundreds, which `for … in` would name one by one.
        if (Array.isArray(inputs)) for (const input of inputs) forgetCopies(backend, input);
        else for (const name in call.inputs) forgetCopies(backend, call.inputs[name]);
        return kernelFunc(call);
      },
    });
  }
}

let registered = false;

/**
 * Registers the gradients of tfjs-core, which its Node entry leaves out, and then ours over the wrong, slow and missing
 * ones. Registries are global and survive a change of backend, so once is enough.
 */
function registerGradients(): void {
  if (registered) return;
  registered = true;
  for (const gradient of coreGradients) {
    if (getGradient(gradient.kernelName) === undefined) registerGradient(gradient);
  }
  for (const gradient of [...gradientOverrides, planGradient]) {
    if (getGradient(gradient.kernelName) !== undefined) unregisterGradient(gradient.kernelName);
    registerGradient(gradient);
  }
}
