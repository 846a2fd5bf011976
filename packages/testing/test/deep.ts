/** Whether the tests run with their full settings, as in `npm run verify`. `npm test` takes the short ones. */
export const DEEP: boolean = process.env["PUSHFORWARD_DEEP"] === "1";

/** A number of steps, epochs or rows of a fit in a test: the full one in deep runs, otherwise a quarter of it. */
export function quarter(full: number): number {
  return DEEP ? full : Math.ceil(full / 4);
}

/** The backends that a test runs on: wasm, and in deep runs cpu too. Tests of `core` and `backend` always take both. */
export const BACKENDS: readonly ("cpu" | "wasm")[] = DEEP ? ["cpu", "wasm"] : ["wasm"];

/** The builds of the kernels that their tests compare. Deep runs take relaxed SIMD too, which shares all code with SIMD. */
export const WASM_BUILDS: readonly ("simd" | "relaxed")[] = DEEP ? ["simd", "relaxed"] : ["simd"];
export const KERNEL_BUILDS: readonly ("scalar" | "simd" | "relaxed")[] = ["scalar", ...WASM_BUILDS];
