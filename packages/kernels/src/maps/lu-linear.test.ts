import { describe, expect, test } from "vitest";
import { DEEP, KERNEL_BUILDS, LENGTHS } from "../../../testing/test/deep.ts";
import { Bench, generator, largestError, random } from "../../test/arrays.ts";
import { type LuLinear, luLinearBackward, luLinearFactors, luLinearForward, luLinearWorkspace } from "../index.ts";

const OFFSET = Math.log(Math.expm1(1));
const SMALLEST = 1e-30;

interface Problem {
  readonly n: number;
  readonly batch: number;
  readonly inverse: boolean;
  readonly x: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
  readonly shift: ArrayLike<number>;
}

/** Values and log-det in float64, one row after the other, by substitution. */
function expected({ n, batch, inverse, x, weight, shift }: Problem): { y: number[]; logDet: number } {
  const w = (i: number, j: number): number => weight[i * n + j] as number;
  const scales = Array.from({ length: n }, (_, i) => Math.log1p(Math.exp(w(i, i) + OFFSET)) + SMALLEST);
  const logDet = scales.reduce((sum, scale) => sum + Math.log(scale), 0);
  const y: number[] = [];
  for (let r = 0; r < batch; r++) {
    const row = Array.from({ length: n }, (_, i) => x[r * n + i] as number);
    if (inverse) {
      for (let i = 0; i < n; i++) {
        row[i] = (row[i] as number) - (shift[i] as number);
        for (let j = 0; j < i; j++) row[i] = (row[i] as number) - w(i, j) * (row[j] as number);
      }
      for (let i = n - 1; i >= 0; i--) {
        for (let j = i + 1; j < n; j++) row[i] = (row[i] as number) - w(i, j) * (row[j] as number);
        row[i] = (row[i] as number) / (scales[i] as number);
      }
      y.push(...row);
    } else {
      const upper = row.map((value, i) => {
        let sum = value * (scales[i] as number);
        for (let j = i + 1; j < n; j++) sum += w(i, j) * (row[j] as number);
        return sum;
      });
      for (let i = 0; i < n; i++) {
        let sum = (upper[i] as number) + (shift[i] as number);
        for (let j = 0; j < i; j++) sum += w(i, j) * (upper[j] as number);
        y.push(sum);
      }
    }
  }
  return { y, logDet: inverse ? -logDet : logDet };
}

function problem(n: number, batch: number, inverse: boolean): Problem {
  const next = generator(1000 * n + batch);
  const weight = random(next, n * n, 1 / n);
  for (let i = 0; i < n; i++) weight[i * (n + 1)] = 2 * next() - 1;
  return { n, batch, inverse, x: random(next, batch * n, 2), weight, shift: random(next, n, 2) };
}

function run(bench: Bench, p: Problem, dy: ArrayLike<number>, dLogDet: number) {
  const { n, batch, inverse } = p;
  const map: LuLinear = {
    weight: bench.array(p.weight),
    shift: bench.array(p.shift),
    offset: OFFSET,
    smallest: SMALLEST,
    inverse,
  };
  const workspace = luLinearWorkspace(n, batch);
  const [saved, scratch] = [bench.array(workspace.saved), bench.array(workspace.scratch)];
  const [x, y, d] = [bench.array(p.x), bench.array(batch * n), bench.array(dy)];
  const factors = luLinearFactors(n);
  const logDet = luLinearForward(bench.kernels, map, x, y, factors, saved, scratch);
  const gradients = { x: bench.array(batch * n), weight: bench.array(n * n), shift: bench.array(n) };
  luLinearBackward(bench.kernels, map, x, y, d, dLogDet, gradients, factors, saved, scratch);
  return { y, logDet, gradients };
}

/** Central differences of `Σ dy·y + dLogDet·log|det|` in float64. */
function differences(p: Problem, dy: ArrayLike<number>, dLogDet: number, name: "x" | "weight" | "shift"): number[] {
  const loss = (values: ArrayLike<number>): number => {
    const { y, logDet } = expected({ ...p, [name]: values });
    return y.reduce((sum, value, i) => sum + value * (dy[i] as number), dLogDet * logDet);
  };
  const values = Float64Array.from(p[name]);
  return Array.from(values, (value, i) => {
    const step = 1e-5;
    const [above, below] = [1, -1].map((side) => loss(values.with(i, value + side * step))) as [number, number];
    return (above - below) / (2 * step);
  });
}

