import { useBackend } from "@pushforward/backend";
import { createKey, type ParameterTree } from "@pushforward/core";
import { parameter } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { adam, adamW } from "./adam.ts";
import type { Optimizer, OptimizerFactory, UpdateOptions } from "./optimizer.ts";

const start = { a: [1, -2, 0.5], b: [0.3, -0.7, 1.5, 2.5] };

function twoParameters(): ParameterTree {
  return new Map([
    ["a", parameter([3], start.a)],
    ["b", parameter([2, 2], start.b)],
  ]);
}

/** The gradients of step t in the runs of torch below. */
function gradientsOf(t: number): Record<string, number[]> {
  return {
    a: start.a.map((_, i) => (((t * 7 + i * 3) % 11) - 4) / 8),
    b: start.b.map((_, i) => (((t * 5 + i * 2) % 13) - 6) / 4),
  };
}

function update(
  optimizer: Optimizer,
  parameters: ParameterTree,
  gradients: Record<string, readonly number[]>,
  options: UpdateOptions,
) {
  const tensors = new Map(
    Object.entries(gradients).map(([path, values]) => [
      path,
      tf.tensor([...values], [...(parameters.get(path)?.shape ?? [])]),
    ]),
  );
  const report = optimizer.update(parameters, tensors, options);
  for (const tensor of tensors.values()) tensor.dispose();
  return report;
}

function run(factory: OptimizerFactory, steps: number): { parameters: ParameterTree; optimizer: Optimizer } {
  const parameters = twoParameters();
  const optimizer = factory.create();
  for (let t = 1; t <= steps; t++) update(optimizer, parameters, gradientsOf(t), { learningRate: 0.05 });
  return { parameters, optimizer };
}

function read(parameters: ParameterTree): number[] {
  return Array.from(parameters.values()).flatMap((p) => Array.from(p.read()));
}

// torch 2.6.0: torch.optim.Adam(lr=0.05) and AdamW(lr=0.05, weight_decay=0.1, betas=(0.8, 0.95), eps=1e-6), a then b.
const torch = {
  adam: {
    1: [
      0.949999988079071, -2.049999952316284, 0.550000011920929, 0.3499999940395355, -0.75, 1.4500000476837158,
      2.450000047683716,
    ],
    5: [
      0.8365110158920288, -2.1784751415252686, 0.4866049885749817, 0.30988818407058716, -0.8446353077888489,
      1.4647350311279297, 2.4447662830352783,
    ],
    20: [
      0.5542553663253784, -2.4196667671203613, 0.3043346107006073, 0.26049843430519104, -0.8847954869270325,
      1.482299566268921, 2.4422945976257324,
    ],
  },
  adamW: {
    1: [
      0.945000171661377, -2.0399999618530273, 0.5474997758865356, 0.3484998047351837, -0.74649977684021,
      1.442500114440918, 2.4375,
    ],
    5: [
      0.8171948194503784, -2.1208930015563965, 0.47083330154418945, 0.29856404662132263, -0.8192419409751892,
      1.4304126501083374, 2.396406650543213,
    ],
    20: [
      0.5044945478439331, -2.174301862716675, 0.26280730962753296, 0.24000988900661469, -0.7814677357673645,
      1.3397773504257202, 2.2272815704345703,
    ],
  },
};

const factories = {
  adam: adam(),
  adamW: adamW({ weightDecay: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-6 }),
};

