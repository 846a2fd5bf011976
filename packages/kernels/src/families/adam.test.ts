import type { AdamSettings } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { DEEP, LENGTHS, WASM_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";
import type { WasmKernels } from "../index.ts";

const sizes = [...LENGTHS, DEEP ? 1000 : 100];

/** The step in float32, in the order of operations that fixes its bits. */
function expectedStep(
  state: { values: Float32Array; first: Float32Array; second: Float32Array },
  gradient: Float32Array,
  { beta1, beta2, epsilon, keep, stepSize, rootScale, scale, floor1, floor2 }: AdamSettings,
): void {
  const { fround } = Math;
  const between = (from: number, to: number, weight: number): number =>
    fround(from + fround(weight * fround(to - from)));
  const moving = (mean: number, next: number, beta: number): number =>
    beta < 0.5 ? between(next, mean, fround(beta)) : between(mean, next, fround(1 - beta));
  for (let i = 0; i < gradient.length; i++) {
    const [x, m, v] = [state.values[i], state.first[i], state.second[i]] as [number, number, number];
    const g = fround((gradient[i] as number) * scale);
    const [movedM, movedV] = [moving(m, g, beta1), moving(v, fround(g * g), beta2)];
    const nextM = Math.abs(movedM) < floor1 ? 0 : movedM;
    const nextV = movedV < floor2 ? 0 : movedV;
    state.first[i] = nextM;
    state.second[i] = nextV;
    const root = fround(fround(fround(Math.sqrt(nextV)) * rootScale) + epsilon);
    state.values[i] = fround(fround(x * keep) - fround(stepSize * fround(nextM / root)));
  }
}

/** The sum of squares in eight sums. */
function expectedNorm(values: Float32Array): number {
  const sums = new Float64Array(8);
  const whole = values.length - (values.length % 8);
  for (let i = 0; i < whole; i++) sums[i % 8] = (sums[i % 8] as number) + (values[i] as number) ** 2;
  const lane = (i: number): number =>
    (sums[i] as number) + (sums[i + 2] as number) + ((sums[i + 4] as number) + (sums[i + 6] as number));
  let rest = 0;
  for (let i = whole; i < values.length; i++) rest += (values[i] as number) ** 2;
  return lane(0) + lane(1) + rest;
}

for (const name of WASM_BUILDS) {
  describe(name, () => {
    test("ten steps of Adam give the bits of TypeScript", () => {
      for (const count of sizes) {
        const next = generator(count);
        const bench = new Bench(name);
        const kernels = bench.kernels as WasmKernels;
        const values = bench.array(random(next, count));
        const expected = {
          values: values.slice(),
          first: new Float32Array(count),
          second: new Float32Array(count),
        };
        const [first, second, moved] = [0, 0, 0].map(() => bench.array(new Float32Array(count))) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        for (let t = 1; t <= 10; t++) {
          const gradient = bench.array(random(next, count, t % 3 === 0 ? 1e-20 : 10));
          // Weights behind a mask.
          gradient.fill(0, Math.floor(count / 3), Math.floor((2 * count) / 3));
          const [beta1, beta2] = count % 3 === 0 ? [0.1, 0.4] : [0.9, 0.999];
          const { fround } = Math;
          const settings = {
            beta1,
            beta2,
            epsilon: fround(1e-8),
            keep: count % 2 === 0 ? 1 : fround(1 - 1e-3),
            stepSize: fround(0.01 / (1 - beta1 ** t)),
            rootScale: fround(1 / Math.sqrt(1 - beta2 ** t)),
            scale: fround(0.37),
            floor1: count % 5 === 0 ? 0 : 1e-3,
            floor2: count % 5 === 0 ? 0 : 1e-6,
          };
          const target = t % 2 === 0 ? values : moved;
          expect(kernels.squaredNorm(gradient)).toBe(expectedNorm(gradient));
          expect(kernels.adamStep(values, gradient, first, second, target, settings)).toBe(true);
          values.set(target);
          expectedStep(expected, gradient, settings);
        }
        expect({ values: values.slice(), first: first.slice(), second: second.slice() }).toEqual(expected);
        expect(bench.finish()).toBe(true);
      }
    });

    test("a value that is not finite is noticed wherever it is", () => {
      const settings = {
        beta1: 0,
        beta2: 0,
        epsilon: 1,
        keep: 1,
        stepSize: 1,
        rootScale: 1,
        scale: 1,
        floor1: 0,
        floor2: 0,
      };
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        for (let at = 0; at < 7; at++) {
          const bench = new Bench(name);
          const kernels = bench.kernels as WasmKernels;
          const zeros = (): Float32Array => bench.array(new Float32Array(7));
          const [values, gradient] = [zeros(), zeros()];
          expect(kernels.adamStep(values, gradient, zeros(), zeros(), zeros(), settings)).toBe(true);
          values[at] = bad;
          expect(kernels.adamStep(values, gradient, zeros(), zeros(), zeros(), settings)).toBe(false);
        }
      }
    });
  });
}
