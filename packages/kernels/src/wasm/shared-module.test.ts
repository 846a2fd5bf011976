import { expect, test } from "vitest";
import { WASM_BUILDS } from "../../../testing/test/deep.ts";
import { sharedModule } from "./shared-module.ts";
import { kernelModule } from "./wasm-kernels.ts";

test.each(WASM_BUILDS)("%s: the same kernels, for a memory that threads share", (build) => {
  const own = kernelModule(build);
  const shared = sharedModule(own);
  expect(shared.length - own.length).toBe(3);
  expect(shared.subarray(-40_000)).toEqual(own.subarray(-40_000));
  if (!WebAssembly.validate(own)) return;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  const names = (bytes: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory): string[] =>
    Object.keys(new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports);
  expect(names(shared, memory)).toEqual(names(own, new WebAssembly.Memory({ initial: 1 })));
  expect(() => names(own, memory)).toThrow(WebAssembly.LinkError);
});

test("other modules are refused", () => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  expect(() => sharedModule(empty)).toThrow("expected a module with imports");
  const shared = sharedModule(kernelModule("simd"));
  expect(() => sharedModule(shared)).toThrow("expected a module whose last import is a memory");
});
