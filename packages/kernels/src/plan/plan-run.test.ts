import {
  hasGradient,
  type NetworkSettings,
  type PlanData,
  type PlanOperation,
  type PlanSettings,
  type PlanStepOf,
} from "@pushforward/core/plain";
import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, largestError, random } from "../../test/arrays.ts";
import { ownAffine, ownSpline } from "../../test/forms.ts";
import { PlanRun, planGradients, planKeys, planLayout, stepKinds } from "../index.ts";

interface Trial {
  readonly plan: PlanData;
  /** Numbers of each parameter. */
  readonly parameters: readonly number[];
}

function step<K extends PlanOperation>(
  op: K,
  inputs: number[],
  outputs: number[],
  settings: PlanSettings<K>,
  parameters: number[] = [],
): PlanStepOf<K> {
  return { op, inputs, outputs, parameters, settings };
}

const dense = (inputs: number, outputs: number): NetworkSettings => ({
  activation: "tanh",
  layers: [
    { inputs, outputs: 5, weight: 0, bias: 1 },
    { inputs: 5, outputs, weight: 2, bias: 3 },
  ],
});

/** Each step with a gradient, between matrices that depend on parameters and a sum. */
const trials: Record<string, Trial> = {
  "an affine map by a network that reads the same matrix": {
    parameters: [2, 10, 5, 20, 4, 2],
    plan: {
      columns: [2, 2, 4, 2, 2, 1, 1],
      inputs: [0],
      outputs: [5],
      steps: [
        step("learnedScale", [0], [1, 6], { scale: "exp", inverse: true }, [0, 5]),
        step("network", [1], [2], dense(2, 4), [1, 2, 3, 4]),
        step("affine", [1, 2], [3, 4], { ...ownAffine, inverse: false }),
        step("sumColumns", [4, 3, 6, 1], [5], {}),
      ],
    },
  },
  "columns taken, replaced and shifted, and one that nobody reads": {
    parameters: [3, 3],
    plan: {
      columns: [3, 3, 1, 2, 2, 3, 1, 1, 3, 2, 1],
      inputs: [0],
      outputs: [7],
      steps: [
        step("learnedScale", [0], [1, 6], { scale: { offset: 0.5, smallest: 1e-3 }, inverse: false }, [0, 1]),
        step("columns", [1], [2], { columns: [1] }),
        step("columns", [1], [3], { columns: [2, 0] }),
        step("columns", [3], [4], { columns: [1, 1] }),
        step("shift", [3, 4], [9], { inverse: true }),
        step("replaceColumns", [1, 9], [5], { columns: [0, 2] }),
        step("constantScale", [5], [8, 10], { scale: [2, -1, 0.5], shift: [1, 0, 3], inverse: true }),
        step("standardNormalLogProb", [8], [7], {}),
      ],
    },
  },
  "a spline for each column, both ways": {
    parameters: [4, 4, 4, 6, 4, 2, 2, 4],
    plan: {
      columns: [2, 2, 1, 2, 1, 1, 1],
      inputs: [0],
      outputs: [6],
      steps: [
        step("columnSpline", [0], [1, 2], { knots: 3, inverse: false }, [0, 1, 2, 3]),
        step("columnSpline", [1], [3, 4], { knots: 2, inverse: true }, [4, 5, 6, 7]),
        step("standardNormalLogProb", [3], [5], {}),
        step("sumColumns", [5, 4, 2], [6], {}),
      ],
    },
  },
  "a mixture with learned weights in one with given weights": {
    parameters: [2, 2, 2, 2, 2],
    plan: {
      columns: [2, 2, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1],
      inputs: [0],
      outputs: [11],
      steps: [
        step("learnedScale", [0], [1, 2], { scale: "exp", inverse: true }, [0, 1]),
        step("learnedScale", [0], [3, 4], { scale: "exp", inverse: true }, [2, 3]),
        step("standardNormalLogProb", [1], [5], {}),
        step("standardNormalLogProb", [3], [6], {}),
        step("standardNormalLogProb", [0], [7], {}),
        step("sumColumns", [5, 2], [8], {}),
        step("sumColumns", [6, 4], [9], {}),
        step("mixtureLogProb", [8, 9], [10], {}, [4]),
        step("mixtureLogProb", [10, 7], [11], { logWeights: [Math.log(0.7), Math.log(0.3)] }),
      ],
    },
  },
  "a spline with parameters of its own, and an LU map": {
    parameters: [10, 4, 2],
    plan: {
      columns: [2, 10, 2, 2, 2, 1, 1, 1],
      inputs: [0],
      outputs: [7],
      steps: [
        step("luLinear", [0], [4, 5], { offset: 0.54, smallest: 1e-9, inverse: true }, [1, 2]),
        step("parameterRows", [], [1], {}, [0]),
        step("rationalQuadraticSpline", [4, 1], [2, 3], {
          ...ownSpline,
          bins: 2,
          bound: 3,
          tails: "identity",
          inverse: false,
        }),
        step("standardNormalLogProb", [2], [6], {}),
        step("sumColumns", [6, 3, 5], [7], {}),
      ],
    },
  },
  "an affine spline by a network that reads the same matrix": {
    parameters: [2, 10, 5, 90, 18, 2],
    plan: {
      columns: [2, 2, 18, 2, 2, 1, 1, 1],
      inputs: [0],
      outputs: [6],
      steps: [
        step("learnedScale", [0], [1, 7], { scale: "exp", inverse: true }, [0, 5]),
        step("network", [1], [2], dense(2, 18), [1, 2, 3, 4]),
        step("affineSpline", [1, 2], [3, 4], {
          bins: 2,
          bound: 3,
          inverse: false,
          affine: ownAffine,
          spline: ownSpline,
        }),
        step("standardNormalLogProb", [3], [5], {}),
        step("sumColumns", [4, 5, 7], [6], {}),
      ],
    },
  },
  ...Object.fromEntries(
    // A soft clip bends at 0, which a finite difference sees.
    (["softplus", "tanh"] as const).map((map): [string, Trial] => [
      `the fixed map ${map}, both ways`,
      {
        parameters: [2, 2],
        plan: {
          columns: [2, 2, 1, 2, 2, 2, 2, 1],
          inputs: [0],
          outputs: [7],
          steps: [
            step("learnedScale", [0], [1, 2], { scale: "exp", inverse: false }, [0, 1]),
            step("fixedMap", [1], [3, 4], { map, bound: 1.5, inverse: false }),
            step("fixedMap", [3], [5, 6], { map, bound: 2, inverse: true }),
            step("sumColumns", [4, 5, 6, 2], [7], {}),
          ],
        },
      },
    ]),
  ),
  "a sinh-arcsinh map of each column, both ways": {
    parameters: [2, 2, 2, 2],
    plan: {
      columns: [2, 2, 2, 2, 2, 1, 1],
      inputs: [0],
      outputs: [6],
      steps: [
        step("sinhArcsinh", [0], [1, 2], { inverse: false }, [0, 1]),
        step("sinhArcsinh", [1], [3, 4], { inverse: true }, [2, 3]),
        step("standardNormalLogProb", [3], [5], {}),
        step("sumColumns", [5, 4, 2], [6], {}),
      ],
    },
  },
  "a rotation and mixtures that are made normal, with parameters of their own": {
    parameters: [4, 12, 4],
    plan: {
      columns: [2, 2, 12, 2, 2, 2, 1, 1],
      inputs: [0],
      outputs: [7],
      steps: [
        step("rotation", [0], [1], { inverse: true }, [0]),
        step("parameterRows", [], [2], {}, [1]),
        step("gaussianization", [1, 2], [3, 4], {
          components: 2,
          weights: "learned",
          limit: 5,
          spread: 1.5,
          epsilon: 0,
        }),
        step("rotation", [3], [5], { inverse: false }, [2]),
        step("standardNormalLogProb", [5], [6], {}),
        step("sumColumns", [6, 4], [7], {}),
      ],
    },
  },
  "sums of squares by a network that reads the same matrix": {
    parameters: [2, 10, 5, 50, 10, 2],
    plan: {
      columns: [2, 2, 10, 2, 2, 1, 1, 1],
      inputs: [0],
      outputs: [6],
      steps: [
        step("learnedScale", [0], [1, 7], { scale: "exp", inverse: true }, [0, 5]),
        step("network", [1], [2], dense(2, 10), [1, 2, 3, 4]),
        step("sumOfSquares", [1, 2], [3, 4], {
          polynomials: 2,
          degree: 1,
          bound: 5,
          unit: 2,
          scale: 0.99,
          slope: 0.01,
          constants: "spread",
        }),
        step("standardNormalLogProb", [3], [5], {}),
        step("sumColumns", [4, 5, 7], [6], {}),
      ],
    },
  },
  "a spline with linear tails": {
    parameters: [14],
    plan: {
      columns: [2, 14, 2, 2, 1, 1],
      inputs: [0],
      outputs: [5],
      steps: [
        step("parameterRows", [], [1], {}, [0]),
        step("rationalQuadraticSpline", [0, 1], [2, 3], {
          ...ownSpline,
          bins: 2,
          bound: 1,
          tails: "linear",
          inverse: false,
        }),
        step("standardNormalLogProb", [2], [4], {}),
        step("sumColumns", [4, 3], [5], {}),
      ],
    },
  },
};
describe.each(KERNEL_BUILDS)("%s", (name) => {
  test.each(Object.entries(trials))("gradients of %s are finite differences", (_, { plan, parameters: sizes }) => {
    const bench = new Bench(name);
    const next = generator(5);
    const rows = 6;
    const parameters = sizes.map((size) => bench.array(random(next, size, 0.7)));
    const trained = new Set(sizes.keys());
    const gradients = planGradients(plan, trained);
    const layout = planLayout(plan, rows + 2, gradients);
    const arena = bench.array(new Float32Array(layout.size).fill(Number.NaN));
    const targets = sizes.map((size) => bench.array(new Float32Array(size).fill(Number.NaN)));
    const run = new PlanRun(bench.kernels, plan, layout, gradients, { arena, parameters, gradients: targets }, rows);
    run.inputs[0]?.set(random(next, rows * (plan.columns[0] as number), 1.5));
    const seed = random(next, rows);
    const loss = (): number => {
      run.forward();
      return (run.outputs[0] as Float32Array).reduce((sum, value, i) => sum + value * (seed[i] as number), 0);
    };
    loss();
    run.seeds[0]?.set(seed);
    run.backward();
    // A second time, over what the first has left.
    run.forward();
    run.seeds[0]?.set(seed);
    run.backward();
    for (const [p, values] of parameters.entries()) {
      for (let i = 0; i < values.length; i++) {
        const before = values[i] as number;
        values[i] = before + 1e-2;
        const above = loss();
        values[i] = before - 1e-2;
        const below = loss();
        values[i] = before;
        const slope = (above - below) / 2e-2;
        const error = Math.abs((targets[p]?.[i] as number) - slope) / Math.max(1, Math.abs(slope));
        expect(error, `parameter ${p}, value ${i}`).toBeLessThan(4e-3);
      }
    }
    expect(bench.finish()).toBe(true);
  });

  test.each(Object.entries(trials))("forward only, in an arena that is reused, %s is the same", (_, trial) => {
    const { plan, parameters: sizes } = trial;
    const bench = new Bench(name);
    const next = generator(6);
    const rows = 5;
    const parameters = sizes.map((size) => bench.array(random(next, size, 0.7)));
    const x = random(next, rows * (plan.columns[0] as number), 1.5);
    const whole = planLayout(plan, rows, planGradients(plan, new Set(sizes.keys())));
    const reused = planLayout(plan, rows);
    expect(reused.size).toBeLessThan(whole.size);
    const outputs = [whole, reused].map((layout) => {
      const arena = bench.array(new Float32Array(layout.size).fill(Number.NaN));
      const run = new PlanRun(bench.kernels, plan, layout, undefined, { arena, parameters, gradients: [] }, rows);
      run.inputs[0]?.set(x);
      run.forward();
      return Float32Array.from(run.outputs[0] as Float32Array);
    });
    expect(outputs[0]?.every(Number.isFinite)).toBe(true);
    expect(largestError(outputs[1] as Float32Array, outputs[0] as Float32Array)).toBe(0);
  });
});

