import { describe, expect, test } from "vitest";
import { DEEP, KERNEL_BUILDS, LENGTHS } from "../../../testing/test/deep.ts";
import { Bench, generator, largestError, random } from "../../test/arrays.ts";
import { type MixtureSizes, mixtureScratchSize, mixtureSharesSize, mixtureWeightsSize } from "../index.ts";

/** A mixture as plain numbers. */
interface Problem extends MixtureSizes {
  readonly rows: number;
  readonly x: Float32Array;
  readonly mean: Float32Array;
  readonly whitening: Float32Array;
  readonly diagonal?: Float32Array | undefined;
  readonly offDiagonal?: Float32Array | undefined;
  readonly shift?: Float32Array | undefined;
  readonly offsets: Float32Array;
  readonly gateOffsets?: Float32Array | undefined;
}

type Part = "x" | "diagonal" | "offDiagonal" | "shift" | "offsets" | "gateOffsets";

/** `log Σ eᵗ`, −∞ when there is nothing. */
function logSumExp(terms: readonly number[]): number {
  const peak = Math.max(...terms);
  if (peak === Number.NEGATIVE_INFINITY) return peak;
  return peak + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - peak), 0));
}

/** The log-densities in float64, from the formula. */
function reference(p: Problem): number[] {
  const { components, features: n, given } = p;
  return Array.from({ length: p.rows }, (_, row) => {
    const gates: number[] = [];
    const terms: number[] = [];
    for (let k = 0; k < components; k++) {
      const at = (matrix: ArrayLike<number>, i: number, j: number): number => matrix[(k * n + i) * n + j] as number;
      const u = Array.from({ length: n }, (__, j) => (p.x[row * n + j] as number) - (p.mean[k * n + j] as number));
      const v = u.map((___, i) => u.reduce((sum, value, j) => sum + (j <= i ? at(p.whitening, i, j) * value : 0), 0));
      const z = v.map((value, i) => {
        let sum = (p.diagonal === undefined ? 1 : (p.diagonal[k * n + i] as number)) * value;
        if (p.offDiagonal !== undefined) for (let j = 0; j < i; j++) sum += at(p.offDiagonal, i, j) * (v[j] as number);
        return sum + (p.shift === undefined ? 0 : (p.shift[k * n + i] as number));
      });
      const squares = (from: number, to: number): number =>
        z.slice(from, to).reduce((sum, value) => sum + value ** 2, 0);
      terms.push((p.offsets[k] as number) - squares(given, n) / 2);
      if (given > 0) gates.push((p.gateOffsets?.[k] as number) - squares(0, given) / 2);
    }
    if (given === 0) return logSumExp(terms);
    const total = logSumExp(gates);
    return logSumExp(terms.map((term, k) => term + (gates[k] as number) - total));
  });
}

/** What the kernels make of it; copies. Parts that are not there have no gradient. */
function run(
  bench: Bench,
  p: Problem,
  d: Float32Array,
): { out: Float32Array; gradients: Partial<Record<Part, Float32Array>> } {
  const { kernels } = bench;
  const scratch = bench.array(mixtureScratchSize(p)).fill(Number.NaN);
  const factors = {
    whitening: bench.array(p.whitening),
    diagonal: bench.optional(p.diagonal),
    offDiagonal: bench.optional(p.offDiagonal),
  };
  const weights = bench.array(mixtureWeightsSize(p));
  kernels.mixtureWeights(factors, weights, p, scratch);
  const mixture = {
    mean: bench.array(p.mean),
    shift: bench.optional(p.shift),
    weights,
    offsets: bench.array(p.offsets),
    gateOffsets: bench.optional(p.gateOffsets),
  };
  const [x, out, seeds] = [bench.array(p.x), bench.array(p.rows), bench.array(d)];
  const shares = bench.array(mixtureSharesSize(p, p.rows));
  kernels.mixtureForward(x, mixture, out, undefined, p, scratch);
  const alone = out.slice();
  kernels.mixtureForward(x, mixture, out.fill(7), shares, p, scratch);
  expect(out).toEqual(alone);
  const size = p.components * p.features;
  const gradients = {
    x: bench.array(x.length),
    offsets: bench.array(p.components),
    gateOffsets: p.given > 0 ? bench.array(p.components) : undefined,
    shift: bench.array(size),
    weights: bench.array(weights.length),
  };
  scratch.fill(Number.NaN);
  kernels.mixtureGradient(x, mixture, shares, seeds, gradients, p, scratch);
  // Each alone is the same.
  const dx = bench.array(x.length);
  kernels.mixtureGradient(
    x,
    mixture,
    shares,
    seeds,
    { x: dx, offsets: gradients.offsets, gateOffsets: gradients.gateOffsets },
    p,
    scratch,
  );
  expect(dx).toEqual(gradients.x);
  const { x: _, ...others } = gradients;
  kernels.mixtureGradient(x, mixture, shares, seeds, others, p, scratch);
  const [diagonal, offDiagonal] = [bench.array(size), bench.array(size * p.features)];
  kernels.mixtureWeightsGradient(factors, gradients.weights, diagonal, offDiagonal, p, scratch);
  const found = { ...gradients, diagonal, offDiagonal };
  const copies = Object.entries(found).flatMap(([name, values]) =>
    values === undefined ? [] : [[name, values.slice()]],
  );
  return { out: out.slice(), gradients: Object.fromEntries(copies) };
}

