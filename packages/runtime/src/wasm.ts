export { kernelModule } from "@pushforward/kernels/wasm";
export { moduleEngine } from "./run/engine.ts";
export { wasmEngine } from "./run/wasm-engine.ts";
