export type { WasmBuild, WasmMemory, WasmModule } from "./wasm/wasm-kernels.ts";
export { kernelModule, kernelsOn, supportedBuild, wasmKernels } from "./wasm/wasm-kernels.ts";
