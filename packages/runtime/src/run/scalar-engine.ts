import { hostAdam } from "@pushforward/core/plain";
import { scalarKernels } from "@pushforward/kernels";
import type { Engine } from "./engine.ts";

/**
 * Computes in TypeScript, in any JavaScript engine: about ten times slower than WebAssembly.
 *
 * @example
 * const model = openCompiled(compileModel(nsf({ features: 2, key: createKey(0) })), { engine: scalarEngine });
 * model.logProb([0, 0]).length; // → 1
 */
export const scalarEngine: Engine = {
  name: "scalar",
  open: (bytes) => ({ buffer: new ArrayBuffer(bytes), kernels: scalarKernels, adam: hostAdam }),
};
