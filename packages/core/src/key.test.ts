import { describe, expect, test } from "vitest";
import { quarter } from "../../testing/test/deep.ts";
import { createKey, type Key, OptionError } from "./index.ts";
import { threefry2x32 } from "./key.ts";
import { keyFromWords, normalQuantile } from "./plain.ts";

const hex = (words: readonly number[]): string => words.map((w) => w.toString(16).padStart(8, "0")).join(" ");

describe("threefry2x32 with 20 rounds", () => {
  // Known-answer vectors of Random123 (Salmon et al. 2011), file kat_vectors.
  test.each([
    [[0, 0], [0, 0], "6b200159 99ba4efe"],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], "1cb996fc bb002be7"],
    [[0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3], "c4923a9c 483df7a0"],
  ] as const)("key %j, counter %j", ([k0, k1], [c0, c1], expected) => {
    expect(hex(threefry2x32(k0, k1, c0, c1))).toBe(expected);
  });

  test("a key draws the blocks of its counter in order", () => {
    // Seed 0 is the key (0, 0); its first block is the first vector. Uniforms keep the upper 24 bits.
    const [a, b] = createKey(0).uniform(2);
    expect(a).toBe((0x6b200159 >>> 8) * 2 ** -24);
    expect(b).toBe((0x99ba4efe >>> 8) * 2 ** -24);
  });
});

describe("a key", () => {
  test("has the halves of its seed as words, from which its draws follow", () => {
    expect(createKey(3 * 2 ** 32 + 5).words).toEqual([3, 5]);
    const key = createKey("words").fold(1);
    expect(hex([...key.uniform(2)].map((u) => (u * 2 ** 24) << 8).map((w) => w >>> 8))).toBe(
      hex(threefry2x32(...key.words, 0, 0).map((w) => w >>> 8)),
    );
  });

  test("is made of its words again, also where no seed has them", () => {
    const key = createKey(-1).fold("a");
    const again = keyFromWords(structuredClone(key.words));
    expect(again.words).toEqual(key.words);
    expect(again.fold("b").normal(3)).toEqual(key.fold("b").normal(3));
  });

  const seeds = [0, 1, -1, 7, 2 ** 32, 2 ** 32 + 1, -(2 ** 32), Number.MAX_SAFE_INTEGER, "", "a", "b", "ab", "é", "0"];

  test("of each seed draws other numbers, and the same ones again", () => {
    const streams = seeds.map((seed) => [...createKey(seed).uniform(8)].join());
    expect(new Set(streams).size).toBe(seeds.length);
    expect(seeds.map((seed) => [...createKey(seed).uniform(8)].join())).toEqual(streams);
    expect([...createKey(-0).uniform(3)]).toEqual([...createKey(0).uniform(3)]);
  });

  test("is not changed by drawing, splitting or folding", () => {
    const key = createKey(3);
    const first = [...key.normal(5)];
    key.split(3);
    key.fold("x");
    key.uniform(9);
    expect([...key.normal(5)]).toEqual(first);
  });

  test("draws a prefix of what it draws when asked for more", () => {
    const key = createKey("prefix");
    expect([...key.normal(7)]).toEqual([...key.normal(1001).slice(0, 7)]);
    expect([...key.uniform(6)]).toEqual([...key.uniform(7).slice(0, 6)]);
    expect(key.split(5).map(draw).slice(0, 3)).toEqual(key.split(3).map(draw));
  });

  test("has children that differ from it and from each other", () => {
    const key = createKey(11);
    const folds = [0, 1, -1, 2 ** 32, "0", "1", "", "layer", "layer\0", "abcd", "abcde"].map((d) => key.fold(d));
    const family = [
      key,
      ...key.split(4),
      ...folds,
      key.fold(0).fold(0),
      ...key.fold(0).split(),
      ...createKey(12).split(4),
    ];
    expect(new Set(family.map(draw)).size).toBe(family.length);
    expect(key.split()).toHaveLength(2);
    expect(key.split(0)).toEqual([]);
  });

  test("gives empty arrays for a count of 0", () => {
    const key = createKey(1);
    expect([key.uniform(0).length, key.normal(0).length, key.permutation(0).length]).toEqual([0, 0, 0]);
    expect([...key.permutation(1)]).toEqual([0]);
  });

  test.each([
    [() => createKey(0.5), "createKey: expected a safe integer or a string as seed, got 0.5."],
    [() => createKey(Number.NaN), "createKey: expected a safe integer or a string as seed, got NaN."],
    [() => createKey(2 ** 53), "createKey: expected a safe integer or a string as seed, got 9007199254740992."],
    [() => createKey(1).fold(1.5), "Key.fold: expected a safe integer or a string, got 1.5."],
    [() => createKey(1).uniform(-1), "Key.uniform: expected a count of at least 0, got -1."],
    [() => createKey(1).normal(1.5), "Key.normal: expected a count of at least 0, got 1.5."],
    [() => createKey(1).split(Number.NaN), "Key.split: expected a count of at least 0, got NaN."],
    [() => createKey(1).permutation(-1), "Key.permutation: expected a count of at least 0, got -1."],
    [() => createKey(1).permutation(1.5), "Key.permutation: expected a count of at least 0, got 1.5."],
  ])("refuses %s", (call, message) => {
    expect(call).toThrow(new OptionError(message));
  });
});

