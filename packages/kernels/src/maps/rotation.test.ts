import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";
import { rotationBackward, rotationForward, rotationRooms, rotationWorkspace } from "./rotation.ts";

/** y of x in float64: the exponential of `±(W − Wᵀ)` by its series, which is long enough for the norms below. */
function definition(x: readonly number[], generator: readonly number[], inverse: boolean): number[] {
  const n = Math.sqrt(generator.length);
  const at = (i: number, j: number): number => (generator[i * n + j] as number) - (generator[j * n + i] as number);
  const y: number[] = [];
  for (let r = 0; r < x.length; r += n) {
    let term = x.slice(r, r + n);
    const sum = [...term];
    for (let k = 1; k < 80; k++) {
      const next = term.map((_, i) => term.reduce((total, v, j) => total + at(i, j) * v, 0));
      term = next.map((v) => ((inverse ? -1 : 1) * v) / k);
      for (let i = 0; i < n; i++) sum[i] = (sum[i] as number) + (term[i] as number);
    }
    y.push(...sum);
  }
  return y;
}

describe.each(KERNEL_BUILDS)("%s", (name) => {
  test.each([false, true])("rows are turned, gradients are finite differences, inverse %s", (inverse) => {
    const next = generator(5);
    const bench = new Bench(name);
    for (const [n, rows, scale] of [
      [1, 3, 1],
      [2, 1, 4],
      [3, 5, 0.1],
      [6, 4, 1],
    ] as const) {
      const count = n * rows;
      const { saved: savedSize, scratch: scratchSize } = rotationWorkspace(n, rows);
      const generatorValues = bench.array(random(next, n * n, scale));
      const [x, dy] = [bench.array(random(next, count, 2)), bench.array(random(next, count))];
      const [y, dx, dGenerator] = [bench.array(count), bench.array(count), bench.array(n * n)];
      const [saved, scratch] = [bench.array(savedSize), bench.array(scratchSize)];
      const map = { generator: generatorValues, inverse };
      const rooms = rotationRooms(n);
      rotationForward(bench.kernels, map, x, y, rooms, saved, scratch);
      rotationBackward(bench.kernels, map, x, dy, { x: dx, generator: dGenerator }, rooms, saved, scratch);
      const loss = (input: readonly number[], weights: readonly number[]): number =>
        definition(input, weights, inverse).reduce((sum, v, i) => sum + v * (dy[i] as number), 0);
      const near = (actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void => {
        const largest = Math.max(1, ...expected.map(Math.abs));
        for (const [i, v] of expected.entries()) {
          expect(Math.abs((actual[i] as number) - v), `${n} ${i}`).toBeLessThan(tolerance * largest);
        }
      };
      near(y, definition([...x], [...generatorValues], inverse), 1e-6);
      const slopes = (at: Float32Array, f: (values: number[]) => number): number[] =>
        [...at].map((_, k) => {
          const moved = (h: number): number => f([...at].map((v, j) => (j === k ? v + h : v)));
          return (moved(1e-5) - moved(-1e-5)) / 2e-5;
        });
      near(
        dx,
        slopes(x, (values) => loss(values, [...generatorValues])),
        2e-6,
      );
      near(
        dGenerator,
        slopes(generatorValues, (values) => loss([...x], values)),
        2e-6,
      );
      expect(bench.finish()).toBe(true);
    }
  });

  test("a generator that is not finite gives NaN", () => {
    const bench = new Bench(name);
    const { saved, scratch } = rotationWorkspace(2, 1);
    const map = { generator: bench.array([0, Number.NaN, 0, 0]), inverse: false };
    const y = bench.array(2);
    rotationForward(
      bench.kernels,
      map,
      bench.array([1, 2]),
      y,
      rotationRooms(2),
      bench.array(saved),
      bench.array(scratch),
    );
    expect([...y]).toEqual([Number.NaN, Number.NaN]);
  });
});
