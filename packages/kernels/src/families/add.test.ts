import { expect, test } from "vitest";
import { KERNEL_BUILDS, LENGTHS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";

test.each(KERNEL_BUILDS)("%s adds to an array, and to nothing behind it", (name) => {
  const next = generator(3);
  const bench = new Bench(name);
  for (const count of LENGTHS) {
    const [values, before] = [random(next, count), random(next, count)];
    const to = bench.array(before);
    bench.kernels.add(bench.array(values), to);
    expect([...to]).toEqual([...before].map((value, i) => Math.fround(value + (values[i] as number))));
    expect(bench.finish()).toBe(true);
  }
});
