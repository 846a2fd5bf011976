import type { PlanData } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, random } from "../../test/arrays.ts";
import { ownAffine, ownSpline } from "../../test/forms.ts";
import { PlanRun, planGradients, planLayout, splineScratchSize } from "../index.ts";

const BINS = 3;
const BOUND = 2;
const SIZE = 3 * BINS + 3;
const COLUMNS = 2;

function planOf(inverse: boolean): PlanData {
  return {
    columns: [COLUMNS, SIZE * COLUMNS, COLUMNS, COLUMNS, COLUMNS],
    inputs: [0],
    outputs: [4],
    steps: [
      { op: "parameterRows", inputs: [], outputs: [1], parameters: [0], settings: {} },
      {
        op: "affineSpline",
        inputs: [0, 1],
        outputs: [2, 3],
        parameters: [],
        settings: { bins: BINS, bound: BOUND, inverse, affine: ownAffine, spline: ownSpline },
      },
      { op: "shift", inputs: [2, 3], outputs: [4], parameters: [], settings: { inverse: false } },
    ],
  };
}

describe.each(KERNEL_BUILDS)("%s", (name) => {
  test.each([false, true])("is its two maps with parameters copied out, bit for bit, inverse %s", (inverse) => {
    const next = generator(11);
    for (const rows of [1, 2, 7, 16]) {
      const bench = new Bench(name);
      const count = rows * COLUMNS;
      const x = bench.array(random(next, count, 4));
      const own = random(next, COLUMNS * SIZE, 1.5);
      const seed = bench.array(random(next, count));
      // Of each element: x, its parameters, and their gradients, from the two kernels alone.
      const rowsOf = (from: number, size: number): Float32Array =>
        bench.array(
          Array.from(
            { length: count * size },
            (_, i) => own[(Math.floor(i / size) % COLUMNS) * SIZE + from + (i % size)] as number,
          ),
        );
      const [ofAffine, ofSpline] = [rowsOf(0, 2), rowsOf(2, SIZE - 2)];
      const [dAffine, dSpline] = [bench.array(ofAffine.length), bench.array(ofSpline.length)];
      const blank = (): Float32Array => bench.array(count);
      const [u, z, l1, l2, du, dx] = [blank(), blank(), blank(), blank(), blank(), blank()];
      const scratch = bench.array(splineScratchSize(BINS));
      const spline = { ...ownSpline, bins: BINS, bound: BOUND, tails: "linear", inverse } as const;
      const { kernels } = bench;
      if (inverse) {
        kernels.splineForward(x, ofSpline, u, l2, spline, scratch);
        kernels.affineForward(u, ofAffine, z, l1, { ...ownAffine, inverse });
        kernels.affineGradient(u, ofAffine, seed, seed, du, dAffine, { ...ownAffine, inverse });
        kernels.splineGradient(x, ofSpline, du, seed, dx, dSpline, spline, scratch);
      } else {
        kernels.affineForward(x, ofAffine, u, l1, { ...ownAffine, inverse });
        kernels.splineForward(u, ofSpline, z, l2, spline, scratch);
        kernels.splineGradient(u, ofSpline, seed, seed, du, dSpline, spline, scratch);
        kernels.affineGradient(x, ofAffine, du, seed, dx, dAffine, { ...ownAffine, inverse });
      }
      const expected = z.map((v, i) => v + Math.fround((l1[i] as number) + (l2[i] as number)));

      const plan = planOf(inverse);
      for (const wanted of [[0], []]) {
        const gradients = planGradients(plan, new Set(wanted));
        for (const layout of [planLayout(plan, rows, gradients), planLayout(plan, rows)]) {
          const arena = bench.array(new Float32Array(layout.size).fill(Number.NaN));
          const target = bench.array(own.length);
          const arrays = { arena, parameters: [bench.array(own)], gradients: wanted.map(() => target) };
          const run = new PlanRun(kernels, plan, layout, layout.isTraining ? gradients : undefined, arrays, rows);
          run.inputs[0]?.set(x);
          run.forward();
          expect(run.outputs[0]).toEqual(expected);
          if (!layout.isTraining || wanted.length === 0) continue;
          run.seeds[0]?.set(seed);
          run.backward();
          const sums = new Float64Array(own.length);
          for (let i = 0; i < count; i++) {
            for (let k = 0; k < SIZE; k++) {
              const at = (i % COLUMNS) * SIZE + k;
              sums[at] =
                (sums[at] as number) + ((k < 2 ? dAffine[2 * i + k] : dSpline[(SIZE - 2) * i + k - 2]) as number);
            }
          }
          for (const [k, sum] of sums.entries()) {
            expect(Math.abs((target[k] as number) - sum), `${k}`).toBeLessThan(2e-6 * Math.max(1, Math.abs(sum)));
          }
        }
      }
      expect(bench.finish()).toBe(true);
    }
  });
});
