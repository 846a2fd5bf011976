import type { GaussianMixtureSettings, PlanData } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, largestError, random } from "../../test/arrays.ts";
import { PlanRun, planGradients, planLayout } from "../index.ts";

/** The parameters of a step, of `count` components in all. */
interface Numbers {
  readonly logits: Float32Array;
  readonly mean: Float32Array;
  readonly whitening: Float32Array;
  readonly logDiagonal: Float32Array;
  readonly offDiagonal: Float32Array;
  readonly shift: Float32Array;
}

const NAMES = ["logits", "mean", "whitening", "logDiagonal", "offDiagonal", "shift"] as const;

function numbers(next: () => number, count: number, n: number): Numbers {
  return {
    logits: random(next, count),
    mean: random(next, count * n, 2),
    whitening: random(next, count * n * n, 0.5).map((v, at) => {
      const [i, j] = [Math.floor(at / n) % n, at % n];
      return i === j ? 1.2 + v : i > j ? v : 0;
    }),
    logDiagonal: random(next, count * n, 0.3),
    offDiagonal: random(next, count * n * n, 0.3),
    shift: random(next, count * n, 0.5),
  };
}

/** log N of a component in float64, of the features `from … to − 1` given those before. */
function logNormal(p: Numbers, k: number, n: number, x: readonly number[], from: number, to: number): number {
  let result = 0;
  const at = (m: Float32Array, i: number, j: number): number => m[(k * n + i) * n + j] as number;
  const u = x.map((value, j) => value - (p.mean[k * n + j] as number));
  const v = u.map((_, i) => u.reduce((sum, value, j) => sum + (j <= i ? at(p.whitening, i, j) * value : 0), 0));
  for (let i = from; i < to; i++) {
    const logDiagonal = p.logDiagonal[k * n + i] as number;
    let z = Math.exp(logDiagonal) * (v[i] as number) + (p.shift[k * n + i] as number);
    for (let j = 0; j < i; j++) z += at(p.offDiagonal, i, j) * (v[j] as number);
    result += logDiagonal + Math.log(at(p.whitening, i, i)) - 0.5 * (z * z + Math.log(2 * Math.PI));
  }
  return result;
}

/** `Σ softmax(logits)·e^term` of a group of components, its logarithm. */
function mixed(logits: ArrayLike<number>, terms: readonly number[]): number {
  const weights = Array.from(logits, Math.exp);
  const total = weights.reduce((a, b) => a + b, 0);
  return Math.log(terms.reduce((sum, term, k) => sum + ((weights[k] as number) / total) * Math.exp(term), 0));
}

interface Trial {
  readonly plan: PlanData;
  readonly count: number;
  /** Features of the components. */
  readonly n: number;
  /** The context, a row at a time. */
  readonly context?: (next: () => number, row: number) => number[];
  readonly reference: (p: Numbers, x: readonly number[], context: readonly number[]) => number;
  /** Columns of the context with a gradient. */
  readonly differentiable: readonly number[];
}

type Operation = "gaussianMixture" | "gaussianMixturePerClass";

function planOf(
  op: Operation,
  columns: readonly number[],
  settings: Omit<GaussianMixtureSettings, "isLearnable">,
): PlanData {
  const inputs = columns.map((_, i) => i);
  const out = columns.length;
  return {
    columns: [...columns, 1],
    inputs,
    outputs: [out],
    steps: [
      { op, inputs, outputs: [out], parameters: [0, 1, 2, 3, 4, 5], settings: { isLearnable: true, ...settings } },
    ],
  };
}

