import type { CellSettings } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { generator, largestError, random } from "../../test/arrays.ts";
import { scalarKernels, stepKinds } from "../index.ts";

function run(settings: CellSettings, cells: ArrayLike<number>, head: ArrayLike<number>, dy?: ArrayLike<number>) {
  const kind = stepKinds.cellLogProb;
  const size = settings.codes + 3 * settings.components;
  const rows = head.length / size;
  const shape = { rows, inputs: [5, size] as const, outputs: [1] as const, settings, isTraining: true };
  const memory = kind.memory?.(shape) ?? { saved: 0, scratch: 0 };
  const y = new Float32Array(rows);
  const dHead = new Float32Array(head.length).fill(Number.NaN);
  const step = kind.bind({
    kernels: scalarKernels,
    ...shape,
    input: [Float32Array.from(cells), Float32Array.from(head)],
    output: [y],
    parameters: [],
    identities: [],
    saved: new Float32Array(memory.saved).fill(Number.NaN),
    scratch: new Float32Array(memory.scratch),
    dOutput: [Float32Array.from(dy ?? new Float32Array(rows).fill(1))],
    dInput: [undefined, dHead],
    dParameters: [],
  });
  step.forward();
  step.backward?.();
  return { y, dHead };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The definition, in float64 and without any care for overflow. */
function definition({ codes, components }: CellSettings, cells: ArrayLike<number>, head: ArrayLike<number>): number[] {
  const size = codes + 3 * components;
  return Array.from({ length: head.length / size }, (_, r) => {
    const at = (i: number): number => head[r * size + i] as number;
    const [code, logWeight, low, high, width] = Array.from({ length: 5 }, (_, i) => cells[r * 5 + i] as number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    let total = 0;
    for (let k = 0; k < codes; k++) total += Math.exp(at(k));
    let p = code < 0 ? 0 : (Math.exp(at(code)) / total) * Math.exp(logWeight);
    if (components > 0 && width !== 0) {
      let weights = 0;
      for (let m = 0; m < components; m++) weights += Math.exp(at(codes + m));
      let mass = 0;
      for (let m = 0; m < components; m++) {
        const start = components === 1 ? 0 : -1.5 + (3 * m) / (components - 1);
        const mean = at(codes + components + m) + start;
        const scale = Math.exp(Math.min(Math.max(at(codes + 2 * components + m), -6), 3) - 1.2);
        const [a, b] = [sigmoid((low - mean) / scale), sigmoid((high - mean) / scale)];
        const part = width > 0 ? b - a : (a * (1 - a) * -width) / scale;
        mass += (Math.exp(at(codes + m)) / weights) * part;
      }
      p += (Math.exp(at(codes - 1)) / total) * mass;
    }
    return Math.log(p);
  });
}

/** Cells of all sorts: codes alone, intervals, the sides, densities, and a value that only the mixture has. */
function someCells(settings: CellSettings): number[] {
  const far = 1e9;
  const last = settings.codes - (settings.components > 0 ? 2 : 1);
  return [
    [0, 0, 0, 0, 0],
    [last, -1.5, -0.25, 0.5, 0.75],
    [last, -2, -far, -1, far],
    [0, -2, 1, far, far],
    [last, 0.5, 0.375, 0.375, -0.125],
    settings.components > 0 ? [-1, 0, 0.25, 1, 0.75] : [0, -1, 0, 0, 0],
  ].flat();
}

describe.each([
  { codes: 1, components: 0 },
  { codes: 5, components: 0 },
  { codes: 3, components: 1 },
  { codes: 4, components: 5 },
])("cells of %o", (settings) => {
  const size = settings.codes + 3 * settings.components;
  const cells = someCells(settings);
  const rows = cells.length / 5;

  test("values and gradients are those of the definition", () => {
    const next = generator(size);
    const head = Float64Array.from(random(next, rows * size, 1.5));
    const dy = random(next, rows);
    const { y, dHead } = run(settings, cells, head, dy);
    expect(largestError(y, definition(settings, cells, head))).toBeLessThan(2e-6);
    const h = 1e-5;
    const expected = head.map((value, i) => {
      const moved = (to: number): number => {
        const changed = Float64Array.from(head);
        changed[i] = to;
        return definition(settings, cells, changed).reduce((sum, v, r) => sum + v * (dy[r] as number), 0);
      };
      return (moved(value + h) - moved(value - h)) / (2 * h);
    });
    expect(largestError(dHead, expected)).toBeLessThan(1e-5);
  });

  test("extreme heads neither overflow nor give NaN", () => {
    for (const scale of [30, 1e3, 1e6]) {
      const { y, dHead } = run(settings, cells, random(generator(7), rows * size, scale));
      expect(Array.from(y).filter(Number.isNaN)).toEqual([]);
      expect(Array.from(dHead).every(Number.isFinite)).toBe(true);
    }
  });
});

test("the codes, and the intervals of a line, have probability 1 together", () => {
  const next = generator(3);
  const codes = { codes: 6, components: 0 };
  const head = Array.from(random(next, 6, 3));
  const all = Array.from({ length: 6 }, (_, code) => [code, 0, 0, 0, 0]).flat();
  const sum = (y: Float32Array): number => y.reduce((total, value) => total + Math.exp(value), 0);
  expect(sum(run(codes, all, Array(6).fill(head).flat()).y)).toBeCloseTo(1, 6);
  const smooth = { codes: 1, components: 3 };
  const ends = [-1e9, -2, -0.5, 0.001, 0.0011, 1.5, 4, 1e9];
  const intervals = ends.slice(1).map((high, i) => [-1, 0, ends[i] as number, high, high - (ends[i] as number)]);
  const one = Array.from(random(next, 10, 1));
  expect(sum(run(smooth, intervals.flat(), Array(7).fill(one).flat()).y)).toBeCloseTo(1, 5);
});
