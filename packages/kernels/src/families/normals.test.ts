import { createKey } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import { WASM_BUILDS } from "../../../testing/test/deep.ts";
import { Bench } from "../../test/arrays.ts";
import { NORMALS_SCRATCH_SIZE, type WasmKernels } from "../index.ts";

for (const name of WASM_BUILDS) {
  describe(name, () => {
    const bench = new Bench(name);

    test("the draws have the bits of the key", () => {
      for (const [k0, k1] of [
        [0, 7],
        [0, 0],
        [0x123456, 0x89abcdef],
        [0x1ffffe, 0xffffffff],
      ] as const) {
        const key = createKey(k0 * 2 ** 32 + k1);
        for (const count of [...Array.from({ length: 33 }, (_, i) => i + 1), 511, 512, 513, 100_003]) {
          const out = bench.array(count);
          (bench.kernels as WasmKernels).normals([k0, k1], 0, out, bench.array(NORMALS_SCRATCH_SIZE));
          expect(Buffer.compare(Buffer.from(out.slice().buffer), Buffer.from(key.normal(count).buffer))).toBe(0);
          expect(bench.finish()).toBe(true);
        }
        const out = bench.array(7);
        (bench.kernels as WasmKernels).normals([k0, k1], 21, out, bench.array(NORMALS_SCRATCH_SIZE));
        expect(Array.from(out)).toEqual(Array.from(key.normal(49).subarray(42)));
        expect(bench.finish()).toBe(true);
      }
    });
  });
}
