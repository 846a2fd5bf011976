import type { WasmBuild } from "@pushforward/kernels/wasm";

/** The build of the WebAssembly kernels that runs, from the first start of `wasm` on; undefined without SIMD. */
let chosen: { readonly relaxedSimd: boolean; readonly build: WasmBuild | undefined } | undefined;

/** Keeps the choice, which holds for the life of the process: compiled plans hold kernels of one build. */
export function chooseBuild(relaxedSimd: boolean, build: WasmBuild | undefined): void {
  chosen = { relaxedSimd, build };
}

/** The build that runs, if any. */
export function chosenBuild(): WasmBuild | undefined {
  return chosen?.build;
}

/** What was asked for at the first start; undefined before it. */
export function chosenRelaxedSimd(): boolean | undefined {
  return chosen?.relaxedSimd;
}
