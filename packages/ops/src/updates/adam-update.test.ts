import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type AdamTarget, type AdamUpdateOptions, adamUpdate, exchangeValues } from "../index.ts";

const key = createKey(7);
const options: AdamUpdateOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  learningRate: 0.01,
  step: 1,
  clipNorm: Number.POSITIVE_INFINITY,
};

function variable(values: ArrayLike<number>): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values)), false));
}

function target(values: ArrayLike<number>, gradient: ArrayLike<number>): AdamTarget {
  const zeros = new Float32Array(values.length);
  const tensor = tf.tensor(Float32Array.from(gradient));
  return { value: variable(values), gradient: tensor, first: variable(zeros), second: variable(zeros) };
}

function numbers({ value, first, second }: AdamTarget): number[][] {
  return [value, first, second].map((tensor) => Array.from(tensor.dataSync()));
}

function dispose(targets: readonly AdamTarget[]): void {
  for (const { value, gradient, first, second } of targets) tf.dispose([value, gradient, first, second]);
}

/** The numbers after three steps of targets of many sizes, and the norms. */
function threeSteps(weightDecay: number): unknown {
  const targets = [1, 2, 3, 4, 5, 8, 33, 1000].map((n) => target(key.fold(n).normal(n), key.fold(-n).normal(n)));
  const norms = [1, 2, 3].map((step) => adamUpdate(targets, { ...options, weightDecay, step, clipNorm: 5 }));
  const result = { norms, numbers: targets.map(numbers) };
  dispose(targets);
  return result;
}

