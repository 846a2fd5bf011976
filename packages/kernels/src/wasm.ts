export type { WasmBuild } from "./wasm-kernels.ts";
export { supportedBuild, wasmKernels } from "./wasm-kernels.ts";
