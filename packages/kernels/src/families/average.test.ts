import { describe, expect, test } from "vitest";
import { DEEP, LENGTHS, WASM_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";
import type { WasmKernels } from "../index.ts";

const sizes = [...LENGTHS, DEEP ? 1000 : 100];
const { fround } = Math;

describe.each(WASM_BUILDS)("%s", (name) => {
  test("ten moves of an average give the bits of float32 in this order, and touch nothing behind it", () => {
    for (const count of sizes) {
      const next = generator(count);
      const bench = new Bench(name);
      const average = bench.array(random(next, count));
      const values = bench.array(count);
      const expected = average.slice();
      for (const decay of [2 / 11, 3 / 12, 0.9, 0.5, 0, 0.99, 0.999, 1 - 1e-7, 0.49, 0.95]) {
        values.set(random(next, count, decay === 0.5 ? 1e30 : 10));
        const before = values.slice();
        (bench.kernels as WasmKernels).moveAverage(average, 0, values, decay);
        for (const [i, a] of expected.entries()) {
          const v = values[i] as number;
          expected[i] =
            decay < 0.5
              ? fround(v + fround(fround(decay) * fround(a - v)))
              : fround(a + fround(fround(1 - decay) * fround(v - a)));
        }
        expect(average).toEqual(expected);
        expect(values).toEqual(before);
      }
      expect(bench.finish()).toBe(true);
    }
  });

  test("what does not move has its own value as average, bit for bit", () => {
    const bench = new Bench(name);
    const values = Float32Array.of(0.1, -0.3, 1e-40, 3e38, -3e38, 0, 1 / 3);
    const [average, still] = [bench.array(values), bench.array(values)];
    for (const decay of [0, 0.1, 0.5, 0.99]) {
      (bench.kernels as WasmKernels).moveAverage(average, 0, still, decay);
      expect(average).toEqual(values);
    }
  });

  test("only a part of the averages moves", () => {
    const bench = new Bench(name);
    for (let start = 0; start < 5; start++) {
      const [averages, values] = [bench.array(new Float32Array(14)), bench.array(new Float32Array(9).fill(4))];
      (bench.kernels as WasmKernels).moveAverage(averages, start, values, 0.75);
      for (const [i, value] of averages.entries()) expect(value).toBe(i >= start && i < start + 9 ? 1 : 0);
    }
    expect(bench.finish()).toBe(true);
  });

  test("decay 0 takes the values as they are", () => {
    const bench = new Bench(name);
    const [average, values] = [bench.array([1, 2, 3, 4, 5]), bench.array([1e-9, 0.1, 1e9, -4, 1 / 3])];
    (bench.kernels as WasmKernels).moveAverage(average, 0, values, 0);
    expect(average).toEqual(values);
  });

  test("NaN and Infinity are not hidden", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (let at = 0; at < 7; at++) {
        const bench = new Bench(name);
        const [average, values] = [bench.array(new Float32Array(7)), bench.array(new Float32Array(7))];
        values[at] = bad;
        (bench.kernels as WasmKernels).moveAverage(average, 0, values, 0.5);
        for (const [i, value] of average.entries()) expect(value).toBe(i === at ? bad : 0);
      }
    }
  });
});
