import type { WasmKernels } from "../families/kernels.ts";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { relaxedModule } from "../generated/relaxed.ts";
import { simdModule } from "../generated/simd.ts";
import { callsOf } from "./calls-of.ts";
import { WasmRecorder } from "./wasm-recorder.ts";

/**
 * Which build of the kernels. Results of `simd` are bit-for-bit identical in all engines; `relaxed` has fused
 * multiply-add, whose last bits depend on engine and processor.
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

/** The fastest of some builds that this engine can compile, or `undefined` where it has no SIMD. */
export function supportedBuild(builds: readonly WasmBuild[] = ["relaxed", "simd"]): WasmBuild | undefined {
  if (typeof WebAssembly === "undefined") return undefined;
  return builds.find((build) => WebAssembly.validate(kernelModule(build)));
}

/**
 * The kernels on a memory that belongs to someone else, that of tfjs for instance: they have no memory of their own, so
 * that tensors are computed with where they are. All arrays must be views of this memory, none empty.
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
