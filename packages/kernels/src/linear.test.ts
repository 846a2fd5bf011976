import { describe, expect, test } from "vitest";
import { Bench, generator, largestError, random } from "../test/arrays.ts";
import { linearScratchSize } from "./index.ts";

/** Rows and columns sorted by degree, as in a MADE, in either order of the inputs. */
function degreeMask(inputs: number, outputs: number, reversed: boolean): Float32Array {
  const mask = new Float32Array(inputs * outputs);
  for (let i = 0; i < inputs; i++) {
    const degree = (reversed ? inputs - 1 - i : i) / inputs;
    for (let j = 0; j < outputs; j++) mask[i * outputs + j] = degree <= (j - 1) / outputs ? 1 : 0;
  }
  return mask;
}

interface Case {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly mask?: Float32Array | undefined;
  readonly bias: boolean;
  readonly accumulate: boolean;
  readonly relu: boolean;
  readonly gate: boolean;
}

const next = generator(7);
const sizes = Array.from({ length: 33 }, (_, i) => i + 1);
const pick = (): number => sizes[Math.floor(next() * sizes.length)] as number;
const masks = (i: number, o: number): (Float32Array | undefined)[] => [
  undefined,
  degreeMask(i, o, false),
  degreeMask(i, o, true),
  new Float32Array(i * o),
  Float32Array.from({ length: i * o }, () => (next() < 0.3 ? 1 : 0)),
];

const cases: Case[] = sizes.flatMap((size) =>
  [
    [size, pick(), pick()],
    [pick(), size, pick()],
    [pick(), pick(), size],
  ].flatMap(([batch = 1, inputs = 1, outputs = 1]) =>
    masks(inputs, outputs).map((mask) => ({
      batch,
      inputs,
      outputs,
      mask,
      bias: next() < 0.5,
      accumulate: next() < 0.5,
      relu: next() < 0.5,
      gate: next() < 0.5,
    })),
  ),
);
for (const [batch, inputs, outputs] of [
  [1100, 9, 11],
  [513, 64, 46],
  [520, 2, 64],
  [1030, 64, 4],
  [6, 40, 24],
  [0, 9, 11],
  [0, 9, 3],
  [70, 1500, 40],
] as const) {
  for (const mask of masks(inputs, outputs)) {
    cases.push({ batch, inputs, outputs, mask, bias: true, accumulate: true, relu: true, gate: true });
  }
}

function expected(c: Case, x: Float32Array, w: Float32Array, b: Float32Array, dy: Float32Array, old: Float32Array[]) {
  const { batch, inputs, outputs, mask } = c;
  const y = new Float64Array(batch * outputs);
  const dx = new Float64Array(batch * inputs);
  const dw = new Float64Array(inputs * outputs);
  const db = new Float64Array(outputs);
  for (let r = 0; r < batch; r++) {
    for (let j = 0; j < outputs; j++) {
      let sum = c.bias ? (b[j] as number) : 0;
      const d = dy[r * outputs + j] as number;
      for (let i = 0; i < inputs; i++) {
        const m = mask === undefined ? 1 : (mask[i * outputs + j] as number);
        const weight = (w[i * outputs + j] as number) * m;
        sum += (x[r * inputs + i] as number) * weight;
        dx[r * inputs + i] = (dx[r * inputs + i] as number) + d * weight;
        dw[i * outputs + j] = (dw[i * outputs + j] as number) + m * d * (x[r * inputs + i] as number);
      }
      if (c.accumulate) sum += old[0]?.[r * outputs + j] as number;
      y[r * outputs + j] = c.relu ? Math.max(sum, 0) : sum;
      db[j] = (db[j] as number) + d;
    }
  }
  for (let i = 0; i < dx.length; i++) {
    if (c.gate && !((x[i] as number) > 0)) dx[i] = 0;
    if (c.accumulate) dx[i] = (dx[i] as number) + (old[1]?.[i] as number);
  }
  return { y, dx, dw, db };
}

for (const name of ["scalar", "simd", "relaxed"] as const) {
  describe(name, () => {
    test("a linear layer and its gradients agree with a plain sum in float64", () => {
      const bench = new Bench(name);
      for (const c of cases) {
        const { batch, inputs, outputs } = c;
        const values = {
          x: random(next, batch * inputs),
          w: random(next, inputs * outputs),
          b: random(next, outputs),
          dy: random(next, batch * outputs),
          oldY: random(next, batch * outputs),
          oldX: random(next, batch * inputs),
        };
        const [x, w, b, dy] = [values.x, values.w, values.b, values.dy].map((v) => bench.array(v)) as [
          Float32Array,
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const mask = bench.optional(c.mask);
        const y = bench.array(values.oldY);
        const dx = bench.array(values.oldX);
        const dw = bench.array(inputs * outputs);
        const db = bench.array(outputs);
        const scratch = bench.array(linearScratchSize(c));
        const layer = { weight: w, mask, bias: c.bias ? b : undefined };
        const { accumulate, relu } = c;
        bench.kernels.linearForward(x, layer, y, c, scratch, { accumulate, relu });
        bench.kernels.linearInputGradient(dy, layer, dx, c, scratch, { accumulate, gate: c.gate ? x : undefined });
        bench.kernels.linearWeightGradient(x, dy, mask, dw, db, c, scratch);
        const reference = expected(c, values.x, values.w, values.b, values.dy, [values.oldY, values.oldX]);
        const error = Math.max(
          largestError(y, reference.y),
          largestError(dx, reference.dx),
          largestError(dw, reference.dw),
          largestError(db, reference.db),
        );
        expect(error, JSON.stringify({ ...c, mask: c.mask && "given" })).toBeLessThan(3e-6);
        expect(bench.finish()).toBe(true);
      }
    });

    test("infinite numbers and NaN go through, and a mask stops them", () => {
      const bench = new Bench(name);
      const size = { batch: 2, inputs: 2, outputs: 2 };
      const x = bench.array([Number.NaN, 1, 1, Number.POSITIVE_INFINITY]);
      const y = bench.array(4);
      const scratch = bench.array(linearScratchSize(size));
      const layer = { weight: bench.array([1, 1, 1, 1]) };
      bench.kernels.linearForward(x, layer, y, size, scratch, { relu: true });
      expect(Array.from(y)).toEqual([Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    });
  });
}