const n = quarter(1_000_000);

describe(`statistics of ${n} draws`, () => {
  // Bounds are five standard errors; Kolmogorov–Smirnov at p = 1e-3 is 1.95 / √n. Keys are fixed.
  const standardError = Math.sqrt(1 / n);
  const kolmogorov = 1.95 / Math.sqrt(n);

  test.each([
    ["a seed", createKey(20261124)],
    ["seed 0", createKey(0)],
    ["a fold", createKey(1).fold("noise")],
  ])("uniform of %s", (_, key) => {
    const draws = key.uniform(n);
    const { mean, variance, kurtosis } = moments(draws);
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12) * standardError);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180) * standardError);
    expect(Math.abs(kurtosis - 1.8)).toBeLessThan(0.01);
    expect(draws.every((u) => u >= 0 && u < 1 && Number.isInteger(u * 2 ** 24))).toBe(true);
    expect(kolmogorovDistance(draws, (u) => u)).toBeLessThan(kolmogorov);
  });

  test.each([
    ["a seed", createKey(20261124)],
    ["seed 0", createKey(0)],
    ["a split", createKey(5).split(3)[2] as Key],
  ])("normal of %s", (_, key) => {
    const draws = key.normal(n);
    const { mean, variance, kurtosis } = moments(draws);
    expect(Math.abs(mean)).toBeLessThan(5 * standardError);
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.SQRT2 * standardError);
    expect(Math.abs(kurtosis - 3)).toBeLessThan(5 * Math.sqrt(24) * standardError);
    expect(draws.every((z) => Math.abs(z) <= 6.4)).toBe(true);
    // Draws beyond 4: 63.3 of a million, Poisson.
    const beyond = 63.3e-6 * n;
    expect(Math.abs(draws.filter((z) => Math.abs(z) > 4).length - beyond)).toBeLessThan(5 * Math.sqrt(beyond));
    expect(kolmogorovDistance(draws, normalCdf)).toBeLessThan(kolmogorov);
  });

  test("bits are the words that the other draws are made of, all of them used", () => {
    const key = createKey(8);
    const words = key.bits(n);
    expect(words).toHaveLength(n);
    expect(Array.from(key.bits(7))).toEqual(Array.from(words.subarray(0, 7)));
    expect(key.uniform(9)).toEqual(Float32Array.from(words.subarray(0, 9), (word) => (word >>> 8) * 2 ** -24));
    for (let bit = 0; bit < 32; bit++) {
      let ones = 0;
      for (const word of words) ones += (word >>> bit) & 1;
      expect(Math.abs(ones / n - 0.5), `bit ${bit}`).toBeLessThan(2.5 * standardError);
    }
    expect(() => key.bits(-1)).toThrow("Key.bits: expected a count of at least 0, got -1.");
  });

  test("neighbors are uncorrelated", () => {
    const draws = createKey(4).normal(n);
    for (const lag of [1, 2, 3, 64]) {
      let sum = 0;
      for (let i = lag; i < n; i++) sum += (draws[i] as number) * (draws[i - lag] as number);
      expect(Math.abs(sum / n)).toBeLessThan(5 * standardError);
    }
  });
});