describe.each(KERNEL_BUILDS)("dropout, %s", (name) => {
  // 7 units, so that no row of a mask begins where another does in a vector.
  const wide = (residual: boolean): PlanData => ({
    columns: [3, 2, 1],
    inputs: [0],
    outputs: [2],
    steps: [
      step(
        "network",
        [0],
        [1],
        {
          activation: "silu",
          layers: [3, 7, 7, 7].map((inputs, i) => ({
            inputs,
            outputs: i === 3 ? 2 : 7,
            weight: 2 * i,
            bias: 2 * i + 1,
            ...(residual && i === 2 && { adds: true }),
            ...(i < 3 && (!residual || i === 1) && { dropout: 0.3 }),
          })),
        },
        [0, 1, 2, 3, 4, 5, 6, 7],
      ),
      step("sumColumns", [1], [2], {}),
    ],
  });
  const sizes = [21, 7, 49, 7, 49, 7, 14, 2];

  /** A training plan on rows of x from `firstRow` on; the keys are those of an example. */
  function bound(plan: PlanData, rows: number, firstRow: number, active: 0 | 1) {
    const bench = new Bench(name);
    const next = generator(5);
    const parameters = sizes.map((size) => bench.array(random(next, size, 0.7)));
    const x = random(next, 3 * 24, 1.5).subarray(3 * firstRow, 3 * (firstRow + rows));
    const passes = planGradients(plan, new Set(sizes.keys()));
    const layout = planLayout(plan, rows + 3, passes);
    const arena = bench.array(new Float32Array(layout.size).fill(Number.NaN));
    const gradients = sizes.map((size) => bench.array(size));
    const keys = planKeys(plan)
      .flat()
      .flatMap((id) => [active, 10 + id, -id]);
    const draws = { firstRow: Int32Array.of(firstRow), keys: Int32Array.from(keys) };
    const run = new PlanRun(bench.kernels, plan, layout, passes, { arena, parameters, gradients, draws }, rows);
    run.inputs[0]?.set(x);
    return { run, parameters, gradients, draws, bench };
  }

  test.each([false, true])("residual %s: gradients are finite differences at the same keys", (residual) => {
    const { run, parameters, gradients, bench } = bound(wide(residual), 6, 0, 1);
    const seed = random(generator(9), 6);
    const loss = (): number => {
      run.forward();
      return (run.outputs[0] as Float32Array).reduce((sum, value, i) => sum + value * (seed[i] as number), 0);
    };
    loss();
    run.seeds[0]?.set(seed);
    run.backward();
    for (const [p, values] of parameters.entries()) {
      for (let i = 0; i < values.length; i++) {
        const before = values[i] as number;
        values[i] = before + 1e-2;
        const above = loss();
        values[i] = before - 1e-2;
        const slope = (above - loss()) / 2e-2;
        values[i] = before;
        const error = Math.abs((gradients[p]?.[i] as number) - slope) / Math.max(1, Math.abs(slope));
        expect(error, `parameter ${p}, value ${i}`).toBeLessThan(4e-3);
      }
    }
    expect(bench.finish()).toBe(true);
  });

  test.each([false, true])("residual %s: a row drops the same in any share of the batch", (residual) => {
    const plan = wide(residual);
    const outputs = [
      [24, 0],
      [8, 0],
      [8, 8],
      [5, 16],
    ].map(([rows, firstRow]) => {
      const { run } = bound(plan, rows as number, firstRow as number, 1);
      run.forward();
      return Array.from(run.outputs[0] as Float32Array);
    });
    const whole = outputs[0] as number[];
    expect(outputs.slice(1).flat()).toEqual(whole.slice(0, 21));
    const { run, draws } = bound(plan, 24, 0, 0);
    run.forward();
    const none = Array.from(run.outputs[0] as Float32Array);
    expect(none.filter((value, i) => value !== whole[i]).length).toBeGreaterThan(20);
    // With keys, and without them again.
    draws.keys.set(bound(plan, 24, 0, 1).draws.keys);
    run.forward();
    expect(Array.from(run.outputs[0] as Float32Array)).toEqual(whole);
    draws.keys.fill(0);
    run.forward();
    expect(Array.from(run.outputs[0] as Float32Array)).toEqual(none);
  });

  test("a layout that only runs forward has no place for what is dropped", () => {
    const plan = wide(false);
    const steps = plan.steps.map(({ settings, ...rest }) => ({
      ...rest,
      settings: JSON.parse(JSON.stringify(settings, (key, value) => (key === "dropout" ? undefined : value))),
    }));
    expect(planLayout(plan, 9)).toEqual(planLayout({ ...plan, steps }, 9));
    expect(planKeys(plan)).toEqual([[0, 2, 4], []]);
    expect(planKeys({ steps })).toEqual([[], []]);
  });
});

