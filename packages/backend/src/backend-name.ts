/** The backends that can run: plain JavaScript, and WebAssembly (with SIMD where the engine has it). */
export type BackendName = "cpu" | "wasm";
