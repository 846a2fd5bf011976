import { checkOptions } from "@pushforward/core/extend";
import { CompiledModel } from "./compiled-model.ts";
import { decodePlanFile } from "./file/decode-plan-file.ts";
import type { Engine } from "./run/engine.ts";

/** Options of {@link openCompiled}. */
export interface OpenCompiledOptions {
  /** What computes: `scalarEngine`, or `wasmEngine()` of `@pushforward/runtime/wasm`. */
  readonly engine: Engine;
}

/**
 * Opens a compiled model, the bytes that `compileModel` of `pushforward/compile` wrote. They are untrusted: all of
 * it is checked before anything runs.
 *
 * @throws {ModelFileError} always and only this, whatever the bytes are.
 * @example
 * const bytes = compileModel(maf({ features: 2, key: createKey(0) }));
 * const model = openCompiled(bytes, { engine: scalarEngine });
 * model.logProb([0, 0, 1, 2]).length; // → 2
 */
export function openCompiled(bytes: Uint8Array, options: OpenCompiledOptions): CompiledModel {
  checkOptions("openCompiled", options, { engine: true });
  const { engine } = options;
  return new CompiledModel(decodePlanFile(bytes), engine);
}
