import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Paths of the WebAssembly binaries: the files of this package, or files in a folder of the caller. */
export function wasmFiles(folder?: string | URL): Record<string, string> {
  const path = (name: string): string => {
    if (folder === undefined) return fileURLToPath(new URL(`../assets/${name}`, import.meta.url));
    return join(String(folder).startsWith("file:") ? fileURLToPath(folder) : String(folder), name);
  };
  return {
    "tfjs-backend-wasm.wasm": path("tfjs-backend-wasm.wasm"),
    "tfjs-backend-wasm-simd.wasm": path("tfjs-backend-wasm-simd.wasm"),
  };
}

/** A folder as a worker finds it, too: as it is. */
export function absoluteFolder(folder: string | URL): string {
  return String(folder);
}

/** The bytes of a binary. */
export async function readWasmFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(path));
}
