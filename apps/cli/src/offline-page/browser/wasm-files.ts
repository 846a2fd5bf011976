import { pageParts } from "../page-facts.ts";

// Takes the place of the module with which the backend finds its WebAssembly files: the page contains the binary.

export function wasmFiles(): Record<string, string> {
  const address = URL.createObjectURL(new Blob([pageParts().kernels], { type: "application/wasm" }));
  return { "tfjs-backend-wasm.wasm": address, "tfjs-backend-wasm-simd.wasm": address };
}

export function absoluteFolder(folder: string | URL): string {
  return String(folder);
}

export async function readWasmFile(): Promise<Uint8Array<ArrayBuffer>> {
  return pageParts().kernels;
}
