import { useBackend } from "@pushforward/backend";
import { createKey, type Parameter } from "@pushforward/core";
import { makePlan, type PlanMatrix, parameter } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { cellLogProb, cellLogProbStep, embedding, embeddingStep, runPlan } from "../index.ts";

const far = 1e9;
const cells = [
  [0, 0, 0, 0, 0],
  [2, -1.5, -0.25, 0.5, 0.75],
  [1, -2, -far, -1, far],
  [0, -2, 1, far, far],
  [2, 0.5, 0.375, 0.375, -0.125],
  [-1, 0, 0.25, 1, 0.75],
];
const settings = { codes: 4, components: 3 };
const size = 13;

/** A function of tensors and the same as a plan: values and gradients of both must agree. */
function compare(tape: (x: tf.Tensor) => tf.Tensor, plan: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): void {
  const weigh = (f: (x: tf.Tensor) => tf.Tensor) => (v: tf.Tensor) => {
    const y = f(v);
    return tf.sum(tf.mul(y, tf.reshape(tf.linspace(-1, 2, y.size), y.shape)));
  };
  tf.tidy(() => {
    const worst = (a: tf.Tensor, b: tf.Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] as number;
    expect(worst(tape(x), plan(x))).toBeLessThan(2e-5);
    const [one, other] = [tf.grad(weigh(tape))(x), tf.grad(weigh(plan))(x)];
    expect(tf.max(tf.abs(one)).dataSync()[0]).toBeGreaterThan(0.1);
    expect(worst(one, other)).toBeLessThan(5e-5);
  });
}

describe.each(["cpu", "wasm"] as const)("on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("the plan of a cell is its tensors, value and gradient", () => {
    const { plan } = makePlan([5, size], (builder, [c, h]) => [
      cellLogProbStep(builder, c as PlanMatrix, h as PlanMatrix, settings),
    ]);
    tf.tidy(() => {
      const given = tf.tensor2d(cells);
      const head = tf.tensor2d(createKey(1).normal(cells.length * size), [cells.length, size]);
      compare(
        (h) => cellLogProb(given, h, settings),
        (h) => {
          const inputs = [given, h].map((tensor) => ({ tensor, eventShape: tensor.shape.slice(1) }));
          const { values = [] } = runPlan(() => ({ plan: plan as NonNullable<typeof plan> }), inputs) ?? {};
          return tf.reshape(values[0] as tf.Tensor, [cells.length]);
        },
        head,
      );
    });
  });

  test("the plan of an embedding is its tensors, value and gradient; an unknown code gives NaN", () => {
    const tables = [
      { codes: 3, width: 2 },
      { codes: 2, width: 1 },
    ];
    const values = createKey(2).normal(8);
    const table: Parameter = parameter([8], () => values);
    const { plan } = makePlan([2], (builder, [c]) => [embeddingStep(builder, c as PlanMatrix, table, { tables })]);
    tf.tidy(() => {
      const codes = tf.tensor2d([0, 1, 2, 0, 2, 1, 1, 0], [4, 2]);
      const planned = (c: tf.Tensor): tf.Tensor =>
        runPlan(() => ({ plan: plan as NonNullable<typeof plan> }), [{ tensor: c, eventShape: [2] }])
          ?.values[0] as tf.Tensor;
      const expected = embedding(codes, table.variable, { tables });
      expect(Array.from(planned(codes).dataSync())).toEqual(Array.from(expected.dataSync()));
      const loss = (f: () => tf.Tensor) => () =>
        tf.sum(tf.mul(f(), tf.reshape(tf.linspace(-1, 2, 12), [4, 3]))) as tf.Scalar;
      const gradients = [() => embedding(codes, table.variable, { tables }), () => planned(codes)].map((f) =>
        Array.from(Object.values(tf.variableGrads(loss(f), [table.variable]).grads)[0]?.dataSync() ?? []),
      );
      expect(gradients[0]?.some((g) => Math.abs(g) > 0.1)).toBe(true);
      for (const [i, g] of (gradients[0] as number[]).entries()) expect(gradients[1]?.[i]).toBeCloseTo(g, 5);
      const odd = Array.from(embedding([[3, 1]], table.variable, { tables }).dataSync());
      expect(odd).toEqual([Number.NaN, Number.NaN, table.read()[7]]);
    });
    table.dispose();
  });

  test("without components the codes of a head have probability 1 together", () => {
    const all = Array.from({ length: 5 }, (_, code) => [code, 0, 0, 0, 0]);
    const head = Array(5).fill(Array.from(createKey(3).normal(5)));
    const before = tf.memory().numTensors;
    const logProb = cellLogProb(all, head, { codes: 5, components: 0 });
    const sum = Array.from(logProb.dataSync()).reduce((total, value) => total + Math.exp(value), 0);
    logProb.dispose();
    expect(sum).toBeCloseTo(1, 6);
    expect(tf.memory().numTensors).toBe(before);
  });
});
