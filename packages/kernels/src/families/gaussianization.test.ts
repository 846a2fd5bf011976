import type { GaussianizationSettings } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";
import { gaussianizationScratchSize } from "./normals.ts";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
const own: GaussianizationSettings = { components: 3, weights: "learned", limit: 5, spread: 1.5, epsilon: 0 };
const next = generator(5);

/** log Φ(−u), by the series of Φ near 0 and a continued fraction far from it. */
function logTail(u: number): number {
  if (u < -3) return Math.log1p(-Math.exp(logTail(-u)));
  if (u < 3) {
    let [term, sum] = [u, u];
    for (let n = 3; n < 120; n += 2) {
      term *= (u * u) / n;
      sum += term;
    }
    return Math.log(0.5 - sum * Math.exp(-0.5 * u * u - HALF_LOG_TWO_PI));
  }
  let value = u;
  for (let n = 100; n > 0; n--) value = u + n / value;
  return -0.5 * u * u - HALF_LOG_TWO_PI - Math.log(value);
}

function logSum(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, v) => sum + Math.exp(v - largest), 0));
}

/** y and log dy/dx of x in float64, by the definition, for |y| below 30. */
function definition(
  x: number,
  parameters: readonly number[],
  { components, weights, limit, spread, epsilon }: GaussianizationSettings,
): [number, number] {
  const part = (index: number): number[] => parameters.slice(index * components, (index + 1) * components);
  const scale = Math.sqrt(1 - (spread ** 2 * (1 - components ** -2)) / 3);
  const logScale = part(1).map((raw) => (limit > 0 ? limit * Math.tanh(raw / limit) : raw) - Math.log(scale));
  const logits = weights === "learned" ? part(2) : part(1).map(() => 0);
  const logWeight = logits.map((logit) => logit - logSum(logits));
  const z = part(0).map((shift, k) => {
    return Math.exp(logScale[k] as number) * x + shift - (spread * ((2 * k + 1) / components - 1)) / scale;
  });
  const tail = (sign: 1 | -1): number => {
    const log = logSum(z.map((v, k) => (logWeight[k] as number) + logTail(sign * v)));
    return epsilon === 0 ? log : Math.log((1 - epsilon) * Math.exp(log) + epsilon / 2);
  };
  const [upper, lower] = [tail(1), tail(-1)];
  const least = Math.min(upper, lower);
  // The Newton iteration for a concave function, from outside.
  let u = Math.sqrt(-2 * least);
  for (let i = 0; i < 60; i++) u += (logTail(u) - least) * Math.exp(logTail(u) + 0.5 * u * u + HALF_LOG_TWO_PI);
  const logDensity = logSum(z.map((v, k) => (logWeight[k] as number) + (logScale[k] as number) - 0.5 * v * v));
  return [upper < lower ? u : -u, logDensity + Math.log1p(-epsilon) + 0.5 * u * u];
}

