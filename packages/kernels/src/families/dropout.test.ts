import { createKey, type Key } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS, LENGTHS } from "../../../testing/test/deep.ts";
import { Bench, firstDifference, generator, random } from "../../test/arrays.ts";

/** What dropout multiplies by, from its definition. */
function masked(key: Key, rate: number, count: number): Float32Array {
  const words = key.bits(Math.ceil(count / 2));
  const limit = Math.min(65535, Math.round(rate * 65536));
  return Float32Array.from({ length: count }, (_, i) => {
    const word = words[Math.floor(i / 2)] as number;
    const bits = i % 2 === 0 ? word % 65536 : Math.floor(word / 65536);
    return bits < limit ? 0 : 65536 / (65536 - limit);
  });
}

describe.each(KERNEL_BUILDS)("%s", (name) => {
  const bench = new Bench(name);
  const drawn = (key: Key, firstBlock: number, rate: number, count: number): Float32Array => {
    const out = bench.array(count);
    bench.kernels.dropoutMask(...key.words, firstBlock, rate, out, bench.array(16));
    expect(bench.finish()).toBe(true);
    return out.slice();
  };

  test("what is dropped is in the bits of the key, from any block on", () => {
    for (const key of [createKey(0), createKey(-7), createKey("any").fold(3)]) {
      for (const count of [...Array.from({ length: 33 }, (_, i) => i + 1), 1000, 4099]) {
        for (const rate of [0.1, 0.5, 1 / 3]) {
          expect(firstDifference(drawn(key, 0, rate, count), masked(key, rate, count))).toBeUndefined();
          const later = masked(key, rate, 20 + count).subarray(20);
          expect(firstDifference(drawn(key, 5, rate, count), later)).toBeUndefined();
        }
      }
    }
  });

  test("the share is the rate and the mean is 1, also at the ends of the range", () => {
    const count = 200_000;
    for (const rate of [0.02, 0.1, 0.5, 0.9]) {
      const values = drawn(createKey(3), 0, rate, count);
      const share = values.filter((value) => value === 0).length / count;
      expect(Math.abs(share - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / count));
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(rate / (1 - rate) / count));
    }
    expect(new Set(drawn(createKey(3), 0, 0, 1000))).toEqual(new Set([1]));
    expect(drawn(createKey(3), 0, 1 - 2 ** -53, 1000).every((value) => value === 0 || value === 65536)).toBe(true);
  });

  test("products of arrays, in place as well", () => {
    const next = generator(3);
    for (const count of LENGTHS) {
      const [a, b] = [random(next, count), random(next, count)];
      b[0] = Number.NaN;
      const expected = a.map((value, i) => value * (b[i] as number));
      const [values, factors, to] = [bench.array(a), bench.array(b), bench.array(count)];
      bench.kernels.multiply(values, factors, to);
      expect(to).toEqual(expected);
      bench.kernels.multiply(values, factors, values);
      expect(values).toEqual(expected);
      expect(bench.finish()).toBe(true);
    }
  });
});