for (const backend of BACKENDS) {
  describe(`Adam on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    for (const name of ["adam", "adamW"] as const) {
      for (const steps of [1, 5, 20] as const) {
        test(`${name} agrees with torch after ${steps} steps`, () => {
          const values = read(run(factories[name], steps).parameters);
          for (const [i, expected] of torch[name][steps].entries()) {
            expect(Math.abs((values[i] as number) - expected)).toBeLessThanOrEqual(1e-6);
          }
        });
      }
    }

    test("goes on from a saved state to the same bits", () => {
      const straight = run(adam(), 20);
      const first = run(adam(), 10);
      const second = adam().create();
      second.restore(first.optimizer.state(), first.parameters);
      for (let t = 11; t <= 20; t++) update(second, first.parameters, gradientsOf(t), { learningRate: 0.05 });
      expect(read(first.parameters)).toEqual(read(straight.parameters));
      expect(second.state()).toEqual(straight.optimizer.state());
    });

    test("clips the norm over all parameters", () => {
      // torch.nn.utils.clip_grad_norm_([3, 4], [12]; 5): norm 13, gradients [1.1538, 1.5385], [4.6154].
      const parameters: ParameterTree = new Map([
        ["a", parameter([2])],
        ["b", parameter([1])],
      ]);
      const optimizer = adam({ beta1: 0.5 }).create();
      const report = update(optimizer, parameters, { a: [3, 4], b: [12] }, { learningRate: 0.1, clipNorm: 5 });
      expect(report.gradientNorm).toBeCloseTo(13, 6);
      const { arrays } = optimizer.state();
      const moments = [...(arrays.get("first/a") ?? []), ...(arrays.get("first/b") ?? [])].map((m) => 2 * m);
      for (const [i, expected] of [15 / 13, 20 / 13, 60 / 13].entries()) expect(moments[i]).toBeCloseTo(expected, 6);
    });

    test("a norm below the limit is left alone", () => {
      const parameters: ParameterTree = new Map([["a", parameter([2])]]);
      const optimizer = adam({ beta1: 0 }).create();
      update(optimizer, parameters, { a: [3, 4] }, { learningRate: 0.1, clipNorm: 5 });
      expect(Array.from(optimizer.state().arrays.get("first/a") ?? [])).toEqual([3, 4]);
    });

    test("names the first gradient that is not finite and changes nothing", () => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const { parameters, optimizer } = run(adam(), 3);
        const [before, state] = [read(parameters), optimizer.state()];
        const report = update(optimizer, parameters, { a: [1, 1, 1], b: [0, 0, bad, 0] }, { learningRate: 0.1 });
        expect(report.nonFinite).toEqual({ parameter: "b", what: "gradient" });
        expect(read(parameters)).toEqual(before);
        expect(optimizer.state()).toEqual(state);
      }
    });

    test("names the first value that would overflow and changes nothing", () => {
      const { parameters, optimizer } = run(adam(), 3);
      const [before, state] = [read(parameters), optimizer.state()];
      const gradients = { a: [0, 0, 0], b: [1, 1, 1, 1] };
      const report = update(optimizer, parameters, gradients, { learningRate: 1e39 });
      expect(report.nonFinite).toEqual({ parameter: "a", what: "value" });
      expect(read(parameters)).toEqual(before);
      expect(optimizer.state()).toEqual(state);
    });

    test("a gradient whose square leaves float32 is named, and harmless when it is clipped", () => {
      const huge = { a: [1e25, 0, 0], b: [0, 0, 0, 0] };
      const parameters = twoParameters();
      const report = update(adam().create(), parameters, huge, { learningRate: 0.1 });
      expect(report.nonFinite).toEqual({ parameter: "a", what: "value" });
      expect(read(parameters)).toEqual(read(twoParameters()));
      expect(update(adam().create(), parameters, huge, { learningRate: 0.1, clipNorm: 5 }).nonFinite).toBeUndefined();
      expect(parameters.get("a")?.read()[0]).toBeCloseTo(0.9, 6);
    });

    test("a parameter without a gradient keeps its value, also under weight decay", () => {
      const parameters = twoParameters();
      update(adamW().create(), parameters, { a: [1, 1, 1] }, { learningRate: 0.1 });
      expect(Array.from(parameters.get("b")?.read() ?? [])).toEqual(Array.from(Float32Array.from(start.b)));
      expect(parameters.get("a")?.read()[0]).not.toBe(1);
    });

    test("leaves no tensors behind", () => {
      const { parameters, optimizer } = run(adam(), 1);
      const before = tf.memory().numTensors;
      for (let t = 2; t < 50; t++) update(optimizer, parameters, gradientsOf(t), { learningRate: 0.05 });
      expect(tf.memory().numTensors).toBe(before);
    });

    test("frees its moments", () => {
      const parameters = twoParameters();
      for (const p of parameters.values()) p.variable;
      const before = tf.memory().numTensors;
      const optimizer = adam().create();
      update(optimizer, parameters, gradientsOf(1), { learningRate: 0.05 });
      optimizer.restore(optimizer.state(), parameters);
      expect(tf.memory().numTensors).toBeGreaterThan(before);
      optimizer.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}

test("the same gradients give the same bits on cpu and wasm", async () => {
  const key = createKey(3);
  const results: number[][] = [];
  for (const backend of ["cpu", "wasm"] as const) {
    await useBackend(backend);
    const parameters: ParameterTree = new Map([["w", parameter([50, 20], key.normal(1000))]]);
    const optimizer = adamW().create();
    for (let t = 0; t < 10; t++) {
      update(optimizer, parameters, { w: Array.from(key.fold(t).normal(1000)) }, { learningRate: 0.01, clipNorm: 5 });
    }
    results.push(read(parameters));
  }
  expect(results[1]).toEqual(results[0]);
});

test("settings are checked", () => {
  expect(() => adam({ beta1: 1 })).toThrow("adam: expected beta1 from 0 to below 1, got 1.");
  expect(() => adam({ epsilon: -1 })).toThrow("adam: expected epsilon of at least 0, got -1.");
  expect(() => adamW({ weightDecay: Number.NaN })).toThrow("adamW: expected weightDecay of at least 0, got NaN.");
});

test("a state that does not fit is refused", () => {
  const state = { step: 1, arrays: new Map([["first/a", new Float32Array(2)]]) };
  expect(() => adam().create().restore(state, twoParameters())).toThrow(
    "Optimizer.restore: expected two moments of 3 values for a, got 2 and 0.",
  );
});

test("moments that no update can have made are refused", () => {
  for (const [first, second] of [
    [Number.NaN, 0],
    [1e25, 0],
    [0, -1],
    [0, Number.POSITIVE_INFINITY],
  ] as const) {
    const arrays = new Map([
      ["first/a", Float32Array.of(0, first, 0)],
      ["second/a", Float32Array.of(0, 0, second)],
    ]);
    expect(() => adam().create().restore({ step: 1, arrays }, twoParameters())).toThrow(
      "Optimizer.restore: expected moments of Adam for a, got other numbers.",
    );
  }
});