const trials: Readonly<Record<string, Trial>> = {
  "a mixture": {
    count: 5,
    n: 3,
    plan: planOf("gaussianMixture", [3], { components: 5, features: 3, contextColumns: [], classColumns: [] }),
    reference: (p, x) =>
      mixed(
        p.logits,
        [0, 1, 2, 3, 4].map((k) => logNormal(p, k, 3, x, 0, 3)),
      ),
    differentiable: [],
  },
  "a conditional mixture": {
    count: 4,
    n: 5,
    plan: planOf("gaussianMixture", [3, 4], { components: 4, features: 5, contextColumns: [3, 1], classColumns: [] }),
    context: (next) => [next(), 2 * next() - 1, next(), 2 * next() - 1],
    reference: (p, x, context) => {
      const joint = [context[3] as number, context[1] as number, ...x];
      const all = [0, 1, 2, 3];
      const log = (to: number): number =>
        mixed(
          p.logits,
          all.map((k) => logNormal(p, k, 5, joint, 0, to)),
        );
      return log(5) - log(2);
    },
    differentiable: [1, 3],
  },
  "a mixture per class": {
    count: 6,
    n: 2,
    plan: planOf("gaussianMixturePerClass", [2, 4], {
      components: 2,
      features: 2,
      contextColumns: [],
      classColumns: [0, 2, 3],
    }),
    // The last class has one row only; some rows are of two classes, in part.
    context: (next, row) => [
      row % 3 === 0 ? 1 : row % 3 === 1 ? 0 : 0.25,
      next(),
      row === 4 ? 0 : row % 3 === 1 ? 1 : row % 3 === 0 ? 0 : 0.75,
      row === 4 ? 1 : 0,
    ],
    reference: (p, x, context) =>
      Math.log(
        [0, 2, 3].reduce((sum, column, c) => {
          const terms = [2 * c, 2 * c + 1].map((k) => logNormal(p, k, 2, x, 0, 2));
          return sum + (context[column] as number) * Math.exp(mixed(p.logits.subarray(2 * c, 2 * c + 2), terms));
        }, 0),
      ),
    differentiable: [],
  },
};

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    test.each(Object.entries(trials))("%s: values, gradients of parameters and inputs", (_, trial) => {
      const bench = new Bench(name);
      const next = generator(17);
      const rows = 13;
      const { plan, count, n, context, reference, differentiable } = trial;
      const [width, contextWidth = 0] = plan.columns.slice(0, -1) as [number, number?];
      const p = numbers(next, count, n);
      const parameters = NAMES.map((key) => bench.array(p[key]));
      // The buffers have no gradient.
      const trained = new Set([0, 3, 4, 5]);
      const passes = planGradients(plan, trained, true);
      const layout = planLayout(plan, rows + 2, passes);
      const arena = bench.array(new Float32Array(layout.size).fill(Number.NaN));
      const gradients = NAMES.map((key, i) => (trained.has(i) ? bench.array(p[key].length) : undefined));
      const run = new PlanRun(bench.kernels, plan, layout, passes, { arena, parameters, gradients }, rows);
      const x = random(next, rows * width, 2);
      const c = Float32Array.from(Array.from({ length: rows }, (__, row) => context?.(next, row) ?? []).flat());
      const seed = random(next, rows);
      run.inputs[0]?.set(x);
      run.inputs[1]?.set(c);
      // Twice, over what the first time has left.
      for (let i = 0; i < 2; i++) {
        run.forward();
        run.seeds[0]?.set(seed);
        run.backward();
      }
      const values = (q: Numbers, ofX: ArrayLike<number>, ofC: ArrayLike<number>): number[] =>
        Array.from({ length: rows }, (__, row) =>
          reference(
            q,
            Array.from({ length: width }, (___, j) => ofX[row * width + j] as number),
            Array.from({ length: contextWidth }, (___, j) => ofC[row * contextWidth + j] as number),
          ),
        );
      const loss = (all: readonly number[]): number => all.reduce((sum, v, row) => sum + v * (seed[row] as number), 0);
      expect(largestError(run.outputs[0] as Float32Array, values(p, x, c))).toBeLessThan(2e-6);
      const step = 1e-5;
      const slope = (at: number, of: Float32Array, value: (moved: Float64Array) => number): number => {
        const [above, below] = [Float64Array.from(of), Float64Array.from(of)];
        above[at] = (of[at] as number) + step;
        below[at] = (of[at] as number) - step;
        return (value(above) - value(below)) / (2 * step);
      };
      for (const [i, key] of NAMES.entries()) {
        const gradient = gradients[i];
        if (gradient === undefined) continue;
        const expected = Float64Array.from(p[key], (__, at) =>
          slope(at, p[key], (moved) => loss(values({ ...p, [key]: moved }, x, c))),
        );
        expect(largestError(gradient, expected), key).toBeLessThan(5e-6);
      }
      const dx = Float64Array.from(x, (__, at) => slope(at, x, (moved) => loss(values(p, moved, c))));
      expect(largestError(run.inputGradients[0] as Float32Array, dx), "x").toBeLessThan(5e-6);
      if (context !== undefined) {
        const dc = Float64Array.from(c, (__, at) =>
          differentiable.includes(at % contextWidth) ? slope(at, c, (moved) => loss(values(p, x, moved))) : 0,
        );
        expect(largestError(run.inputGradients[1] as Float32Array, dc), "context").toBeLessThan(5e-6);
      }
      expect(bench.finish()).toBe(true);
    });

    test.each(Object.entries(trials))("%s, frozen and forward only, is the same", (_, { plan, count, n, context }) => {
      const bench = new Bench(name);
      const next = generator(18);
      const rows = 11;
      const [width] = plan.columns as [number];
      const p = numbers(next, count, n);
      const parameters = NAMES.map((key) => bench.array(p[key]));
      const x = random(next, rows * width, 2);
      const c = Float32Array.from(Array.from({ length: rows }, (__, row) => context?.(next, row) ?? []).flat());
      const passes = planGradients(plan, new Set(), true);
      const found = [planLayout(plan, rows, passes), planLayout(plan, rows)].map((layout, i) => {
        const arena = bench.array(new Float32Array(layout.size).fill(Number.NaN));
        const arrays = { arena, parameters, gradients: NAMES.map(() => undefined) };
        const run = new PlanRun(bench.kernels, plan, layout, i === 0 ? passes : undefined, arrays, rows);
        run.inputs[0]?.set(x);
        run.inputs[1]?.set(c);
        run.forward();
        if (i === 0) {
          run.seeds[0]?.fill(1);
          run.backward();
          expect(run.inputGradients[0]?.every(Number.isFinite)).toBe(true);
        }
        return Float32Array.from(run.outputs[0] as Float32Array);
      });
      expect(found[0]?.every(Number.isFinite)).toBe(true);
      expect(found[1]).toEqual(found[0]);
      expect(bench.finish()).toBe(true);
    });

    test("a row without class has no density, unless it is NaN, and disturbs no other", () => {
      const bench = new Bench(name);
      const { plan, count, n } = trials["a mixture per class"] as Trial;
      const parameters = NAMES.map((key) => bench.array(numbers(generator(3), count, n)[key]));
      const passes = planGradients(plan, new Set([0, 5]), true);
      const layout = planLayout(plan, 4, passes);
      const gradients = NAMES.map((_, i) =>
        [0, 5].includes(i) ? bench.array(parameters[i]?.length as number) : undefined,
      );
      const arena = bench.array(layout.size);
      const run = new PlanRun(bench.kernels, plan, layout, passes, { arena, parameters, gradients }, 4);
      run.inputs[0]?.set([0, 1, 0, 1, Number.NaN, 1, 0, 1]);
      run.inputs[1]?.set([1, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, -1, 9, 0, 0]);
      run.forward();
      run.seeds[0]?.set([1, 1, 0, 0]);
      const [first, ...others] = run.outputs[0] as Float32Array;
      expect(first).toBeGreaterThan(-50);
      expect(others).toEqual([Number.NEGATIVE_INFINITY, Number.NaN, Number.NaN]);
      run.inputs[1]?.set([1, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0]);
      run.forward();
      run.backward();
      expect(run.inputGradients[0]?.slice(2, 4)).toEqual(new Float32Array(2));
      for (const gradient of gradients) expect(gradient?.every(Number.isFinite) ?? true).toBe(true);
      expect(bench.finish()).toBe(true);
    });
  });
}
