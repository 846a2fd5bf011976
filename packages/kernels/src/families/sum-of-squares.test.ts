import type { SumOfSquaresSettings } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";
import { sumOfSquaresScratchSize } from "./maps.ts";

const next = generator(5);
const own: SumOfSquaresSettings = {
  polynomials: 3,
  degree: 4,
  bound: 5,
  unit: 5,
  scale: 0.999,
  slope: 1e-3,
  constants: "spread",
};

/** y and log dy/dx of x in float64, the integral by Simpson’s rule. */
function definition(
  x: number,
  parameters: readonly number[],
  { polynomials, degree, bound, unit, scale, slope, constants }: SumOfSquaresSettings,
): [number, number] {
  const slopeAt = (u: number): number => {
    let sum = 0;
    for (let k = 0; k < polynomials; k++) {
      let value = constants === "ones" ? 1 : Math.sqrt((2 * (k + 1)) / (polynomials + 1));
      for (let j = 0; j <= degree; j++) value += (parameters[k * (degree + 1) + j] as number) * (u / unit) ** j;
      sum += value * value;
    }
    return slope + (scale / polynomials) * sum;
  };
  const inside = Math.min(Math.max(x, -bound), bound);
  let integral = 0;

  const intervals = 200;
  for (let i = 0; i <= intervals; i++) {
    const weight = i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2;
    integral += (weight * slopeAt((inside * i) / intervals) * inside) / (3 * intervals);
  }
  const atEnd = slopeAt(inside);
  return [(parameters.at(-1) as number) + integral + (x - inside) * atEnd, Math.log(atEnd)];
}

const forms: readonly Partial<SumOfSquaresSettings>[] = [
  {},
  { constants: "ones", scale: 1, unit: 2, degree: 1 },
  { bound: 2, unit: 1, polynomials: 1, slope: 0.1, degree: 3 },
  { degree: 6, polynomials: 2 },
];

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    test.each(forms)("the map is its definition in float64, gradients are finite differences, %j", (form) => {
      const settings = { ...own, ...form };
      const size = settings.polynomials * (settings.degree + 1) + 1;
      const bench = new Bench(name);
      for (let count = 1; count <= 5; count++) {
        // Inside and on the lines outside.
        const x = bench.array(random(next, count, 1.5 * settings.bound));
        const p = bench.array(random(next, count * size));
        const [dValue, dLog] = [bench.array(random(next, count)), bench.array(random(next, count))];
        const [y, logDet, dx] = [bench.array(count), bench.array(count), bench.array(count)];
        const dp = bench.array(count * size);
        const scratch = bench.array(sumOfSquaresScratchSize(settings));
        bench.kernels.sumOfSquaresForward(x, p, y, logDet, settings, scratch);
        bench.kernels.sumOfSquaresGradient(x, p, dValue, dLog, dx, dp, settings, scratch);
        for (let i = 0; i < count; i++) {
          const at = [x[i] as number, ...p.subarray(i * size, (i + 1) * size)];
          const near = (actual: number | undefined, expected: number, tolerance: number): void => {
            const error = Math.abs((actual as number) - expected);
            expect(error, `${at}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
          };
          const [value, logSlope] = definition(at[0] as number, at.slice(1), settings);
          near(y[i], value, 2e-7);
          near(logDet[i], logSlope, 2e-7);
          const loss = (numbers: readonly number[]): number => {
            const [v, l] = definition(numbers[0] as number, numbers.slice(1), settings);
            return (dValue[i] as number) * v + (dLog[i] as number) * l;
          };
          const got = [dx[i] as number, ...dp.subarray(i * size, (i + 1) * size)];
          for (const [k, gradient] of got.entries()) near(gradient, slopeOf(loss, at, k), 1e-6);
        }
        expect(bench.finish()).toBe(true);
      }
    });

    test("zeros are the identity, from the smallest to the largest number; infinities and NaN come through", () => {
      const bench = new Bench(name);
      const inputs = [1e-30, -3, 5, -5, 7, -1e10, 3e38];
      const ends = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
      const x = bench.array([...inputs, ...ends]);
      const p = bench.array(16 * x.length).fill(0);
      const [y, logDet, dx, dp] = [x.length, x.length, x.length, p.length].map((size) => bench.array(size)) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const scratch = bench.array(sumOfSquaresScratchSize(own));
      bench.kernels.sumOfSquaresForward(x, p, y, logDet, own, scratch);
      for (let i = 0; i < inputs.length; i++) {
        expect(Math.abs((y[i] as number) / (x[i] as number) - 1)).toBeLessThan(2e-7);
        expect(Math.abs(logDet[i] as number)).toBeLessThan(1e-7);
      }
      expect([...y.subarray(inputs.length)]).toEqual(ends);
      // At ±∞ the value has no gradient but that of x.
      const [ones, zeros] = [bench.array(x.map(() => 1)), bench.array(x.map(() => 0))];
      bench.kernels.sumOfSquaresGradient(x, p, ones, zeros, dx, dp, own, scratch);
      const at = inputs.length * 16;
      expect([dx[inputs.length], ...dp.subarray(at, at + 16)]).toEqual([1, ...new Array(16).fill(0)]);
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