function problem(
  next: () => number,
  sizes: MixtureSizes & { readonly rows: number },
  { learnable = true, spread = 2 }: { readonly learnable?: boolean; readonly spread?: number } = {},
): Problem {
  const { components, features: n, given, rows } = sizes;
  const size = components * n;
  // The upper triangle holds what must not count.
  const whitening = random(next, size * n, 0.5).map((value, at) => {
    const [i, j] = [Math.floor(at / n) % n, at % n];
    return i === j ? 1 + value : j > i ? 1e3 : value / Math.sqrt(n);
  });
  return {
    ...sizes,
    x: random(next, rows * n, spread),
    mean: random(next, size, spread),
    whitening,
    diagonal: learnable ? random(next, size, 0.4).map((value) => 1 + value) : undefined,
    offDiagonal: learnable
      ? random(next, size * n, 0.5).map((value, at) => (Math.floor(at / n) % n > at % n ? value / Math.sqrt(n) : 1e3))
      : undefined,
    shift: learnable ? random(next, size, 0.5) : undefined,
    offsets: random(next, components),
    gateOffsets: given > 0 ? random(next, components) : undefined,
  };
}

/** Finite differences in float64 of some numbers of a part. */
function difference(p: Problem, d: Float32Array, part: Part, at: number): number {
  const values = Float64Array.from(p[part] as Float32Array);
  const step = 1e-5;
  const loss = (value: number): number => {
    const moved = values.slice();
    moved[at] = value;
    return reference({ ...p, [part]: moved }).reduce((sum, out, row) => sum + out * (d[row] as number), 0);
  };
  const here = values[at] as number;
  return (loss(here + step) - loss(here - step)) / (2 * step);
}

function* shapes(): Generator<MixtureSizes & { readonly rows: number }> {
  for (const n of LENGTHS) {
    const components = [1, 3, 5, 9][n % 4] as number;
    // The reference takes n² for each number: many rows only where n is small.
    const rows = ((n * 7) % (n > 8 ? 11 : 33)) + 1;
    for (const given of new Set([0, n >> 1, n - 1])) if (given < n) yield { components, features: n, given, rows };
  }
  // More rows than the gradient takes at a time.
  for (const rows of [63, 64, 65, 200]) for (const given of [0, 2]) yield { components: 2, features: 5, given, rows };
}

