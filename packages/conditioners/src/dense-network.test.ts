import { useBackend } from "@pushforward/backend";
import {
  type Activation,
  ContextError,
  createKey,
  OptionError,
  type ParameterTree,
  ShapeError,
} from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak, maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { taperedCodec } from "./codecs.ts";
import { mlpCodec } from "./common-codecs.ts";
import { Mlp, ResidualMlp, Tapered } from "./dense-network.ts";

const activations: Record<Activation, (v: number) => number> = {
  relu: (v) => Math.max(0, v),
  tanh: Math.tanh,
  elu: (v) => (v > 0 ? v : Math.expm1(v)),
  silu: (v) => v / (1 + Math.exp(-v)),
};

/** The network in float64 on the host, one row. */
function reference(parameters: ParameterTree, act: (v: number) => number, residual: boolean, x: number[], c: number[]) {
  const linear = (layer: number, input: number[], context: number[] = []): number[] => {
    const bias = parameters.get(`layers.${layer}.bias`)?.read() as Float32Array;
    const weight = parameters.get(`layers.${layer}.weight`)?.read() as Float32Array;
    const contextWeight = parameters.get(`layers.${layer}.contextWeight`)?.read();
    return Array.from(bias, (b, o) => {
      let sum = b;
      for (const [i, v] of input.entries()) sum += v * (weight[i * bias.length + o] as number);
      for (const [i, v] of context.entries()) sum += v * (contextWeight?.[i * bias.length + o] as number);
      return sum;
    });
  };
  const layers = [...parameters.keys()].filter((path) => path.endsWith(".weight")).length;
  let h = linear(0, x, c);
  for (let i = 1; i < layers; i++) {
    if (!residual || i === layers - 1) h = linear(i, h.map(act));
    else {
      const update = linear(i + 1, linear(i, h.map(act)).map(act));
      h = h.map((v, j) => v + (update[j] as number));
      i++;
    }
  }
  return h;
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each([
    ["Mlp", Mlp],
    ["ResidualMlp", ResidualMlp],
  ] as const)("%s", (_, Network) => {
    test.each(Object.keys(activations) as Activation[])("%s is the network in float64", (activation) => {
      using net = new Network({ inputSize: 2, outputSize: 3, context: 2, hidden: [5, 5, 5], activation });
      for (const [path, parameter] of net.parameters()) {
        parameter.write(createKey(1).fold(path).normal(parameter.read().length));
      }
      const x = [0.7, -1.3];
      const context = [0.2, 0.9];
      const expected = reference(net.parameters(), activations[activation], Network === ResidualMlp, x, context);
      const got = net.apply(tf.tensor1d(x), tf.tensor1d(context)).dataSync();
      for (const [i, value] of expected.entries()) {
        expect(Math.abs((got[i] as number) - value)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)));
      }
    });

    test("starts at zero with spread hidden weights, by key and name", () => {
      using a = new Network({ inputSize: 3, outputSize: 2, context: 1, key: createKey(4) });
      using b = new Network({ inputSize: 3, outputSize: 5, context: 1, key: createKey(4) });
      expect(
        a
          .apply(tf.ones([6, 3]), tf.ones([6, 1]))
          .dataSync()
          .every((v) => v === 0),
      ).toBe(true);
      const weight = a.parameters().get("layers.0.weight")?.read() as Float32Array;
      const bound = 1 / Math.sqrt(3 + 1);
      expect(weight.every((v) => Math.abs(v) <= bound)).toBe(true);
      // Variance of U(±b) is b²/3; 192 draws, 5 standard errors.
      const variance = weight.reduce((sum, v) => sum + v * v, 0) / weight.length;
      expect(Math.abs(variance / (bound * bound) - 1 / 3)).toBeLessThan((5 * Math.sqrt(4 / 45)) / Math.sqrt(192));
      expect(b.parameters().get("layers.0.weight")?.read()).toEqual(weight);
    });

    test("every parameter gets a gradient, and nothing leaks", () => {
      const before = tf.memory().numTensors;
      const net = new Network({ inputSize: 2, outputSize: 3, context: 2, hidden: [4, 4], activation: "tanh" });
      for (const [path, parameter] of net.parameters()) {
        parameter.write(createKey(1).fold(path).normal(parameter.read().length));
      }
      const variables = [...net.parameters().values()].map((p) => p.variable);
      tf.tidy(() => {
        const loss = () => tf.sum(tf.square(net.apply(tf.ones([2, 2]), tf.ones([2, 2])))) as tf.Scalar;
        const { grads } = tf.variableGrads(loss, variables);
        for (const gradient of Object.values(grads)) expect(tf.max(tf.abs(gradient)).dataSync()[0]).toBeGreaterThan(0);
        expect(Object.keys(grads)).toHaveLength(variables.length);
      });
      net.apply(tf.ones([2, 2]), tf.ones([2, 2])).dispose();
      net.dispose();
      expect(tf.memory().numTensors).toBe(before + 2);
    });
  });

  test("says what is wrong", () => {
    using net = new Mlp({ inputSize: 2, outputSize: 1 });
    expect(() => net.apply(tf.ones([1, 3]))).toThrow(
      new ShapeError("Mlp.apply: expected x of shape [..., 2], got [1, 3]."),
    );
    expect(() => net.apply(tf.ones([1, 2]), tf.ones([1, 1]))).toThrow(ContextError);
    using residual = new ResidualMlp({ inputSize: 2, outputSize: 1, context: 1 });
    expect(() => residual.apply(tf.ones([1, 2]))).toThrow(
      new ContextError("ResidualMlp.apply: expected a context of shape [..., 1], got none."),
    );
  });
});

