import { describe, expect, test } from "vitest";
import { Bench, generator, random } from "../test/arrays.ts";

const sizes = [...Array.from({ length: 33 }, (_, i) => i + 1), 1000];

for (const name of ["simd", "relaxed"] as const) {
  describe(name, () => {
    test("ten steps of Adam give the bits of TypeScript", () => {
      for (const count of sizes) {
        const results = (["scalar", name] as const).map((which) => {
          const next = generator(count);
          const bench = new Bench(which);
          const values = bench.array(random(next, count));
          const [first, second, moved] = [0, 0, 0].map(() => bench.array(new Float32Array(count))) as [
            Float32Array,
            Float32Array,
            Float32Array,
          ];
          const norms: number[] = [];
          for (let t = 1; t <= 10; t++) {
            const gradient = bench.array(random(next, count, t % 3 === 0 ? 1e-20 : 10));
            // Weights behind a mask.
            gradient.fill(0, Math.floor(count / 3), Math.floor((2 * count) / 3));
            norms.push(bench.kernels.squaredNorm(gradient));
            const settings = {
              beta1: 0.9,
              beta2: 0.999,
              epsilon: 1e-8,
              keep: count % 2 === 0 ? 1 : 1 - 1e-3,
              stepSize: 0.01 / (1 - 0.9 ** t),
              rootScale: 1 / Math.sqrt(1 - 0.999 ** t),
              scale: 0.37,
            };
            const target = t % 2 === 0 ? values : moved;
            expect(bench.kernels.adamStep(values, gradient, first, second, target, settings)).toBe(true);
            values.set(target);
          }
          const result = [values, first, second].map((a) => Array.from(a));
          expect(bench.finish()).toBe(true);
          return [...result, norms];
        });
        expect(results[1]).toEqual(results[0]);
      }
    });

    test("a value that is not finite is noticed wherever it is", () => {
      const settings = { beta1: 0, beta2: 0, epsilon: 1, keep: 1, stepSize: 1, rootScale: 1, scale: 1 };
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        for (let at = 0; at < 7; at++) {
          const bench = new Bench(name);
          const zeros = (): Float32Array => bench.array(new Float32Array(7));
          const [values, gradient] = [zeros(), zeros()];
          expect(bench.kernels.adamStep(values, gradient, zeros(), zeros(), zeros(), settings)).toBe(true);
          values[at] = bad;
          expect(bench.kernels.adamStep(values, gradient, zeros(), zeros(), zeros(), settings)).toBe(false);
        }
      }
    });
  });
}