test("no matrix shares a place with one that is still read", () => {
  for (const { plan } of Object.values(trials)) {
    const { matrices, saved, scratch } = planLayout(plan, 7);
    const lives = plan.columns.map((_, id) => {
      const uses = plan.steps.flatMap(({ inputs, outputs }, i) => ([...inputs, ...outputs].includes(id) ? [i] : []));
      const first = plan.inputs.includes(id) ? -1 : Math.min(...uses);
      const last = plan.inputs.includes(id) || plan.outputs.includes(id) ? plan.steps.length : Math.max(...uses);
      return { first, last };
    });
    for (const [a, one] of matrices.entries()) {
      for (const place of [...saved, scratch]) {
        if (place.size > 0)
          expect(one.start >= place.start + place.size || place.start >= one.start + one.size).toBe(true);
      }
      for (const [b, other] of matrices.entries()) {
        const [first, second] = [lives[a], lives[b]] as [
          { first: number; last: number },
          { first: number; last: number },
        ];
        if (a === b || first.last < second.first || second.last < first.first) continue;
        expect(one.start >= other.start + other.size || other.start >= one.start + one.size, `${a} ${b}`).toBe(true);
      }
    }
  }
});

test("gradients are followed only where a trained parameter is", () => {
  const { plan } = trials["an affine map by a network that reads the same matrix"] as Trial;
  const { matrices, steps } = planGradients(plan, new Set([3]));
  expect([...matrices].sort()).toEqual([2, 3, 4, 5]);
  expect(steps.map(({ isActive }) => isActive)).toEqual([false, true, true, true]);
  expect(steps[2]?.inputs).toEqual(["none", "first"]);
  const all = planGradients(plan, new Set([0, 1, 2, 3, 4, 5])).steps;
  // The sum comes last and reaches the matrix first; then the affine map, then the network.
  expect(all[3]?.inputs).toEqual(["first", "first", "first", "first"]);
  expect(all[2]?.inputs).toEqual(["more", "first"]);
  expect(all[1]?.inputs).toEqual(["more"]);
});

test("each operation says whether it has a gradient", () => {
  const without = (Object.keys(stepKinds) as PlanOperation[]).filter((op) => !hasGradient(op));
  expect(without).toEqual(["autoregressiveBegin", "autoregressiveStep", "fillColumns"]);
});
