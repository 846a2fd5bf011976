import { runForJson } from "./child.ts";

/** The two builds of our WebAssembly kernels. */
export type Build = "simd" | "relaxed";

/** Whether this engine has relaxed SIMD without being asked: then there is no process with plain SIMD alone. */
const hasRelaxedSimd: boolean = WebAssembly.validate(
  // A module of one function, which returns i8x16.relaxed_swizzle of two constants.
  Uint8Array.of(
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253],
    ...[15, 253, 128, 2, 11],
  ),
);

/** The builds that can be run here. */
export const builds: readonly [Build, ...Build[]] = hasRelaxedSimd ? ["relaxed"] : ["simd", "relaxed"];

/** Runs a job of this program in a process of its own, with the build of the kernels that is wanted. */
export async function runNode<T>(command: string, job: object, build: Build): Promise<T> {
  const flags = build === "relaxed" && !hasRelaxedSimd ? ["--experimental-wasm-relaxed-simd"] : [];
  return await runForJson<T>(process.execPath, [...flags, process.argv[1] as string, command, JSON.stringify(job)], 1);
}
