import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS, LENGTHS } from "../../../testing/test/deep.ts";
import { Bench, generator, largestError, random } from "../../test/arrays.ts";
import { ownAffine } from "../../test/forms.ts";

const next = generator(5);

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    // The scalar kernels round once, at the end; the others have the errors of tanh, times 5 in an exponent, and of exp.
    const rounding = name === "scalar" ? 1e-7 : 1e-6;

    test("the affine map and its gradients agree with the formula and finite differences in float64", () => {
      const bench = new Bench(name);
      for (const count of LENGTHS) {
        for (const inverse of [false, true]) {
          const scale = [2, 10, 50][count % 3] as number;
          const values = { x: random(next, count, 3), p: random(next, 2 * count, scale) };
          // Pairs (shift, raw); far out the log-scale is at its limit.
          if (count > 4) values.p.set([0, 0, 2, 50, -2, -50, 1, 1e30, 0, -1e30]);
          const [x, p] = [bench.array(values.x), bench.array(values.p)];
          const [dValue, dLogDet] = [bench.array(random(next, count)), bench.array(random(next, count))];
          const [y, logDet, dx] = [bench.array(count), bench.array(count), bench.array(count)];
          const dp = bench.array(2 * count);
          bench.kernels.affineForward(x, p, y, logDet, { ...ownAffine, inverse });
          bench.kernels.affineGradient(x, p, dValue, dLogDet, dx, dp, { ...ownAffine, inverse });
          // The same where other numbers lie between the parameters of two elements.
          const [apart, dApart] = [bench.array(5 * count).fill(7), bench.array(5 * count).fill(7)];
          for (let i = 0; i < count; i++) apart.set(p.subarray(2 * i, 2 * i + 2), 5 * i + 2);
          const spaced = [bench.array(count), bench.array(count), bench.array(count)] as const;
          const settings = { ...ownAffine, inverse, stride: 5 };
          bench.kernels.affineForward(x, apart.subarray(2), spaced[0], spaced[1], settings);
          bench.kernels.affineGradient(x, apart.subarray(2), dValue, dLogDet, spaced[2], dApart.subarray(2), settings);
          expect(spaced).toEqual([y, logDet, dx]);
          expect(Array.from(dApart, (v, i) => (i % 5 === 2 || i % 5 === 3 ? v : 7 - v))).toEqual(
            Array.from(dApart, (_, i) => {
              const place = (i % 5) - 2;
              return place === 0 || place === 1 ? dp[2 * Math.floor(i / 5) + place] : 0;
            }),
          );
          for (let i = 0; i < count; i++) {
            const [input, shift, raw] = [values.x[i], values.p[2 * i], values.p[2 * i + 1]] as [number, number, number];
            const [dy, dl] = [dValue[i], dLogDet[i]] as [number, number];
            const sign = inverse ? -1 : 1;
            const logScale = sign * 5 * Math.tanh(raw / 5);
            const factor = Math.exp(logScale);
            const near = (actual: number | undefined, expected: number, size: number): void => {
              const error = Math.abs((actual as number) - expected);
              if (!(error <= rounding * size))
                expect.fail(`${[inverse, input, shift, raw]}: ${actual} for ${expected}`);
            };
            // Relative to what is added up, which may cancel.
            const [moved, offset] = inverse ? [input * factor, -shift * factor] : [input * factor, shift];
            near(y[i], moved + offset, Math.abs(moved) + Math.abs(offset));
            near(logDet[i], logScale, Math.abs(logScale));
            near(dx[i], dy * factor, Math.abs(dy * factor));
            near(dp[2 * i], inverse ? -dy * factor : dy, Math.abs(dy) * (inverse ? factor : 1));
            // 1 − tanh², without the difference; far out the exponent itself is rounded.
            const tanhSlope = 1 / Math.cosh(raw / 5) ** 2;
            const through = inverse ? moved + offset : moved;
            const size = (Math.abs(dy * moved) + (inverse ? Math.abs(dy * offset) : 0) + Math.abs(dl)) * tanhSlope;
            near(dp[2 * i + 1], sign * (dy * through + dl) * tanhSlope, 2 * size + 1e-12);
            if (Math.abs(raw) > 20) continue;
            const loss = (at: readonly [number, number, number]): number => {
              const a = 5 * Math.tanh(at[2] / 5);
              return inverse
                ? dy * (at[0] - at[1]) * Math.exp(-a) - dl * a
                : dy * (at[0] * Math.exp(a) + at[1]) + dl * a;
            };
            for (const [k, gradient] of [dx[i], dp[2 * i], dp[2 * i + 1]].entries()) {
              const [far, below, above, beyond] = [-2e-3, -1e-3, 1e-3, 2e-3].map((step) =>
                loss([input, shift, raw].map((v, j) => (j === k ? v + step : v)) as [number, number, number]),
              ) as [number, number, number, number];
              const slope = (far - 8 * below + 8 * above - beyond) / 12e-3;
              near(gradient, slope, k === 2 ? 2 * size + 1e-3 * factor : Math.max(factor, 1));
            }
          }
          expect(bench.finish()).toBe(true);
        }
      }
    });

    test("zero parameters are the identity bit for bit; infinities and NaN come through", () => {
      const bench = new Bench(name);
      const inputs = [-1e30, -2.5, -0, 1e-30, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1];
      for (const inverse of [false, true]) {
        const x = bench.array(inputs);
        const p = bench.array(2 * inputs.length).fill(0);
        p[17] = Number.NaN;
        const [y, logDet, dx] = [bench.array(x.length), bench.array(x.length), bench.array(x.length)];
        const dp = bench.array(p.length);
        bench.kernels.affineForward(x, p, y, logDet, { ...ownAffine, inverse });
        expect(Array.from(y, (v) => v + 0)).toEqual([...Array.from(x.subarray(0, 8), (v) => v + 0), Number.NaN]);
        expect(Array.from(logDet, (v) => v + 0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, Number.NaN]);
        const ones = bench.array(inputs.map(() => 1));
        bench.kernels.affineGradient(x, p, ones, ones, dx, dp, { ...ownAffine, inverse });
        expect(Array.from(dx)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, Number.NaN]);
        expect(bench.finish()).toBe(true);
      }
    });

    test("each map of scales, with gradients, against float64 formulas and finite differences", () => {
      const bench = new Bench(name);
      const limit = -Math.log(1e-3);
      const maps = [
        [{ scale: "clip", limit }, (r: number) => Math.exp(r / (1 + Math.abs(r) / limit))],
        [{ scale: "softplus", least: 1e-3 }, (r: number) => Math.max(r, 0) + Math.log1p(Math.exp(-Math.abs(r))) + 1e-3],
        [{ scale: "sigmoid", offset: 2, least: 1e-3 }, (r: number) => 1 / (1 + Math.exp(-r - 2)) + 1e-3],
        [{ scale: "tanh", limit: 3 }, (r: number) => Math.exp(3 * Math.tanh(r / 3))],
      ] as const;
      for (const [form, scaleOf] of maps) {
        for (const count of LENGTHS) {
          for (const inverse of [false, true]) {
            const values = { x: random(next, count, 3), p: random(next, 2 * count, count % 2 === 0 ? 2 : 8) };
            if (count > 4) values.p.set([0, 0, 2, 50, -2, -50, 1, 1e3, 0, -1e3]);
            const [x, p] = [bench.array(values.x), bench.array(values.p)];
            const [dValue, dLogDet] = [bench.array(random(next, count)), bench.array(random(next, count))];
            const [y, logDet, dx, dp] = [count, count, count, 2 * count].map((n) => bench.array(n)) as [
              Float32Array,
              Float32Array,
              Float32Array,
              Float32Array,
            ];
            bench.kernels.affineForward(x, p, y, logDet, { ...ownAffine, inverse, ...form });
            bench.kernels.affineGradient(x, p, dValue, dLogDet, dx, dp, { ...ownAffine, inverse, ...form });
            for (let i = 0; i < count; i++) {
              const [input, shift, raw] = [values.x[i], values.p[2 * i], values.p[2 * i + 1]] as [
                number,
                number,
                number,
              ];
              const [dy, dl] = [dValue[i], dLogDet[i]] as [number, number];
              const sign = inverse ? -1 : 1;
              const log = (r: number): number => sign * Math.log(scaleOf(r));
              const factor = Math.exp(log(raw));
              const [moved, offset] = inverse ? [input * factor, -shift * factor] : [input * factor, shift];
              const size = Math.abs(moved) + Math.abs(offset);
              const near = (actual: number | undefined, expected: number, largest: number): void => {
                const error = Math.abs((actual as number) - expected);
                if (!(error <= rounding * 2 * largest + 1e-12)) {
                  expect.fail(`${[form.scale, inverse, raw]}: ${actual} for ${expected}`);
                }
              };
              near(y[i], moved + offset, size);
              near(logDet[i], log(raw), Math.max(1, Math.abs(log(raw))));
              near(dx[i], dy * factor, Math.abs(dy * factor));
              near(dp[2 * i], inverse ? -dy * factor : dy, Math.abs(dy) * (inverse ? factor : 1));
              // Of differences little is left where the scale hardly changes, and a clip has no second derivative at 0.
              const step = 1e-3 * Math.max(1, Math.abs(raw) / 10);
              if (Math.abs(raw) <= 2 * step) continue;
              const loss = (r: number): number => {
                const f = Math.exp(log(r));
                return dy * (inverse ? (input - shift) * f : input * f + shift) + dl * log(r);
              };
              const [far, below, above, beyond] = [-2, -1, 1, 2].map((k) => loss(raw + k * step)) as [
                number,
                number,
                number,
                number,
              ];
              const slope = (far - 8 * below + 8 * above - beyond) / (12 * step);
              near(dp[2 * i + 1], slope, Math.abs(dy) * size + Math.abs(dl));
            }
            expect(bench.finish()).toBe(true);
          }
        }
      }
    });

    test("the log-density of standard normals and its gradient", () => {
      const bench = new Bench(name);
      for (const size of LENGTHS) {
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
