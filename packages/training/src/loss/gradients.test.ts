import { useBackend } from "@pushforward/backend";
import { type Bijection, createKey, type ParameterTree } from "@pushforward/core";
import { currentExecutor, parameter, setExecutor, sizeOf } from "@pushforward/core/extend";
import { Flow, nsf } from "@pushforward/flows";
import { chain, PositiveLinear } from "@pushforward/transforms";
import type { Chain } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { trainEvents } from "../fit/train.ts";
import { type LossAndGradients, NamedGradients, TapedGradients } from "./gradients.ts";

const ROWS = 21;
const rowsOf = (seed: number, rows = ROWS): tf.Tensor => tf.tensor2d(createKey(seed).normal(3 * rows), [rows, 3]);

/** A flow in whose midst, or at whose ends, a layer needs tensors. */
function flowWith(at: number): Flow {
  const { base, transform } = nsf({ features: 3, key: createKey(1), transforms: 3, hidden: [16, 16], bins: 4 });
  const { layers } = transform as Chain;
  const flow = new Flow(base, chain([...layers.slice(0, at), tensors(), ...layers.slice(at)]));
  for (const [path, parameter] of flow.parameters()) {
    if (!parameter.trainable) continue;
    const noise = createKey(7).fold(path).normal(parameter.read().length);
    parameter.write(Float32Array.from(parameter.read(), (v, i) => v + 0.2 * (noise[i] as number)));
  }
  return flow;
}

const tensors = (): Bijection => new PositiveLinear({ features: 3, key: createKey(2) });

function trainable(flow: Flow, keep: (path: string) => boolean = () => true): ParameterTree {
  return new Map([...flow.parameters()].filter(([path, { trainable }]) => trainable && keep(path)));
}

/** What tfjs gives for the same loss with tensors only. */
function byTensors(loss: () => tf.Tensor, parameters: ParameterTree): Map<string, Float32Array> {
  const executor = currentExecutor();
  setExecutor(tf.backend(), undefined);
  try {
    const variables = Array.from(parameters.values(), ({ variable }) => variable);
    const { value, grads } = tf.variableGrads(() => loss() as tf.Scalar, variables);
    const found = new Map<string, Float32Array>();
    for (const [path, { variable }] of parameters) {
      const gradient = grads[variable.name] as tf.Tensor | null | undefined;
      if (gradient !== undefined && gradient !== null) found.set(path, values(gradient));
    }
    tf.dispose([value, grads]);
    return found;
  } finally {
    setExecutor(tf.backend(), executor);
  }
}

const values = (tensor: tf.Tensor): Float32Array => tensor.dataSync().slice() as Float32Array;

