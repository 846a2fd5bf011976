import { describe, expect, test } from "vitest";
import { Bench, generator, largestError, random } from "../test/arrays.ts";

const next = generator(5);

for (const name of ["scalar", "simd", "relaxed"] as const) {
  describe(name, () => {
    test("the affine map and its gradients agree with the formula and finite differences in float64", () => {
      const bench = new Bench(name);
      for (let count = 1; count <= 33; count++) {
        for (const inverse of [false, true]) {
          const scale = count % 3 === 0 ? 30 : 2;
          const values = { x: random(next, count, 3), p: random(next, 2 * count, scale) };
          const [x, p] = [bench.array(values.x), bench.array(values.p)];
          const [dValue, dLogDet] = [bench.array(random(next, count)), bench.array(random(next, count))];
          const [y, logDet, dx] = [bench.array(count), bench.array(count), bench.array(count)];
          const dp = bench.array(2 * count);
          bench.kernels.affineForward(x, p, y, logDet, inverse);
          bench.kernels.affineGradient(x, p, dValue, dLogDet, dx, dp, inverse);
          const map = (input: number, shift: number, raw: number): [number, number] => {
            const a = 5 * Math.tanh(raw / 5);
            return inverse ? [(input - shift) * Math.exp(-a), -a] : [input * Math.exp(a) + shift, a];
          };
          for (let i = 0; i < count; i++) {
            const at = [values.x[i], values.p[2 * i], values.p[2 * i + 1]] as [number, number, number];
            const error = largestError([y[i] as number, logDet[i] as number], map(...at));
            expect(error).toBeLessThan(1e-6);
            const loss = (k: number, step: number): number => {
              const moved = at.map((v, j) => (j === k ? v + step : v)) as [number, number, number];
              const [value, log] = map(...moved);
              return value * (dValue[i] as number) + log * (dLogDet[i] as number);
            };
            for (const [k, gradient] of [dx[i], dp[2 * i], dp[2 * i + 1]].entries()) {
              const slope = (loss(k, 1e-5) - loss(k, -1e-5)) / 2e-5;
              expect(Math.abs((gradient as number) - slope) / Math.max(1, Math.abs(slope))).toBeLessThan(1e-5);
            }
          }
          expect(bench.finish()).toBe(true);
        }
      }
    });

    test("the log-density of standard normals and its gradient", () => {
      const bench = new Bench(name);
      for (let size = 1; size <= 33; size++) {
        const rows = 34 - size;
        const values = random(next, rows * size, 3);
        const x = bench.array(values);
        const d = bench.array(random(next, rows));
        const [out, dx] = [bench.array(rows), bench.array(rows * size)];
        bench.kernels.normalLogProb(x, out);
        bench.kernels.normalLogProbGradient(x, d, dx);
        for (let row = 0; row < rows; row++) {
          const own = Array.from(values.subarray(row * size, (row + 1) * size));
          const expected = own.reduce((sum, v) => sum - 0.5 * (v * v + Math.log(2 * Math.PI)), 0);
          expect(largestError([out[row] as number], [expected])).toBeLessThan(1e-7);
          const gradient = own.map((v) => -v * (d[row] as number));
          expect(largestError(dx.subarray(row * size, (row + 1) * size), gradient)).toBeLessThan(1e-7);
        }
        expect(bench.finish()).toBe(true);
      }
    });
  });
}
