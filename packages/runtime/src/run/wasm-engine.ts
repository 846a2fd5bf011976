import { BackendError } from "@pushforward/core/plain";
import { kernelModule, supportedBuild, type WasmBuild } from "@pushforward/kernels/wasm";
import { type Engine, moduleEngine } from "./engine.ts";

/**
 * Creates an engine that computes with the WebAssembly kernels.
 *
 * @param builds candidates; the first build that this engine can compile is used. Results of `simd` are bit-for-bit
 *   identical in all engines. Default: `relaxed`, then `simd`.
 * @throws {BackendError} WebAssembly with SIMD is not available.
 * @example
 * const model = openCompiled(compileModel(nsf({ features: 2, key: createKey(0) })), { engine: wasmEngine() });
 * model.sample(createKey(1), 3).length; // → 6
 */
export function wasmEngine(builds?: readonly WasmBuild[]): Engine {
  const build = supportedBuild(builds);
  if (build === undefined) {
    throw new BackendError("wasmEngine: expected WebAssembly with SIMD, got an engine without. Use scalarEngine.");
  }
  return moduleEngine(new WebAssembly.Module(kernelModule(build)));
}
