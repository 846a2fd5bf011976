/** `true` if the tests run with their full settings, as in `npm run verify`. `npm test` uses the short settings. */
export const DEEP: boolean = process.env["PUSHFORWARD_DEEP"] === "1";

/**
 * Returns the number of steps, epochs or rows of a fit in a test: the full number in deep runs, otherwise a quarter.
 */
export function quarter(full: number): number {
  return DEEP ? full : Math.ceil(full / 4);
}

/** The backends that a test runs on: wasm, and in deep runs cpu too. Tests of `core` and `backend` always take both. */
export const BACKENDS: readonly ("cpu" | "wasm")[] = DEEP ? ["cpu", "wasm"] : ["wasm"];

/** The builds of the kernels that their tests compare. Deep runs take relaxed SIMD too, which shares all code with SIMD. */
export const WASM_BUILDS: readonly ("simd" | "relaxed")[] = DEEP ? ["simd", "relaxed"] : ["simd"];
export const KERNEL_BUILDS: readonly ("scalar" | "simd" | "relaxed")[] = ["scalar", ...WASM_BUILDS];

/** Lengths of arrays for kernels that take 4, 8 or 16 numbers at once. Short runs take the lengths next to whole blocks. */
export const LENGTHS: readonly number[] = DEEP
  ? Array.from({ length: 33 }, (_, i) => i + 1)
  : [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33];

/** Returns the cases of a kind: all in deep runs, otherwise the first `count`. */
export function firstOf<T>(count: number, cases: readonly T[]): readonly T[] {
  return DEEP ? cases : cases.slice(0, count);
}
