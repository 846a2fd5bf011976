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
   * Folder that holds copies of the `.wasm` files of this package: a path in Node, an address in the browser, there
   * relative to the page. Needed only where a bundler moves the code and leaves the files behind.
   */
  readonly wasmFolder?: string | URL | undefined;
  /**
   * Whether `wasm` uses relaxed SIMD where the engine has it: training steps take 16 to 20 % less time, but the last bits
   * of a result depend on engine and processor. With false, the same key gives bit-for-bit identical results in every
   * engine. Chosen at the first start of `wasm`. Default: true.
   */
  readonly relaxedSimd?: boolean | undefined;
}

type BackendFactory = () => tf.KernelBackend | Promise<tf.KernelBackend>;

/** What the package of a backend brings. */
interface BackendPackage {
  readonly version: string;
  readonly start: (factory: BackendFactory, options: UseBackendOptions) => Promise<tf.KernelBackend>;
}

/** A backend whose kernels are in. */
interface Prepared {
  readonly start: BackendPackage["start"];
  readonly factory: BackendFactory;
  readonly kernelsOf: FusedKernels["kernelsOf"];
}

const prepared = new Map<BackendName, Prepared>();
let queue: Promise<unknown> = Promise.resolve();

/**
 * Starts a backend and makes it the one that runs. Call it before anything else, and again with another name at any
 * time, also in the middle of training: parameters move along and keep their values. While a backend starts, the one
 * before it goes on; calls take effect one after the other.
 *
 * Nothing is fetched from elsewhere: the WebAssembly files are part of this package. Node finds them by itself; a bundler
 * emits them with the page.
 *
 * @throws {BackendError} the name is unknown, the backend can't start here, or `relaxedSimd` is another than at the first
 * start; the backend that ran before goes on.
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

/** Keeps the folder that `wasm` was started from, which holds in a worker, too. */
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
 * Lets every kernel of `wasm` find its inputs in the memory of the backend, with nothing left that was made of values from
 * before. Tensors of the backend that ran before move when they are first read, which may grow the WebAssembly memory; a
 * kernel that already holds a view of it would lose that view in its midst.
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
