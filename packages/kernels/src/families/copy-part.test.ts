import { expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";

const kernels = KERNEL_BUILDS;

test.each(kernels)("%s copies or adds a part of a matrix, and writes nothing else", (name) => {
  const next = generator(11);
  const pick = (): number => Math.floor(next() * 5);
  const bench = new Bench(name);
  for (let columns = 0; columns <= 33; columns++) {
    for (const rows of [0, 1, 2, 7]) {
      for (const accumulate of [false, true, undefined]) {
        const [fromStart, toStart, fromStride, toStride] = [pick(), pick(), columns + pick(), columns + pick()];
        const values = random(next, fromStart + rows * fromStride + 1);
        const before = random(next, toStart + rows * toStride + 1);
        const to = bench.array(before);
        const sizes = { rows, columns, fromStart, fromStride, toStart, toStride };
        bench.kernels.copyPart(bench.array(values), to, sizes, accumulate);
        const expected = before.slice();
        for (let row = 0; row < rows; row++) {
          for (let j = 0; j < columns; j++) {
            const at = toStart + row * toStride + j;
            const value = values[fromStart + row * fromStride + j] as number;
            expected[at] = accumulate ? (before[at] as number) + value : value;
          }
        }
        expect(to).toEqual(expected);
        expect(bench.finish()).toBe(true);
      }
    }
  }
});

test.each(kernels)("%s copies NaN and infinities", (name) => {
  const bench = new Bench(name);
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1];
  const to = bench.array(10);
  for (const columns of [1, 5]) {
    bench.kernels.copyPart(bench.array(values), to, {
      rows: 5 / columns,
      columns,
      fromStride: columns,
      toStride: columns,
    });
    expect([...to.subarray(0, 5)]).toEqual(values);
  }
});