function expectSame({ gradients }: LossAndGradients, expected: ReadonlyMap<string, Float32Array>): void {
  expect([...gradients.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [path, gradient] of gradients) {
    const want = expected.get(path) as Float32Array;
    expect(gradient.size).toBe(want.length);
    const isFar = (value: number, i: number): boolean => {
      const target = want[i] as number;
      return !(Math.abs(value - target) / Math.max(1, Math.abs(target)) < 1e-4);
    };
    expect(values(gradient).findIndex(isFar), path).toBe(-1);
  }
}

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([0, 2, 3, 6])("gradients of a flow with a layer for tensors at place %i are those of tensors", (at) => {
    using flow = flowWith(at);
    const parameters = trainable(flow);
    const taped = new TapedGradients(parameters);
    const x = rowsOf(3);
    const loss = (): tf.Tensor => tf.neg(tf.mean(flow.logProb(x)));
    const expected = byTensors(loss, parameters);
    for (let step = 0; step < 3; step++) {
      tf.tidy(() => {
        const got = taped.of(loss);
        expectSame(got, expected);
        const again = taped.ofLikelihood(() => flow.logProb(x), ROWS);
        expectSame(again, expected);
        expect(Math.abs(again.loss - got.loss)).toBeLessThan(1e-5);
      });
    }
    taped.dispose();
    x.dispose();
  });

  test("weights, frozen layers and batches of other sizes", () => {
    using flow = flowWith(3);
    const parameters = trainable(flow, (path) => !path.includes("layers.1") && !path.includes("bias"));
    const taped = new TapedGradients(parameters);
    for (const rows of [21, 20, 21, 8, 40, 20]) {
      const x = rowsOf(rows, rows);
      const weights = createKey(5).uniform(rows);
      const expected = byTensors(() => tf.neg(tf.mean(tf.mul(flow.logProb(x), weights))), parameters);
      tf.tidy(() =>
        expectSame(
          taped.ofLikelihood(() => flow.logProb(x), rows, weights),
          expected,
        ),
      );
      x.dispose();
    }
    taped.dispose();
  });

  test("a model twice in a loss, one run that is no part of it, and parameters that are on the tape as well", () => {
    using flow = flowWith(3);
    const parameters = trainable(flow);
    const taped = new TapedGradients(parameters);
    const [x, y] = [rowsOf(3), rowsOf(4, 9)];
    const loss = (): tf.Tensor => {
      flow.logProb(tf.neg(x)).dispose();
      const size = [...parameters.values()].map(({ variable }) => tf.sum(tf.square(variable)));
      return tf.add(tf.sub(tf.mean(flow.logProb(y)), tf.mean(tf.exp(flow.logProb(x)))), tf.mul(tf.addN(size), 0.01));
    };
    const expected = byTensors(loss, parameters);
    for (let step = 0; step < 3; step++) tf.tidy(() => expectSame(taped.of(loss), expected));
    // Fewer runs again, and another tape within the backward pass, whose gradients are its own.
    const inner = tf.customGrad((value, save) => {
      (save as (tensors: tf.Tensor[]) => void)([value as tf.Tensor]);
      return {
        value: tf.mul(value as tf.Tensor, 2),
        gradFunc: (dy: tf.Tensor) => {
          const { state } = tf.engine();
          const tape = state.activeTape;
          const depth = tf.variableGrads(() => tf.mean(flow.logProb(y)));
          state.activeTape = tape;
          tf.dispose(depth.grads);
          return tf.mul(dy, 2);
        },
      };
    });
    const plain = byTensors(() => tf.mul(tf.mean(flow.logProb(x)), 2), parameters);
    tf.tidy(() =>
      expectSame(
        taped.of(() => inner(tf.mean(flow.logProb(x)))),
        plain,
      ),
    );
    taped.dispose();
    tf.dispose([x, y]);
  });

  test("keeps as much as one step needs, the same tensors in each, and frees all of it", () => {
    using flow = flowWith(3);
    const parameters = trainable(flow);
    const x = rowsOf(3);
    const loss = (): tf.Tensor => tf.neg(tf.mean(flow.logProb(x)));
    const failing = (): tf.Tensor => {
      loss();
      throw new Error("no");
    };
    flow.logProb(x).dispose();
    const before = { tensors: tf.memory().numTensors, arrays: tf.backend().numDataIds() };
    const taped = new TapedGradients(parameters);
    const step = (): ReadonlyMap<string, tf.Tensor> | undefined => {
      let found: ReadonlyMap<string, tf.Tensor> | undefined;
      tf.tidy(() => {
        found = taped.of(loss).gradients;
      });
      return found;
    };
    const first = step();
    const kept = { tensors: tf.memory().numTensors, arrays: tf.backend().numDataIds() };
    for (let i = 0; i < 5; i++) {
      expect(step()).toBe(first);
      expect(() => tf.tidy(() => void taped.of(failing))).toThrow("no");
      expect(() => tf.tidy(() => void taped.of(() => flow.logProb(x)))).toThrow("expected a scalar loss");
    }
    expect({ tensors: tf.memory().numTensors, arrays: tf.backend().numDataIds() }).toEqual(kept);
    taped.dispose();
    expect({ tensors: tf.memory().numTensors, arrays: tf.backend().numDataIds() }).toEqual(before);
    x.dispose();
  });

  test("a parameter that is the loss, and a loss that depends on none", () => {
    using flow = flowWith(3);
    const parameters = trainable(flow);
    const [name, single] = [...parameters].find(([, { shape }]) => sizeOf(shape) === 3) as [
      string,
      { variable: tf.Variable },
    ];
    const taped = new TapedGradients(parameters);
    tf.tidy(() => {
      const { loss, gradients } = taped.of(() => tf.sum(single.variable));
      expect([...gradients.keys()]).toEqual([name]);
      expect(Array.from(values(gradients.get(name) as tf.Tensor))).toEqual([1, 1, 1]);
      expect(loss).toBeCloseTo(
        values(single.variable).reduce((a, b) => a + b),
        5,
      );
      expect(() => taped.of(() => tf.scalar(1))).toThrow("depends on none");
    });
    taped.dispose();
  });

  test("a step takes few operations of the tape", () => {
    using flow = flowWith(6);
    const parameters = trainable(flow);
    const taped = new TapedGradients(parameters);
    const x = rowsOf(3);
    const spy = vi.spyOn(tf.engine(), "runKernel");
    tf.tidy(() => void taped.ofLikelihood(() => flow.logProb(x), ROWS));
    const plans = spy.mock.calls.filter(([name]) => name.startsWith("Pushforward"));
    spy.mockRestore();
    expect(plans.map(([name]) => name)).toEqual(["PushforwardPlan"]);
    // The values, and one tensor in place of all parameters.
    expect(plans.map(([, inputs]) => Object.keys(inputs).length)).toEqual([2]);
    taped.dispose();
    x.dispose();
  });
});

