/**
 * Addresses of the WebAssembly binaries: the files of this package, or files in a folder of the caller, relative to the
 * page. Bundlers find each `new URL` and emit the file.
 */
export function wasmFiles(folder?: string | URL): Record<string, string> {
  if (folder !== undefined) {
    const base = absoluteFolder(folder);
    return {
      "tfjs-backend-wasm.wasm": new URL("tfjs-backend-wasm.wasm", base).href,
      "tfjs-backend-wasm-simd.wasm": new URL("tfjs-backend-wasm-simd.wasm", base).href,
    };
  }
  return {
    "tfjs-backend-wasm.wasm": new URL("../assets/tfjs-backend-wasm.wasm", import.meta.url).href,
    "tfjs-backend-wasm-simd.wasm": new URL("../assets/tfjs-backend-wasm-simd.wasm", import.meta.url).href,
  };
}

/** Absolute address of a folder. A worker needs it because its base address is its script. */
export function absoluteFolder(folder: string | URL): string {
  return new URL(`${String(folder).replace(/\/$/, "")}/`, globalThis.location.href).href;
}

/** The bytes of a binary. */
export async function readWasmFile(address: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
