import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";

const SIZES: readonly (readonly [rows: number, width: number])[] = [
  [1, 1],
  [1, 7],
  [2, 2],
  [3, 5],
  [5, 3],
  [8, 8],
  [17, 4],
  [33, 33],
];

describe.each(KERNEL_BUILDS)("%s", (name) => {
  const next = generator(11);
  const bench = new Bench(name);
  const { kernels } = bench;

  /** Some columns, in no order, of which one comes twice where there are several. */
  const someColumns = (width: number): number[] => {
    const columns = Array.from({ length: width }, (_, i) => i).filter(() => next() < 0.6);
    if (columns.length === 0) columns.push(width - 1);
    columns.sort(() => next() - 0.5);
    return columns;
  };

  test.each(SIZES)("columns of %i rows of %i are gathered, and scattered, added or cleared", (rows, width) => {
    for (const isRepeated of [false, true]) {
      const columns = someColumns(width);
      if (isRepeated) columns.push(columns[0] as number);
      const list = bench.integers(columns.length);
      list.set(columns);
      const x = random(next, rows * width);
      const part = random(next, rows * columns.length);
      const gathered = bench.array(part.length);
      kernels.gatherColumns(bench.array(x), list, gathered);
      const pick = (_: unknown, i: number): number =>
        x[Math.floor(i / columns.length) * width + (columns[i % columns.length] as number)] as number;
      expect([...gathered]).toEqual(Array.from(part, pick));
      for (const [from, accumulate] of [
        [bench.array(part), false],
        [bench.array(part), true],
        [undefined, false],
      ] as const) {
        const to = bench.array(x);
        kernels.scatterColumns(from, list, to, width, accumulate);
        const expected = Float32Array.from(x);
        for (let i = 0; i < part.length; i++) {
          const place = Math.floor(i / columns.length) * width + (columns[i % columns.length] as number);
          const value = from === undefined ? 0 : (part[i] as number);
          expected[place] = value + (accumulate ? (expected[place] as number) : 0);
        }
        expect(to).toEqual(expected);
      }
      expect(bench.finish()).toBe(true);
    }
  });

  test.each(SIZES)("%i rows of %i are summed both ways in float64, spread, repeated and moved", (rows, width) => {
    // 1e8 + 1 is no float32 number: only the sum is rounded.
    const x = random(next, rows * width).map((v, i) => (i % 3 === 0 ? v : v * 1e8));
    const more = random(next, rows);
    const at = (r: number, k: number): number => x[r * width + k] as number;
    const inRow = (r: number): number => Array.from({ length: width }, (_, k) => at(r, k)).reduce((a, b) => a + b, 0);
    const sums = bench.array(rows);
    kernels.sumColumns([bench.array(x), bench.array(more)], sums, bench.array(2 * rows));
    expect([...sums]).toEqual(Array.from(more, (v, r) => Math.fround(inRow(r) + v)));
    const totals = bench.array(width);
    kernels.sumRows(bench.array(x), totals);
    const inColumn = (_: unknown, k: number): number => {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += at(r, k);
      return Math.fround(sum);
    };
    expect([...totals]).toEqual(Array.from({ length: width }, inColumn));
    const spread = bench.array(x.length);
    kernels.spreadColumns(bench.array(more), spread);
    expect([...spread]).toEqual(Array.from(x, (_, i) => more[Math.floor(i / width)]));
    const row = random(next, width);
    const repeated = bench.array(x.length);
    kernels.repeatRow(bench.array(row), repeated);
    expect([...repeated]).toEqual(Array.from(x, (_, i) => row[i % width]));
    repeated.set(x);
    kernels.repeatRow(repeated.subarray(0, width), repeated);
    expect([...repeated]).toEqual(Array.from(x, (_, i) => x[i % width]));
    const moved = bench.array(x.length);
    kernels.subtractRow(bench.array(x), bench.array(row), moved);
    expect([...moved]).toEqual(Array.from(x, (v, i) => Math.fround(v - (row[i % width] as number))));
    const copied = bench.array(x.length);
    kernels.copy(bench.array(x), copied);
    expect([...copied]).toEqual([...x]);
    kernels.clear(copied);
    expect([...copied]).toEqual(Array.from(x, () => 0));
    expect(bench.finish()).toBe(true);
  });

  test("calls that are recorded compute nothing, and then the same each time", () => {
    const recorder = kernels.recorder?.();
    if (name === "scalar") {
      expect(recorder).toBeUndefined();
      return;
    }
    const [values, to, copy] = [bench.array([1, 2, 3]), bench.array([10, 20, 30]), bench.array(3)];
    const once = recorder?.record(() => recorder.kernels.add(values, to)) as () => void;
    const twice = recorder?.record(() => {
      recorder.kernels.add(values, to);
      recorder.kernels.copy(to, copy);
    }) as () => void;
    expect([...to]).toEqual([10, 20, 30]);
    once();
    expect([...to]).toEqual([11, 22, 33]);
    values.set([100, 100, 100]);
    twice();
    once();
    expect([...copy]).toEqual([111, 122, 133]);
    expect([...to]).toEqual([211, 222, 233]);
    expect(bench.finish()).toBe(true);
  });
});