const sizes = Array.from({ length: 17 }, (_, i) => i + 1);

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    const bench = new Bench(name);

    test("values, log-det and gradients agree with substitution in float64, both ways", () => {
      for (const n of sizes) {
        for (const inverse of [false, true]) {
          const batch = ((n * 7) % (DEEP || n < 9 ? 33 : 9)) + 1;
          const p = problem(n, batch, inverse);
          const next = generator(n);
          const [dy, dLogDet] = [random(next, batch * n), batch * (next() - 0.5)];
          const { y, logDet, gradients } = run(bench, p, dy, dLogDet);
          const exact = expected(p);
          expect(largestError(y, exact.y)).toBeLessThan(1e-6);
          expect(Math.abs(logDet - exact.logDet)).toBeLessThan(1e-12);
          for (const part of ["x", "weight", "shift"] as const) {
            const error = largestError(gradients[part], differences(p, dy, dLogDet, part));
            expect(error, `${part}, n ${n}`).toBeLessThan(2e-6);
          }
          expect(bench.finish()).toBe(true);
        }
      }
    });

    test("every batch from 1 to 33, forth and back, also far from zero", () => {
      for (const batch of LENGTHS) {
        for (const [n, shift] of [
          [1, 1],
          [3, 1000],
          [8, 1],
          [17, 1],
        ] as const) {
          const p = { ...problem(n, batch, false), shift: new Float32Array(n).fill(shift) };
          const zeros = new Float32Array(batch * n);
          const { y } = run(bench, p, zeros, 0);
          const back = run(bench, { ...p, x: y, inverse: true }, zeros, 0);
          // A number near 1,000 carries an error of 6e-5 of its own.
          expect(largestError(back.y, p.x)).toBeLessThan(shift === 1 ? 1e-5 : 3e-4);
          expect(bench.finish()).toBe(true);
        }
      }
    });

    test("zero parameters give the identity", () => {
      const zeros = { weight: new Float32Array(25), shift: new Float32Array(5) };
      for (const inverse of [false, true]) {
        const p = { ...problem(5, 4, inverse), ...zeros };
        const { y, logDet } = run(bench, p, new Float32Array(20), 0);
        expect(largestError(y, p.x)).toBeLessThan(3e-7);
        expect(Math.abs(logDet)).toBeLessThan(1e-15);
      }
      expect(bench.finish()).toBe(true);
    });

    test("a raw scale far below zero stays finite", () => {
      const p = problem(3, 5, true);
      const weight = Float32Array.from(p.weight).fill(-20, 4, 5);
      const { y, logDet, gradients } = run(bench, { ...p, weight }, new Float32Array(15).fill(1), 5);
      expect(Math.abs(logDet - expected({ ...p, weight }).logDet)).toBeLessThan(1e-9);
      for (const values of [y, gradients.x, gradients.weight, gradients.shift]) {
        expect(values.every(Number.isFinite)).toBe(true);
      }
      expect(bench.finish()).toBe(true);
    });

    test("gradients that nobody wants are left out", () => {
      const p = problem(4, 3, true);
      const dy = random(generator(1), 12);
      const whole = run(bench, p, dy, 1).gradients;
      for (const part of ["x", "weight", "shift"] as const) {
        const map = { weight: bench.array(p.weight), shift: bench.array(p.shift), offset: OFFSET, smallest: SMALLEST };
        const { saved, scratch } = luLinearWorkspace(4, 3);
        const [room, work] = [bench.array(saved), bench.array(scratch)];
        const [x, y, factors] = [bench.array(p.x), bench.array(12), luLinearFactors(4)];
        luLinearForward(bench.kernels, { ...map, inverse: true }, x, y, factors, room, work);
        const out = bench.array(whole[part].length);
        const d = bench.array(dy);
        luLinearBackward(bench.kernels, { ...map, inverse: true }, x, y, d, 1, { [part]: out }, factors, room, work);
        expect(Array.from(out)).toEqual(Array.from(whole[part]));
      }
      expect(bench.finish()).toBe(true);
    });
  });
}