test("refuses options that make no network", () => {
  expect(() => new Mlp({ inputSize: 0, outputSize: 1 })).toThrow(
    new OptionError("Mlp: expected inputSize to be an integer of at least 1, got 0."),
  );
  expect(() => new Mlp({ inputSize: 1, outputSize: 1, hidden: [2.5] })).toThrow(
    new OptionError("Mlp: expected each width in hidden to be an integer of at least 1, got 2.5."),
  );
  expect(() => new ResidualMlp({ inputSize: 1, outputSize: 1, hidden: [] })).toThrow(OptionError);
  expect(() => new Mlp({ inputSize: 1, outputSize: 1, layout: { start: "small" as "zero" } })).toThrow(
    new OptionError('Mlp: expected layout.start to be "zero" or "uniform", got "small".'),
  );
});

const layout = { start: "uniform" } as const;

function network(inputSize = 1): Mlp {
  return new Mlp({ inputSize, outputSize: 3, context: 2, hidden: [8], layout, key: createKey(1) });
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("fades to 0 at both ends and is the network in the middle", () => {
    using net = new Tapered({ conditioner: network() });
    expectNoLeak(() =>
      tf.tidy(() => {
        const x = tf.tensor2d([[-1], [0], [0.5], [1]]);
        const context = tf.tensor2d([[0.3, -2]]);
        const plain = net.conditioner.apply(x, context);
        expect(maxError(net.apply(x, context), tf.mul(plain, [[0], [1], [0.75], [0]]))).toBeLessThan(1e-6);
        expect(Math.max(...tf.abs(plain).dataSync())).toBeGreaterThan(0.1);
      }),
    );
  });

  test("comes back from a model file with its weights' places", () => {
    using net = new Tapered({ conditioner: network() });
    const registry = createRegistry(mlpCodec, taperedCodec);
    using copy = registry.decode({ ...registry.encode(net) }) as Tapered;
    expect(copy.contextSize).toBe(2);
    expect([...copy.parameters().keys()]).toEqual([...net.parameters().keys()]);
  });
});

test("refuses a conditioner of several inputs", () => {
  using two = network(2);
  expect(() => new Tapered({ conditioner: two })).toThrow(
    new OptionError("Tapered: expected a conditioner of one input, got one of 2."),
  );
});
