export type { WasmBuild } from "./wasm/wasm-kernels.ts";
export { kernelModule, kernelsOn, supportedBuild, wasmKernels } from "./wasm/wasm-kernels.ts";
