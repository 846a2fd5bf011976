import { access } from "node:fs/promises";
import { afterEach, expect, test, vi } from "vitest";
import * as browser from "./wasm-files-browser.ts";
import * as node from "./wasm-files-node.ts";

const NAMES = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"];

afterEach(() => vi.unstubAllGlobals());

test("Node: the files of the package, or those of a folder", async () => {
  const files = node.wasmFiles();
  expect(Object.keys(files)).toEqual(NAMES);
  for (const file of Object.values(files)) await access(file);
  for (const folder of ["/copies", "/copies/", "file:///copies", new URL("file:///copies/")]) {
    expect(node.wasmFiles(folder)["tfjs-backend-wasm.wasm"]).toBe("/copies/tfjs-backend-wasm.wasm");
  }
  expect(node.absoluteFolder("copies")).toBe("copies");
  const bytes = await node.readWasmFile(files["tfjs-backend-wasm.wasm"] as string);
  expect(WebAssembly.validate(bytes)).toBe(true);
});

test("browser: the files beside the code, or those of a folder relative to the page", () => {
  const files = browser.wasmFiles();
  expect(Object.keys(files)).toEqual(NAMES);
  for (const [name, file] of Object.entries(files))
    expect(file).toBe(new URL(`../assets/${name}`, import.meta.url).href);
  vi.stubGlobal("location", new URL("https://example.org/app/page.html"));
  for (const folder of ["wasm", "./wasm/", "/app/wasm", new URL("https://example.org/app/wasm/")]) {
    expect(browser.wasmFiles(folder)["tfjs-backend-wasm-simd.wasm"]).toBe(
      "https://example.org/app/wasm/tfjs-backend-wasm-simd.wasm",
    );
  }
});

test("browser: a worker finds the folder that the page has named", () => {
  vi.stubGlobal("location", new URL("https://example.org/app/page.html"));
  const folder = browser.absoluteFolder("wasm");
  vi.stubGlobal("location", new URL("https://example.org/scripts/worker.js"));
  expect(browser.wasmFiles(folder)["tfjs-backend-wasm.wasm"]).toBe(
    "https://example.org/app/wasm/tfjs-backend-wasm.wasm",
  );
});

test("browser: a file that the server does not have", async () => {
  vi.stubGlobal("fetch", async () => new Response("", { status: 404 }));
  await expect(browser.readWasmFile("https://example.org/gone.wasm")).rejects.toThrow("HTTP status 404");
  vi.stubGlobal("fetch", async () => new Response(Uint8Array.of(1, 2)));
  expect(await browser.readWasmFile("https://example.org/there.wasm")).toEqual(Uint8Array.of(1, 2));
});
