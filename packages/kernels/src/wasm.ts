export type { WasmBuild } from "./wasm/wasm-kernels.ts";
export { supportedBuild, wasmKernels } from "./wasm/wasm-kernels.ts";
