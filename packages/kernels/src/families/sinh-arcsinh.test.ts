import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";
import { sinhArcsinhScratchSize } from "./normals.ts";

const next = generator(5);

/** y and log dy/dx of x in float64, by the definition; or with `inverse` x and log dx/dy of y. */
function definition(x: number, skewness: number, logTailWeight: number, inverse: boolean): [number, number] {
  const delta = Math.exp(logTailWeight);
  if (inverse) {
    const z = Math.asinh(x);
    const y = Math.sinh(z / delta - skewness);
    return [y, Math.log(Math.sqrt(1 + y * y) / (delta * Math.cosh(z)))];
  }
  const z = delta * (Math.asinh(x) + skewness);
  return [Math.sinh(z), Math.log((delta * Math.cosh(z)) / Math.sqrt(1 + x * x))];
}

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    // The scalar kernels round once, at the end; the others at each function.
    const rounding = name === "scalar" ? 1e-7 : 6e-7;

    test.each([false, true])(
      "the map is its definition in float64, gradients are finite differences, inverse %s",
      (inverse) => {
        const bench = new Bench(name);
        for (let columns = 1; columns <= 9; columns++) {
          for (let rows = 1; rows <= 7; rows++) {
            const count = rows * columns;
            const x = bench.array(random(next, count, [1e-2, 3, 100][rows % 3]));
            const [skewness, logTailWeight] = [
              bench.array(random(next, columns)),
              bench.array(random(next, columns, 0.7)),
            ];
            const [dValue, dLog] = [bench.array(random(next, count)), bench.array(random(next, count))];
            const [y, logSlopes, dx] = [bench.array(count), bench.array(count), bench.array(count)];
            const [dSkewness, dLogTailWeight] = [bench.array(columns), bench.array(columns)];
            const scratch = bench.array(sinhArcsinhScratchSize(columns));
            const map = { skewness, logTailWeight, inverse };
            bench.kernels.sinhArcsinhForward(x, map, y, logSlopes, scratch);
            const gradients = { x: dx, skewness: dSkewness, logTailWeight: dLogTailWeight };
            bench.kernels.sinhArcsinhGradient(x, y, map, dValue, dLog, gradients, scratch);
            const near = (actual: number | undefined, expected: number, size: number): void => {
              const error = Math.abs((actual as number) - expected);
              if (!(error <= rounding * size)) expect.fail(`expected ${expected}, got ${actual}`);
            };
            for (let j = 0; j < columns; j++) {
              const own = [skewness[j], logTailWeight[j]] as [number, number];
              const [sums, sizes] = [
                [0, 0],
                [0, 0],
              ];
              for (let i = j; i < count; i += columns) {
                const input = x[i] as number;
                const [value, logSlope] = definition(input, ...own, inverse);
                // A rounding of what is added up in the argument of sinh.
                const [skew, logDelta] = own;
                const argument = Math.abs(Math.asinh(value)) + Math.abs(skew) * (inverse ? 1 : Math.exp(logDelta));
                const steepness = Math.sqrt(1 + value * value) * argument;
                near(y[i], value, steepness);
                near(logSlopes[i], logSlope, 2 + Math.abs(Math.asinh(value)) + Math.abs(Math.asinh(input)));
                const loss = (at: readonly number[]): number => {
                  const [v, l] = definition(at[0] as number, at[1] as number, at[2] as number, inverse);
                  return (dValue[i] as number) * v + (dLog[i] as number) * l;
                };
                const size =
                  (Math.abs(dValue[i] as number) * (Math.abs(value) + 1 + steepness) + Math.abs(dLog[i] as number)) * 8;
                for (const k of [0, 1, 2]) {
                  const slope = slopeOf(loss, [input, ...own], k);
                  if (k === 0) near(dx[i], slope, size / Math.sqrt(1 + input * input) + 1e-3);
                  else {
                    sums[k - 1] = (sums[k - 1] as number) + slope;
                    sizes[k - 1] = (sizes[k - 1] as number) + size;
                  }
                }
              }
              near(dSkewness[j], sums[0] as number, sizes[0] as number);
              near(dLogTailWeight[j], sums[1] as number, (sizes[1] as number) * (1 + Math.abs(own[0])));
            }
            expect(bench.finish()).toBe(true);
          }
        }
      },
    );

    test("zeros are the identity from the smallest to the largest number; infinities and NaN come through", () => {
      const bench = new Bench(name);
      const sizes = Array.from({ length: 76 }, (_, i) => 10 ** (i - 37));
      const inputs = [...sizes, ...sizes.map((v) => -v), 3.4e38, 1e10, 0];
      const ends = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
      for (const inverse of [false, true]) {
        const x = bench.array([...inputs, ...ends]);
        const [y, logSlopes] = [bench.array(x.length), bench.array(x.length)];
        const map = { skewness: bench.array([0]), logTailWeight: bench.array([0]), inverse };
        bench.kernels.sinhArcsinhForward(x, map, y, logSlopes, bench.array(sinhArcsinhScratchSize(1)));
        for (let i = 0; i < inputs.length; i++) {
          const input = x[i] as number;
          expect(logSlopes[i], `${input}`).toBeCloseTo(0, 12);
          const error = Math.abs((y[i] as number) - input);
          expect(error, `${input}`).toBeLessThanOrEqual(rounding * (1 + Math.abs(Math.asinh(input))) * Math.abs(input));
          expect(Math.sign(y[i] as number)).toBe(Math.sign(input));
        }
        expect([...y.subarray(-3)]).toEqual(ends);
        expect([...logSlopes.subarray(-3)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
        expect(bench.finish()).toBe(true);
      }
    });

    test("a gradient that nobody wants is not written", () => {
      const bench = new Bench(name);
      const [x, d] = [bench.array([0.5, -2, 1, 3, -1, 0.1]), bench.array([1, 2, 3, 4, 5, 6])];
      const map = { skewness: bench.array([0.3, -1]), logTailWeight: bench.array([0.5, -0.2]), inverse: false };
      const scratch = bench.array(sinhArcsinhScratchSize(2));
      const y = bench.array(6);
      bench.kernels.sinhArcsinhForward(x, map, y, bench.array(6), scratch);
      const all = { x: bench.array(6), skewness: bench.array(2), logTailWeight: bench.array(2) };
      bench.kernels.sinhArcsinhGradient(x, y, map, d, d, all, scratch);
      for (const key of ["x", "skewness", "logTailWeight"] as const) {
        const alone = bench.array(all[key].length);
        bench.kernels.sinhArcsinhGradient(x, y, map, d, d, { [key]: alone }, scratch);
        expect(alone).toEqual(all[key]);
      }
      bench.kernels.sinhArcsinhGradient(x, y, map, d, d, {}, scratch);
      expect(bench.finish()).toBe(true);
    });
  });
}

/** The derivative by one of some numbers. */
function slopeOf(loss: (at: readonly number[]) => number, at: readonly number[], k: number): number {
  const step = 1e-3 * Math.max(1, Math.abs(at[k] as number));
  const moved = (by: number): number => loss(at.map((v, j) => (j === k ? v + by * step : v)));
  return (moved(-2) - 8 * moved(-1) + 8 * moved(1) - moved(2)) / (12 * step);
}