test("200 streams of neighboring seeds, splits and folds are pairwise uncorrelated", () => {
  const n = 4096;
  const key = createKey(9);
  const keys = [
    ...Array.from({ length: 70 }, (_, seed) => createKey(seed)),
    ...key.split(65),
    ...Array.from({ length: 65 }, (_, i) => key.fold(i)),
  ];
  const streams = keys.map((each) => each.normal(n));
  let worst = 0;
  for (const [i, a] of streams.entries()) {
    for (const b of streams.slice(i + 1)) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += (a[k] as number) * (b[k] as number);
      worst = Math.max(worst, Math.abs(sum / n));
    }
  }
  // The largest of 19,900 standard normals is about 4.1.
  expect(worst).toBeLessThan(5 / Math.sqrt(n));
});

describe("a permutation", () => {
  test("has each integer once", () => {
    for (const count of [2, 3, 100, 1001]) {
      const found = createKey(2).permutation(count);
      expect([...found].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
  });

  test("takes each of the 24 orders of four equally often", () => {
    const counts = new Map<string, number>();
    for (const key of createKey(6).split(24_000)) {
      const order = key.permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(49.73); // p = 1e-3 at 23 degrees of freedom
  });
});

test("normalQuantile agrees with SciPy", () => {
  // scipy.special.ndtri
  const reference: readonly [number, number][] = [
    [5e-324, -38.467405617144344],
    [1e-300, -37.0470962993612],
    [1e-200, -30.20559417957964],
    [1e-100, -21.273453560965322],
    [1e-50, -14.933337534788487],
    [1e-20, -9.262340089798409],
    [1e-12, -7.034483825301131],
    [1e-8, -5.612001244174789],
    [1e-5, -4.264890793922825],
    [0.001, -3.090232306167813],
    [0.01, -2.3263478740408408],
    [0.025, -1.9599639845400545],
    [0.05, -1.6448536269514729],
    [0.0749, -1.4402382675279635],
    [0.0751, -1.4388253927525403],
    [0.25, -0.6744897501960817],
    [0.75, 0.6744897501960817],
    [0.975, 1.959963984540054],
    [0.999, 3.090232306167813],
    [1 - 1e-9, 5.997807019601637],
    [1 - 2 ** -53, 8.209536151601387],
  ];
  for (const [p, z] of reference) expect(Math.abs(normalQuantile(p) / z - 1), `p = ${p}`).toBeLessThan(1e-14);
  expect(normalQuantile(0.5)).toBe(0);
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
  for (const p of [-0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY]) expect(normalQuantile(p)).toBeNaN();
});

function draw(key: Key): string {
  return [...key.uniform(4)].join();
}

function moments(values: Float32Array): { mean: number; variance: number; kurtosis: number } {
  let sum = 0;
  for (const v of values) sum += v;
  const mean = sum / values.length;
  let second = 0;
  let fourth = 0;
  for (const v of values) {
    const square = (v - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  const variance = second / values.length;
  return { mean, variance, kurtosis: fourth / values.length / variance ** 2 };
}

function kolmogorovDistance(values: Float32Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  let distance = 0;
  for (const [i, x] of sorted.entries()) {
    const p = cdf(x);
    distance = Math.max(distance, p - i / sorted.length, (i + 1) / sorted.length - p);
  }
  return distance;
}

// Φ(z) = 1/2 + φ(z) (z + z³/3 + z⁵/(3·5) + …), Marsaglia (2004).
function normalCdf(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