const next = generator(41);

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    const bench = new Bench(name);

    test("values and gradients are those of the formula in float64", () => {
      for (const sizes of shapes()) {
        for (const learnable of DEEP ? [true, false] : [sizes.features % 2 === 0]) {
          const p = problem(next, sizes, { learnable });
          const d = random(next, p.rows);
          const { out, gradients } = run(bench, p, d);
          const label = JSON.stringify({ ...sizes, learnable });
          expect(largestError(out, reference(p)), label).toBeLessThan(name === "scalar" ? 5e-7 : 2e-6);
          const parts: Part[] = ["x", "offsets"];
          if (p.given > 0) parts.push("gateOffsets");
          if (learnable) parts.push("diagonal", "offDiagonal", "shift");
          for (const part of parts) {
            const actual = gradients[part] as Float32Array;
            const scale = actual.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
            for (let i = 0; i < 3; i++) {
              const at = Math.floor(next() * actual.length * 0.999);
              const error = Math.abs((actual[at] as number) - difference(p, d, part, at)) / scale;
              expect(error, `${part} ${at} ${label}`).toBeLessThan(name === "scalar" ? 1e-6 : 2e-5);
            }
          }
          expect(bench.finish()).toBe(true);
        }
      }
    });

    test("narrow components, far rows: as precise as the difference to the mean", () => {
      const [components, n, rows] = [4, 10, 33];
      const p = problem(next, { components, features: n, given: 0, rows });
      const whitening = p.whitening.map((value) => 300 * value);
      const mean = p.mean.map((value) => value * 3);
      // Near a mean, at two standard deviations and at thirty.
      const x = Float32Array.from({ length: rows * n }, (_, i) => {
        const k = Math.floor(i / n) % components;
        return (mean[k * n + (i % n)] as number) + (2 * next() - 1) * (i < 16 * n ? 0.007 : 0.1);
      });
      const narrow = { ...p, whitening, mean, x };
      const { out } = run(bench, narrow, random(next, rows));
      expect(largestError(out, reference(narrow))).toBeLessThan(1e-6);
      expect(bench.finish()).toBe(true);
    });

    test("a context far from all components does not lose the density", () => {
      for (const distance of [1e2, 1e4, 1e8]) {
        const p = problem(next, { components: 3, features: 4, given: 2, rows: 9 });
        const x = p.x.map((value, i) => (i % 4 < 2 ? distance * value : value));
        const { out, gradients } = run(bench, { ...p, x }, new Float32Array(9).fill(1));
        // Means that follow the context are as far; the density is that of one component all the same.
        expect(out.every(Number.isFinite)).toBe(true);
        expect(Object.values(gradients).every((values) => values.every(Number.isFinite))).toBe(true);
        const independent = { ...p, x, whitening: p.whitening.map((v, i) => (i % 4 < 2 && (i >> 2) % 4 >= 2 ? 0 : v)) };
        const offDiagonal = independent.offDiagonal?.map((v, i) => (i % 4 < 2 && (i >> 2) % 4 >= 2 ? 0 : v));
        const q = { ...independent, offDiagonal };
        const near = run(bench, q, new Float32Array(9).fill(1)).out;
        // Which component it is may be lost among large squares at 1e8, but not that there is one.
        if (distance < 1e5) expect(largestError(near, reference(q))).toBeLessThan(distance === 1e2 ? 1e-3 : 10);
        expect(near.every((value) => value > -100 && value < 10)).toBe(true);
        expect(bench.finish()).toBe(true);
      }
    });

    test("far away there is no density and no gradient; NaN stays in its row", () => {
      for (const given of [0, 1]) {
        const p = problem(next, { components: 5, features: 3, given, rows: 11 });
        const x = p.x.slice();
        x.fill(Number.POSITIVE_INFINITY, 3, 4);
        x.fill(Number.NEGATIVE_INFINITY, 8, 9);
        x.fill(-1e30, 9, 12);
        x.fill(3e38, 12, 15);
        x.fill(1e15, 17, 18);
        const d = new Float32Array(11).fill(1);
        const far = run(bench, { ...p, x }, d);
        for (const row of [1, 2, 3, 4]) expect(far.out[row]).toBe(Number.NEGATIVE_INFINITY);
        expect(far.out[5]).toBeLessThan(-1e28);
        for (const [part, values] of Object.entries(far.gradients)) {
          expect(values.every(Number.isFinite), part).toBe(true);
        }
        expect(far.gradients.x?.slice(3, 15).every((value) => value === 0)).toBe(true);
        const expected = reference(p);
        for (const row of [0, 6, 7, 8, 9, 10]) expect(far.out[row]).toBeCloseTo(expected[row] as number, 4);
        for (let row = 0; row < 11; row++) {
          for (let j = 0; j < 3; j++) {
            const bad = p.x.slice();
            bad[3 * row + j] = Number.NaN;
            const { out, gradients } = run(bench, { ...p, x: bad }, d);
            for (const [r, value] of out.entries()) {
              expect(Number.isNaN(value), `${row}, ${j}: ${r}`).toBe(r === row);
              const dx = gradients.x?.slice(3 * r, 3 * r + 3) as Float32Array;
              expect(dx.some(Number.isNaN)).toBe(r === row);
            }
            expect(gradients.offsets?.every(Number.isNaN)).toBe(true);
            expect(bench.finish()).toBe(true);
          }
        }
      }
    });

    test("shares that are nothing add nothing, and those that are small count", () => {
      const p: Problem = {
        rows: 1,
        components: 3,
        features: 1,
        given: 0,
        x: Float32Array.of(0),
        mean: Float32Array.of(0, 4, 100),
        whitening: Float32Array.of(1, 1, 1),
        offsets: Float32Array.of(0, 0, 0),
      };
      const { out, gradients } = run(bench, p, Float32Array.of(1));
      const share = Math.exp(-8) / (1 + Math.exp(-8));
      expect(out[0]).toBeCloseTo(Math.log1p(Math.exp(-8)), 6);
      expect(gradients.offsets?.[1]).toBeCloseTo(share, 8);
      expect(gradients.x?.[0]).toBeCloseTo(4 * share, 7);
      expect(gradients.offsets?.[2]).toBe(0);
      expect(gradients.shift?.[2]).toBe(0);
      expect(bench.finish()).toBe(true);
    });
  });
}
