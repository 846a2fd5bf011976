export {
  kernelModule,
  kernelsOn,
  supportedBuild,
  type WasmBuild,
  type WasmMemory,
  type WasmModule,
  wasmKernels,
} from "./wasm/wasm-kernels.ts";
