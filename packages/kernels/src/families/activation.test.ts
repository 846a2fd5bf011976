import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS, LENGTHS } from "../../../testing/test/deep.ts";
import { Bench } from "../../test/arrays.ts";
import type { Nonlinearity } from "../index.ts";

const functions: Record<Nonlinearity, [value: (z: number) => number, derivative: (z: number) => number]> = {
  relu: [(z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)],
  tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
  elu: [(z) => (z > 0 ? z : Math.expm1(z)), (z) => (z > 0 ? 1 : Math.exp(z))],
  silu: [(z) => z / (1 + Math.exp(-z)), (z) => (1 + z * (1 - 1 / (1 + Math.exp(-z)))) / (1 + Math.exp(-z))],
  sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (z) => 1 / (2 + Math.exp(z) + Math.exp(-z))],
};

const inputs = Float32Array.from([
  ...Array.from({ length: 4001 }, (_, i) => (i - 2000) / 100),
  ...Array.from({ length: 4001 }, (_, i) => (i - 2000) / 1e6),
  ...[-1e-30, 1e-30, 0, -87, -80, 80, 87, 88, 100, 1e10],
]);

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    for (const activation of ["relu", "tanh", "elu", "silu", "sigmoid"] as const) {
      test(`${activation} is right to float32, near 0 and far out`, () => {
        const bench = new Bench(name);
        const [value, derivative] = functions[activation];
        const z = bench.array(inputs);
        const [h, dz, one] = [bench.array(z.length), bench.array(z.length), bench.array(inputs.map(() => 1))];
        bench.kernels.activate(z, h, activation);
        bench.kernels.activateGradient(activation === "silu" ? z : h, one, dz, activation);
        for (const [i, input] of inputs.entries()) {
          const expected = value(input);
          const error = Math.abs((h[i] as number) - expected) / Math.max(Math.abs(expected), 1e-35);
          if (!(error < 5e-7)) expect.unreachable(`${activation}(${input}) is off by ${error}`);
          const slope = Math.abs((dz[i] as number) - derivative(input));
          if (!(slope < 4e-7)) expect.unreachable(`the slope at ${input} is off by ${slope}`);
        }
        expect(bench.finish()).toBe(true);
      });

      test(`${activation} of every length, into itself, and NaN stays NaN`, () => {
        const bench = new Bench(name);
        for (const count of LENGTHS) {
          const z = bench.array(inputs.subarray(2100, 2100 + count));
          const h = bench.array(count);
          bench.kernels.activate(z, h, activation);
          const [d, sum] = [bench.array(h), bench.array(h)];
          bench.kernels.activateGradient(h, d, sum, activation, true);
          bench.kernels.activateGradient(h, d, d, activation);
          for (let i = 0; i < count; i++) expect(sum[i]).toBeCloseTo((d[i] as number) + (h[i] as number), 5);
          bench.kernels.activate(z, z, activation);
          expect(Array.from(z)).toEqual(Array.from(h));
          z[count - 1] = Number.NaN;
          bench.kernels.activate(z, z, activation);
          expect(z[count - 1]).toBeNaN();
          expect(bench.finish()).toBe(true);
        }
      });
    }
  });
}