describe("switches", () => {
  afterAll(() => useBackend("wasm"));

  test("a fit by the tape goes on over switches of the backend, and leaves nothing", async () => {
    const data = Array.from({ length: 50 }, (_, i) => [...createKey(i).normal(3)]);
    const run = async (switching: boolean): Promise<number[]> => {
      await useBackend("wasm");
      using flow = flowWith(3);
      const losses: number[] = [];
      for await (const event of trainEvents(flow, data, {
        key: createKey(1),
        validation: 0,
        batchSize: 16,
        maxSteps: 12,
      })) {
        if (event.type !== "step") continue;
        losses.push(event.loss);
        if (switching && event.step % 3 === 0) await useBackend(event.step % 2 === 0 ? "wasm" : "cpu");
      }
      await useBackend("wasm");
      return losses;
    };
    const straight = await run(false);
    await run(true);
    const before = { tensors: tf.memory().numTensors, arrays: tf.backend().numDataIds() };
    const switched = await run(true);
    await run(false);
    expect(tf.memory().numTensors).toBe(before.tensors);
    // The backend keeps the small arena of each of the last plans: one per run until its cache is full.
    expect(tf.backend().numDataIds()).toBeLessThanOrEqual(before.arrays + 2);
    for (const [i, loss] of switched.entries()) expect(Math.abs(loss - (straight[i] as number))).toBeLessThan(1e-4);
  });
});

test("gradients get the paths of their parameters, and the same ones the same map", async () => {
  await useBackend("cpu");
  const [a, b, c] = [parameter([1], [0]), parameter([1], [0]), parameter([1], [0])];
  const named = new NamedGradients(
    new Map([
      ["first", a],
      ["second", b],
    ]),
  );
  const [ofA, ofC] = [tf.tensor1d([1]), tf.tensor1d([2])];
  const gradients = new Map([
    [c, ofC],
    [a, ofA],
  ]);
  const map = named.of(gradients);
  expect([...map]).toEqual([["first", ofA]]);
  expect(named.of(gradients)).toBe(map);
  expect(named.of(new Map(gradients))).not.toBe(map);
  named.clear();
  expect(named.of(gradients)).not.toBe(map);
  tf.dispose([ofA, ofC]);
  for (const p of [a, b, c]) p.dispose();
});
