import { describe, expect, test } from "vitest";
import { DEEP, KERNEL_BUILDS, LENGTHS } from "../../../testing/test/deep.ts";
import { Bench, generator, largestError, random } from "../../test/arrays.ts";
import { linearRanges, linearRangesSize, linearScratchSize } from "../index.ts";

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
  // The first outputs see nothing, the others all, as in two dimensions; and the others not all.
  Float32Array.from({ length: i * o }, (_, at) => (at % o < o >> 1 ? 0 : 1)),
  Float32Array.from({ length: i * o }, (_, at) => (at % o < o >> 2 || at % o < Math.floor(at / o) ? 0 : 1)),
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

// One or two inputs, whole tiles and what is left of them, few columns apart.
for (const [batch, inputs, outputs] of [
  [300, 1, 50],
  [7, 1, 16],
  [129, 2, 33],
  [50, 50, 50],
  [13, 20, 28],
  [130, 64, 12],
  [131, 64, 4],
  [9, 32, 2],
] as const) {
  for (const mask of masks(inputs, outputs)) {
    for (const relu of [false, true]) {
      cases.push({ batch, inputs, outputs, mask, bias: relu, accumulate: false, relu, gate: !relu });
    }
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

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    test("a linear layer and its gradients agree with a plain sum in float64", () => {
      const bench = new Bench(name);
      // There are seven masks for each shape, so every third case has all of them and all shapes.
      for (const c of DEEP ? cases : cases.filter((_, i) => i % 3 === 0)) {
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
        const reference = expected(c, values.x, values.w, values.b, values.dy, [values.oldY, values.oldX]);
        for (const hasRanges of mask === undefined ? [false] : [false, true]) {
          const y = bench.array(values.oldY);
          const dx = bench.array(values.oldX);
          const dw = bench.array(inputs * outputs);
          const db = bench.array(outputs);
          const scratch = bench.array(linearScratchSize(c));
          const ranges = hasRanges ? bench.integers(linearRangesSize(c)) : undefined;
          if (mask !== undefined && ranges !== undefined) linearRanges(mask, c, ranges);
          const layer = { weight: w, mask, ranges, bias: c.bias ? b : undefined };
          const { accumulate, relu } = c;
          bench.kernels.linearForward(x, layer, y, c, scratch, { accumulate, relu });
          scratch.fill(Number.NaN);
          bench.kernels.linearInputGradient(dy, layer, dx, c, scratch, { accumulate, gate: c.gate ? x : undefined });
          scratch.fill(Number.NaN);
          bench.kernels.linearWeightGradient(x, dy, mask, dw, db, c, scratch, ranges);
          const error = Math.max(
            largestError(y, reference.y),
            largestError(dx, reference.dx),
            largestError(dw, reference.dw),
            largestError(db, reference.db),
          );
          expect(error, JSON.stringify({ ...c, mask: c.mask && "given", hasRanges })).toBeLessThan(3e-6);
        }
        expect(bench.finish()).toBe(true);
      }
    });

    test("a part of a layer agrees with a plain sum in float64 and writes nothing else", () => {
      const bench = new Bench(name);
      for (const size of LENGTHS) {
        for (const [batch, depth, columns] of [
          [size, pick(), pick()],
          [pick(), size - 1, pick()],
          [pick(), pick(), size],
          [70, 300, size],
        ] as const) {
          const [xStride, weightStride, yStride] = [depth + pick(), columns + pick(), columns + pick()];
          const offset = next() < 0.2 ? 0 : pick();
          const starts = offset > 0 && { xStart: offset, weightStart: offset, biasStart: offset, yStart: offset };
          const values = {
            x: random(next, batch * xStride + offset),
            w: random(next, (depth + 1) * weightStride + offset),
            b: random(next, columns + offset),
            y: random(next, batch * yStride + offset),
          };
          const [accumulate, relu, hasBias] = [next() < 0.5, next() < 0.5, next() < 0.5];
          const y = bench.array(values.y);
          const scratch = bench.array(linearScratchSize({ batch, inputs: depth, outputs: columns }));
          bench.kernels.linearPart(
            bench.array(values.x),
            bench.array(values.w),
            hasBias ? bench.array(values.b) : undefined,
            y,
            { batch, depth, columns, xStride, weightStride, yStride, ...starts },
            scratch,
            { accumulate, relu },
          );
          const reference = Float64Array.from(values.y);
          for (let r = 0; r < batch; r++) {
            for (let j = 0; j < columns; j++) {
              const at = offset + r * yStride + j;
              let sum = (accumulate ? (values.y[at] as number) : 0) + (hasBias ? (values.b[offset + j] as number) : 0);
              for (let k = 0; k < depth; k++) {
                const weight = values.w[offset + k * weightStride + j] as number;
                sum += (values.x[offset + r * xStride + k] as number) * weight;
              }
              reference[at] = relu ? Math.max(sum, 0) : sum;
            }
          }
          expect(largestError(y, reference), JSON.stringify({ batch, depth, columns })).toBeLessThan(3e-6);
          expect(bench.finish()).toBe(true);
        }
      }
    });

    test("infinite numbers and NaN go through, also relu, where the gate is open", () => {
      const bench = new Bench(name);
      const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;
      // Three outputs are a shape of their own in the kernels, and so are nine.
      for (const outputs of [3, 9]) {
        const size = { batch: 3, inputs: 2, outputs };
        const x = bench.array([nan, 1, 1, infinity, -infinity, 1]);
        const ones = bench.array(new Float32Array(2 * outputs).fill(1));
        const y = bench.array(3 * outputs);
        const scratch = bench.array(linearScratchSize(size));
        bench.kernels.linearForward(x, { weight: ones }, y, size, scratch, { relu: true });
        const rows = (...values: number[]): number[] => values.flatMap((v) => Array<number>(outputs).fill(v));
        expect(Array.from(y)).toEqual(rows(nan, infinity, 0));
        const dx = bench.array(6);
        const gate = bench.array([infinity, 0, -0, 1, -infinity, -1]);
        const dy = bench.array(rows(infinity, -infinity, nan));
        bench.kernels.linearInputGradient(dy, { weight: ones }, dx, size, scratch, { gate });
        expect(Array.from(dx)).toEqual([infinity, 0, 0, -infinity, 0, 0]);
      }
      expect(bench.finish()).toBe(true);
    });

    test("a mask of ranges stops infinite numbers and NaN", () => {
      const bench = new Bench(name);
      const size = { batch: 1, inputs: 16, outputs: 16 };
      // The first eight outputs see the first eight inputs only, the others see the others.
      const mask = bench.array(
        Array.from({ length: 256 }, (_, k) => (Math.floor(k / 128) === Math.floor((k % 16) / 8) ? 1 : 0)),
      );
      const weight = bench.array(new Float32Array(256).fill(1));
      const ranges = bench.integers(linearRangesSize(size));
      linearRanges(mask, size, ranges);
      expect(Array.from(ranges)).toEqual([0, 0, 0, 0, 0, 8, 0, 8, 8, 16, 8, 16, 0, 8, 0, 8, 8, 16, 8, 16]);
      const x = bench.array(Array.from({ length: 16 }, (_, i) => (i < 8 ? 1 : Number.NaN)));
      const y = bench.array(16);
      const scratch = bench.array(linearScratchSize(size));
      bench.kernels.linearForward(x, { weight, mask, ranges }, y, size, scratch);
      expect(Array.from(y)).toEqual([...Array(8).fill(8), ...Array(8).fill(Number.NaN)]);
      bench.kernels.linearInputGradient(x, { weight, mask, ranges }, y, size, scratch);
      expect(Array.from(y)).toEqual([...Array(8).fill(8), ...Array(8).fill(Number.NaN)]);
    });
  });
}