const forms: readonly Partial<GaussianizationSettings>[] = [
  {},
  { weights: "equal", limit: 0, spread: 0, epsilon: 1e-6 },
  { epsilon: 1e-2 },
  { weights: "equal" },
];

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    test.each(forms)("the map is its definition in float64, gradients are finite differences, %j", (form) => {
      const bench = new Bench(name);
      for (const components of [1, 2, 5]) {
        for (let count = 1; count <= 5; count++) {
          const settings = { ...own, ...form, components };
          const size = (settings.weights === "learned" ? 3 : 2) * components;
          const x = bench.array(random(next, count, [0.5, 3, 8][count % 3]));
          const p = bench.array(random(next, count * size));
          const [dValue, dLog] = [bench.array(random(next, count)), bench.array(random(next, count))];
          const [y, logDet, dx] = [bench.array(count), bench.array(count), bench.array(count)];
          const dp = bench.array(count * size);
          const scratch = bench.array(gaussianizationScratchSize(components));
          bench.kernels.gaussianizationForward(x, p, y, logDet, settings, scratch);
          bench.kernels.gaussianizationGradient(x, p, dValue, dLog, dx, dp, settings, scratch);
          for (let i = 0; i < count; i++) {
            const at = [x[i] as number, ...p.subarray(i * size, (i + 1) * size)];
            const [value, logSlope] = definition(at[0] as number, at.slice(1), settings);
            expect(Math.abs((y[i] as number) - value)).toBeLessThanOrEqual(2e-7 * Math.max(1, Math.abs(value)));
            expect(Math.abs((logDet[i] as number) - logSlope)).toBeLessThanOrEqual(
              2e-7 * Math.max(1, Math.abs(logSlope)),
            );
            const loss = (numbers: readonly number[]): number => {
              const [v, l] = definition(numbers[0] as number, numbers.slice(1), settings);
              return (dValue[i] as number) * v + (dLog[i] as number) * l;
            };
            const got = [dx[i] as number, ...dp.subarray(i * size, (i + 1) * size)];
            for (const [k, gradient] of got.entries()) {
              const slope = slopeOf(loss, at, k);
              expect(Math.abs(gradient - slope), `${at} ${k}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(slope)));
            }
          }
          expect(bench.finish()).toBe(true);
        }
      }
    });

    test.each([2, 5, 6])(
      "columns whose rows have the same parameters, or not, are the same numbers, %i rows",
      (rows) => {
        const bench = new Bench(name);
        const [columns, size] = [3, 9];
        const count = rows * columns;
        const x = bench.array(random(next, count, 3));
        const shared = random(next, columns * size);
        const p = bench.array(count * size).map((_, i) => shared[i % (columns * size)] as number);
        const parameters = bench.array(p);
        // One row differs, in the last parameter of one column.
        parameters[(rows - 1) * columns * size + size - 1] = 2;
        const [dValue, dLog] = [bench.array(random(next, count)), bench.array(random(next, count))];
        const scratch = bench.array(gaussianizationScratchSize(3));
        const [alone, together] = [1, columns].map((width) => {
          const settings = { ...own, columns: width };
          const [y, logDet, dx, dp] = [count, count, count, count * size].map((n) => bench.array(n)) as [
            Float32Array,
            Float32Array,
            Float32Array,
            Float32Array,
          ];
          bench.kernels.gaussianizationForward(x, parameters, y, logDet, settings, scratch);
          bench.kernels.gaussianizationGradient(x, parameters, dValue, dLog, dx, dp, settings, scratch);
          return [y, logDet, dx, dp];
        });
        expect(together).toEqual(alone);
        expect(bench.finish()).toBe(true);
      },
    );

    // mpmath 1.3, 180 digits, parameters 1.5·sin(1.7·i + 0.3).
    test("both tails are right as far as float32 goes", () => {
      const bench = new Bench(name);
      const expected = [
        [-6, -2.485539092, -1.122746477],
        [0.4, -0.456513378, 0.959312084],
        [-1e30, -5.545981441e29, -0.5895115073],
        [-1000000000.0, -554598133.5, -0.5895115073],
        [-20000, -11089.78765, -0.5895115314],
        [-300, -164.2221242, -0.5896212015],
        [-40, -20.15554414, -0.5967931567],
        [-12, -5.074893009, -0.7050927226],
        [15, 10.77014691, -0.6150170129],
        [60, 35.53450349, -0.5918543041],
        [1000, 556.7787802, -0.5895210502],
        [10000000.0, 5545983.532, -0.5895115073],
        [1e20, 5.545981468e19, -0.5895115073],
      ] as const;
      const x = bench.array(expected.map(([input]) => input));
      const raw = Array.from({ length: 9 }, (_, i) => 1.5 * Math.sin(1.7 * i + 0.3));
      const p = bench.array(expected.flatMap(() => raw));
      const [y, logDet] = [bench.array(x.length), bench.array(x.length)];
      bench.kernels.gaussianizationForward(x, p, y, logDet, own, bench.array(gaussianizationScratchSize(3)));
      for (const [i, [, value, logSlope]] of expected.entries()) {
        expect(Math.abs((y[i] as number) / value - 1), `${x[i]}`).toBeLessThan(2e-7);
        expect(Math.abs((logDet[i] as number) - logSlope), `${x[i]}`).toBeLessThan(
          2e-7 * Math.max(1, Math.abs(logSlope)),
        );
      }
      // Of y alone, the gradient of x is the slope.
      const [dx, dp] = [bench.array(x.length), bench.array(p.length)];
      const [ones, zeros] = [bench.array(x.map(() => 1)), bench.array(x.map(() => 0))];
      bench.kernels.gaussianizationGradient(x, p, ones, zeros, dx, dp, own, bench.array(gaussianizationScratchSize(3)));
      for (const [i, [, , logSlope]] of expected.entries()) {
        expect(Math.abs((dx[i] as number) / Math.exp(logSlope) - 1), `${x[i]}`).toBeLessThan(1e-6);
      }
      expect(bench.finish()).toBe(true);
    });

    test("infinities and NaN come through; a weight may be too small for float64", () => {
      const bench = new Bench(name);
      const x = bench.array([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1, 50]);
      const p = bench.array(9 * 5).fill(0);
      p[9 * 3 + 2] = Number.NaN;
      p[9 * 4 + 6] = -1000;
      const [y, logDet] = [bench.array(5), bench.array(5)];
      const scratch = bench.array(gaussianizationScratchSize(3));
      bench.kernels.gaussianizationForward(x, p, y, logDet, own, scratch);
      expect([...y.subarray(0, 4)]).toEqual([
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.NaN,
        Number.NaN,
      ]);
      expect([...logDet].map(Number.isNaN)).toEqual([false, false, true, true, false]);
      expect(y[4]).toBeGreaterThan(40);
      expect(bench.finish()).toBe(true);
    });
  });
}

/** The derivative by one number, to the fourth order. */
function slopeOf(f: (at: readonly number[]) => number, at: readonly number[], k: number): number {
  const h = 2e-4;
  const [far, below, above, beyond] = [-2, -1, 1, 2].map((step) =>
    f(at.map((v, j) => (j === k ? v + step * h : v))),
  ) as [number, number, number, number];
  return (far - 8 * below + 8 * above - beyond) / (12 * h);
}
