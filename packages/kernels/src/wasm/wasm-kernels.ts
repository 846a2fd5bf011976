import { activationCalls, arithmeticCalls, columnsCalls, dropoutCalls, updateCalls } from "../families/arrays.ts";
import type { KernelRecorder, Kernels, WasmKernels } from "../families/kernels.ts";
import { linearCalls, linearGradientCalls } from "../families/linear.ts";
import { affineCalls, splineCalls, sumOfSquaresCalls } from "../families/maps.ts";
import { mixtureCalls, mixtureWeightCalls } from "../families/mixture.ts";
import { gaussianizationCalls, normalLogProbCalls, normalsCalls, sinhArcsinhCalls } from "../families/normals.ts";
import type { KernelAbi, KernelExports } from "../generated/kernel-abi.ts";
import { relaxedModule } from "../generated/relaxed.ts";
import { simdModule } from "../generated/simd.ts";

/**
 * Build of the kernels. Results of `simd` are bit-for-bit identical in all engines. `relaxed` has fused multiply-add,
 * so its last bits depend on engine and processor.
 */
export type WasmBuild = "simd" | "relaxed";

type WebAssemblyClass<Name extends "Memory" | "Module"> = typeof globalThis extends {
  WebAssembly: Record<Name, { prototype: infer Instance }>;
}
  ? Instance
  : object;

/** `WebAssembly.Memory` and `WebAssembly.Module`; any object where the compiler has no types of WebAssembly. */
export type WasmMemory = WebAssemblyClass<"Memory">;
export type WasmModule = WebAssemblyClass<"Module">;

// Each module is named once: a minifier repeats a long text at each place that names it.
const modules: Readonly<Record<WasmBuild, string>> = { relaxed: relaxedModule, simd: simdModule };

/** Returns the fastest of the given builds that this engine can compile, or `undefined` if it has no SIMD. */
export function supportedBuild(builds: readonly WasmBuild[] = ["relaxed", "simd"]): WasmBuild | undefined {
  if (typeof WebAssembly === "undefined") return undefined;
  return builds.find((build) => WebAssembly.validate(kernelModule(build)));
}

/**
 * Returns the kernels on an external memory, for instance the memory of tfjs. The kernels have no memory of their own,
 * so they compute on tensors in place. All arrays must be non-empty views of this memory.
 */
export function wasmKernels(memory: WasmMemory, build: WasmBuild): WasmKernels {
  return kernelsOn(memory, new WebAssembly.Module(kernelModule(build)));
}

/** The kernels of a compiled module, which must be one for this kind of memory. */
export function kernelsOn(memory: WasmMemory, module: WasmModule): WasmKernels {
  const functions = new WebAssembly.Instance(module, { env: { memory } }).exports as KernelExports;
  return { ...callsOf(functions), recorder: () => new WasmRecorder(functions) };
}

/** The bytes of an embedded module. */
export function kernelModule(build: WasmBuild): Uint8Array<ArrayBuffer> {
  const text = modules[build];
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digitAt(text, 2 * i) + digitAt(text, 2 * i + 1);
  return bytes;
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code - (code <= 0x39 ? 0x30 : 0x57);
}

/** Returns the kernels that call the functions of a module, or stand-ins for these functions. */
export function callsOf(functions: KernelExports): Omit<WasmKernels, "recorder"> {
  return {
    ...linearCalls(functions),
    ...linearGradientCalls(functions),
    ...activationCalls(functions),
    ...dropoutCalls(functions),
    ...splineCalls(functions),
    ...affineCalls(functions),
    ...sinhArcsinhCalls(functions),
    ...gaussianizationCalls(functions),
    ...sumOfSquaresCalls(functions),
    ...mixtureCalls(functions),
    ...mixtureWeightCalls(functions),
    ...normalLogProbCalls(functions),
    ...columnsCalls(functions),
    ...arithmeticCalls(functions),
    ...updateCalls(functions),
    ...normalsCalls(functions),
  };
}

type AnyFunction = (...numbers: number[]) => number;

/** Writes down the functions of a module with their arguments. */
class WasmRecorder implements KernelRecorder {
  readonly kernels: Kernels;
  private calls: (() => void)[] = [];

  constructor(functions: KernelExports) {
    const written: Partial<Record<keyof KernelAbi, AnyFunction>> = {};
    for (const name of Object.keys(functions) as (keyof KernelAbi)[]) {
      const call = functions[name] as AnyFunction;
      written[name] = (...numbers) => {
        this.calls.push(() => call(...numbers));
        return 0;
      };
    }
    this.kernels = callsOf(written as KernelExports);
  }

  record(body: () => void): () => void {
    this.calls = [];
    body();
    const { calls } = this;
    return () => {
      for (let i = 0; i < calls.length; i++) (calls[i] as () => void)();
    };
  }
}