/** Runs `f` without the fused kernel. */
function plainly<T>(backend: string, f: () => T): T {
  const kernel = tf.getKernel("PushforwardAdam", backend);
  tf.unregisterKernel("PushforwardAdam", backend);
  try {
    return f();
  } finally {
    tf.registerKernel(kernel);
  }
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(`adamUpdate on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    test("moves against the gradient: the first step is the learning rate, whatever its size", () => {
      const one = target([1, -2, 0.5, 0], [3, -0.01, 1e5, 0]);
      expect(adamUpdate([one], options).gradientNorm).toBeCloseTo(1e5, 3);
      for (const [i, expected] of [0.99, -1.99, 0.49, 0].entries()) {
        expect(one.value.dataSync()[i]).toBeCloseTo(expected, 6);
      }
      dispose([one]);
    });

    test("the fused kernel and the plain one give the same bits, and leave no tensors", () => {
      const before = tf.memory();
      for (const weightDecay of [0, 0.1]) {
        expect(threeSteps(weightDecay)).toEqual(plainly(backend, () => threeSteps(weightDecay)));
      }
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      expect([numTensors, numBytes, numDataBuffers]).toEqual([
        before.numTensors,
        before.numBytes,
        before.numDataBuffers,
      ]);
    });

    test("each target has its own multiple of the rate, and one norm clips all", () => {
      const all = [1, 2, 3, 4].map((n) => [key.fold(n).normal(9 * n), key.fold(-n).normal(9 * n)] as const);
      const learningRateMultipliers = [1, 0.1, 0, 0.1];
      // Alone, with a gradient that is already clipped and the rate of the target: the same but for the rounding of both.
      const norm = Math.sqrt(all.flatMap(([, g]) => Array.from(g)).reduce((sum, g) => sum + g * g, 0));
      const settings = { ...options, weightDecay: 0.1, clipNorm: 2 };
      for (const run of [(f: () => void) => f(), (f: () => void) => plainly(backend, f)]) {
        const targets = all.map(([values, gradient]) => target(values, gradient));
        run(() => {
          for (const step of [1, 2, 3]) {
            expect(adamUpdate(targets, { ...settings, step, learningRateMultipliers }).gradientNorm).toBeCloseTo(
              norm,
              4,
            );
          }
        });
        for (const [i, [values, gradient]] of all.entries()) {
          const alone = target(
            values,
            gradient.map((g) => (g * 2) / norm),
          );
          const learningRate = settings.learningRate * (learningRateMultipliers[i] as number);
          for (const step of [1, 2, 3]) {
            adamUpdate([alone], { ...settings, clipNorm: Number.POSITIVE_INFINITY, learningRate, step });
          }
          const [together, expected] = [targets[i] as AdamTarget, alone].map((t) => numbers(t)[0] as number[]);
          for (const [j, value] of (together as number[]).entries()) {
            expect(Math.abs(value - (expected?.[j] as number))).toBeLessThan(1e-6);
          }
          if (learningRateMultipliers[i] === 0) expect(together).toEqual(Array.from(values));
          else expect(together).not.toEqual(Array.from(values));
          dispose([alone]);
        }
        dispose(targets);
      }
    });

    test("multipliers of 1 change nothing, bit for bit", () => {
      const run = (learningRateMultipliers?: readonly number[]): unknown => {
        const targets = [5, 8].map((n) => target(key.fold(n).normal(n), key.fold(-n).normal(n)));
        for (const step of [1, 2])
          adamUpdate(targets, {
            ...options,
            step,
            ...(learningRateMultipliers === undefined ? {} : { learningRateMultipliers }),
          });
        const result = targets.map(numbers);
        dispose(targets);
        return result;
      };
      expect(run([1, 1])).toEqual(run());
    });

    test("a rate that carries one target out of float32 is noticed before any moves", () => {
      const targets = [target([1], [1]), target([1], [1])];
      const before = targets.map(numbers);
      expect(adamUpdate(targets, { ...options, learningRateMultipliers: [1, 1e41] }).nonFinite).toEqual({
        index: 1,
        what: "value",
      });
      expect(targets.map(numbers)).toEqual(before);
      dispose(targets);
    });

    test("what shares the data of a variable keeps its values", () => {
      for (const run of [(f: () => void) => f(), (f: () => void) => plainly(backend, f)]) {
        const one = target([1, 2, 3, 4], [1, 1, 1, 1]);
        const clone = tf.clone(one.value);
        const view = tf.reshape(one.value, [2, 2]);
        const read = one.value.dataSync();
        run(() => adamUpdate([one], options));
        for (const values of [clone.dataSync(), view.dataSync(), read])
          expect(Array.from(values)).toEqual([1, 2, 3, 4]);
        expect(one.value.dataSync()[0]).toBeCloseTo(0.99, 6);
        tf.dispose([clone, view]);
        dispose([one]);
      }
    });

    test("a gradient may be the variable itself", () => {
      const own = target([1, 2], [0, 0]);
      const same = { ...own, gradient: tf.clone(own.value) };
      adamUpdate([same], { ...options, beta1: 0 });
      expect(numbers(same)[1]).toEqual([1, 2]);
      tf.dispose(same.gradient);
      dispose([own]);
    });

    test("matrix products see the new values", () => {
      const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const weight = tf.tidy(() => tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2])));
      const zeros = (): tf.Variable => tf.tidy(() => tf.variable(tf.zeros([2, 2])));
      const one = { value: weight, gradient: tf.ones([2, 2]), first: zeros(), second: zeros() };
      for (let step = 1; step < 4; step++) {
        const product = tf.matMul(x, weight);
        adamUpdate([one], { ...options, learningRate: 1, step });
        const next = tf.matMul(x, weight);
        for (const [i, value] of next.dataSync().entries()) {
          expect(value).toBeCloseTo((product.dataSync()[i] as number) - (i < 2 ? 3 : 7), 4);
        }
        tf.dispose([product, next]);
      }
      x.dispose();
      dispose([one]);
    });

    test("all or nothing: no value and no moment moves when one number is not finite", () => {
      const cases: [name: string, values: number[], gradient: number[], change: Partial<AdamUpdateOptions>, string][] =
        [
          ["gradient", [1, 2], [0, Number.NaN], {}, "gradient"],
          ["gradient", [1, 2], [Number.NEGATIVE_INFINITY, 0], { clipNorm: 1 }, "gradient"],
          ["value before", [1, Number.POSITIVE_INFINITY], [1, 1], {}, "value"],
          ["value after", [1, 2], [1, 1], { learningRate: 1e39 }, "value"],
          ["value after a small step", [3.4e38, 2], [-1, 1], { learningRate: 1e37 }, "value"],
          ["mean square", [1, 2], [1e25, 0], {}, "value"],
          ["nothing over nothing", [1, 2], [0, 1], { epsilon: 0 }, "value"],
          ["decay", [3e38, 2], [1, 1], { weightDecay: 300 }, "value"],
        ];
      for (const [name, values, gradient, change, what] of cases) {
        const settings = { ...options, ...change };
        const good = target([1e-3, 2e-3, 3e-3], [1e-3, 1, 1]);
        const bad = target(values, gradient);
        for (const run of [(f: () => unknown) => f(), (f: () => unknown) => plainly(backend, f)]) {
          const before = [good, bad].map(numbers);
          // The good target alone would move, but for its own rate.
          const index = name === "value after" ? 0 : 1;
          expect(
            run(() => adamUpdate([good, bad], settings)),
            name,
          ).toMatchObject({ nonFinite: { index, what } });
          expect([good, bad].map(numbers), name).toEqual(before);
        }
        dispose([good, bad]);
      }
    });

    test("the moments of a unit that is dead fade to zero before they are too small to compute with quickly", () => {
      for (const run of [(f: () => void) => f(), (f: () => void) => plainly(backend, f)]) {
        const [usual, exact] = [target([1, 1, 1, 1, 1], [1, 1, 1, 1, 1e-17]), target([1], [1e-17])];
        run(() => {
          adamUpdate([usual], options);
          adamUpdate([exact], { ...options, epsilon: 0 });
          // From the first moments 0.1 and 0.001 on: 0.1·0.9^700 = 9e-34.
          usual.gradient.dispose();
          const dead = { ...usual, gradient: tf.zeros([5]) };
          for (let step = 2; step < 702; step++) adamUpdate([dead], { ...options, step });
          dead.gradient.dispose();
        });
        const [, first, second] = numbers(usual) as [number[], number[], number[]];
        expect(first).toEqual([0, 0, 0, 0, 0]);
        expect(second[0]).toBeGreaterThan(1e-4);
        expect(second[4]).toBe(0);
        // Where nothing is added to the root, the smallest gradient moves a value as far as any.
        expect(exact.value.dataSync()[0]).toBeCloseTo(0.99, 6);
        tf.dispose([usual.value, usual.first, usual.second]);
        dispose([exact]);
      }
    });

    test("a large step that stays finite is made, once", () => {
      const one = target([1], [1]);
      const two = target([1], [1]);
      expect(adamUpdate([one, two], { ...options, learningRate: 1e35 }).nonFinite).toBeUndefined();
      for (const { value, first } of [one, two]) {
        expect((value.dataSync()[0] as number) / -1e35).toBeCloseTo(1, 6);
        expect(first.dataSync()[0]).toBeCloseTo(0.1, 6);
      }
      dispose([one, two]);
    });
  });
}

test("moments and values follow a switch of the backend", async () => {
  const results: number[][][] = [];
  for (const order of [
    ["cpu", "cpu", "cpu"],
    ["cpu", "wasm", "cpu"],
    ["wasm", "cpu", "wasm"],
  ] as const) {
    await useBackend(order[0]);
    const one = target([1, 2, 3, 4, 5], [1, -1, 0.5, 0, 2]);
    // The same array in each step, as in a training: what is bound to it must notice.
    const targets = [one];
    for (const [i, backend] of order.entries()) {
      await useBackend(backend);
      adamUpdate(targets, { ...options, step: i + 1 });
    }
    results.push(numbers(one));
    dispose(targets);
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

test("values are found again when the memory grows, a clone is made, or somebody assigns others", async () => {
  await useBackend("wasm");
  const run = (between: (one: AdamTarget, step: number) => void, isNew: boolean): number[][] => {
    const one = target([1, 2, 3], [1, -1, 0.5]);
    const targets = [one];
    for (let step = 1; step < 5; step++) {
      adamUpdate(isNew ? [one] : targets, { ...options, step });
      between(one, step);
    }
    const result = numbers(one);
    dispose(targets);
    return result;
  };
  const kept: tf.Tensor[] = [];
  const cases: readonly ((one: AdamTarget, step: number) => void)[] = [
    (_, step) => kept.push(tf.zeros([step * 4_000_000])),
    ({ value }) => kept.push(tf.clone(value)),
    ({ value }) => tf.tidy(() => value.assign(tf.add(value, 1))),
    ({ value, first }) => exchangeValues(value, [first]),
  ];
  for (const between of cases) expect(run(between, false)).toEqual(run(between, true));
  // Values that were finite, and are not any more.
  const one = target([1, 2], [1, 1]);
  const targets = [one];
  const waiting = variable([Number.NaN, 1]);
  expect(adamUpdate(targets, options).nonFinite).toBeUndefined();
  exchangeValues(waiting, [one.value]);
  expect(adamUpdate(targets, { ...options, step: 2 }).nonFinite).toEqual({ index: 0, what: "value" });
  dispose(targets);
  tf.dispose([waiting, ...kept]);
});
