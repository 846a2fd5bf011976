import { useBackend } from "@pushforward/backend";
import { type Conditioner, createKey, ModelFileError, OptionError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { AttentionEncoder } from "./attention-encoder.ts";
import { DeepSet } from "./classifier.ts";
import { conditionersCodecs } from "./codecs.ts";
import { ConvEncoder } from "./conv-encoder.ts";
import { MissingMask } from "./missing-mask.ts";

const key = createKey(5);
const registry = createRegistry(...conditionersCodecs);
const smooth = { activation: "tanh", outputSize: 3, key } as const;
const set = { elements: 4, elementSize: 2, outputSize: 3, key };

const encoders: Readonly<Record<string, () => Conditioner>> = {
  "deep set": () => new DeepSet({ ...set, ...smooth, features: 5, hidden: [6] }),
  "deep set with padding": () => new DeepSet({ ...set, ...smooth, features: 5, hidden: [6], missing: true }),
  attention: () => new AttentionEncoder({ ...set, width: 6, heads: 2, blocks: 2 }),
  "attention of a series with gaps": () =>
    new AttentionEncoder({ ...set, width: 4, heads: 1, blocks: 1, positions: true, missing: true }),
  "series of odd length": () => new ConvEncoder({ ...smooth, shape: [7, 2], channels: [3, 4], hidden: [5] }),
  "image, 5 × 4": () => new ConvEncoder({ ...smooth, shape: [5, 4, 2], channels: [3, 2], hidden: [5] }),
  "one place, no hidden layer": () => new ConvEncoder({ ...smooth, shape: [1, 1], channels: [2], hidden: [] }),
};

/** Inputs of a row, in which flags of missing numbers are 0 or 1. */
function rows(net: Conditioner, count: number): tf.Tensor {
  const values = key.fold("rows").normal(count * net.inputSize);
  if ("missing" in net && net.missing === true) {
    for (let i = 1; i < values.length; i += 2) values[i] = i % 3 === 0 ? 1 : 0;
  }
  return tf.tensor2d(values, [count, net.inputSize]);
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(Object.entries(encoders))("%s", (_, make) => {
    test("gradients of inputs and of all parameters are central differences", () => {
      using net = make();
      const x = rows(net, 2);
      const weights = tf.tensor2d(key.fold("weights").normal(2 * net.outputSize), [2, net.outputSize]);
      const loss = (input: tf.Tensor) => tf.sum(tf.mul(net.apply(input), weights)) as tf.Scalar;
      const at = (input: tf.Tensor): number => tf.tidy(() => loss(input).dataSync()[0] as number);
      const step = 1e-2;
      const expectSlope = (slope: number, plus: number, minus: number): void => {
        const expected = (plus - minus) / (2 * step);
        expect(Math.abs(slope - expected)).toBeLessThan(2e-2 * Math.max(1, Math.abs(expected)));
      };
      const slopes = tf.grad(loss)(x).dataSync() as Float32Array;
      const values = x.dataSync() as Float32Array;
      const isFlag = (i: number): boolean => "missing" in net && net.missing === true && i % 2 === 1;
      const toward = key
        .fold("toward")
        .normal(values.length)
        .map((value, i) => (isFlag(i) ? 0 : value));
      const moved = (by: number) =>
        tf.tensor2d(
          values.map((v, i) => v + by * (toward[i] as number)),
          [2, net.inputSize],
        );
      const slopeOfInputs = slopes.reduce((sum, value, i) => sum + value * (toward[i] as number), 0);
      expectSlope(slopeOfInputs, at(moved(step)), at(moved(-step)));
      const { grads } = tf.variableGrads(
        () => loss(x),
        [...net.parameters().values()].map((p) => p.variable),
      );
      for (const [path, parameter] of net.parameters()) {
        const before = Float32Array.from(parameter.read());
        const direction = key.fold(path).normal(before.length);
        const gradient = grads[parameter.variable.name]?.dataSync() as Float32Array;
        const slope = gradient.reduce((sum, value, i) => sum + value * (direction[i] as number), 0);
        const along = (by: number): number => {
          parameter.write(before.map((value, i) => value + by * (direction[i] as number)));
          return at(x);
        };
        const [plus, minus] = [along(step), along(-step)];
        parameter.write(before);
        expectSlope(slope, plus, minus);
      }
    });

    test("batch axes, the file, and no leak", () => {
      using net = make();
      const x = rows(net, 6);
      const flat = net.apply(x).dataSync();
      const outputs = net.apply(tf.reshape(x, [2, 3, net.inputSize]));
      expect(outputs.shape).toEqual([2, 3, net.outputSize]);
      expect(outputs.dataSync()).toEqual(flat);
      expect(new Set(flat).size).toBeGreaterThan(6);
      const node = JSON.parse(JSON.stringify(registry.encode(net)));
      using copy = registry.decode(node) as Conditioner;
      for (const [path, parameter] of net.parameters()) copy.parameters().get(path)?.write(parameter.read());
      expect(copy.apply(x).dataSync()).toEqual(flat);
      expectNoLeak(() => net.apply(x).dispose());
    });
  });

  const sets = {
    "deep set": () => new DeepSet({ ...set, missing: true }),
    attention: () => new AttentionEncoder({ ...set, width: 8, heads: 2, missing: true }),
  };

  test.each(Object.entries(sets))("%s: neither the sequence of the elements nor what pads them matters", (_, make) => {
    using net = make();
    const cells = new MissingMask({ inputSize: 8 });
    const none = Number.NaN;
    const outputs = net.apply(
      cells.apply(
        tf.tensor2d([
          [1, 2, -1, 0.5, 3, 1, none, none],
          [3, 1, none, none, 1, 2, -1, 0.5],
          [1, 2, -1, 0.5, 3, 1, 0, 0],
          Array(8).fill(none),
        ]),
      ),
    );
    const [first, second, other, empty] = outputs.arraySync() as number[][];
    for (const [i, value] of (first as number[]).entries()) expect(second?.[i]).toBeCloseTo(value, 5);
    expect(other).not.toEqual(first);
    expect(empty?.every(Number.isFinite)).toBe(true);
  });

  test("places matter with positions, in series and in images", () => {
    using attention = new AttentionEncoder({ ...set, elementSize: 1, positions: true });
    using conv = new ConvEncoder({ shape: [4, 1], outputSize: 3, key });
    for (const net of [attention, conv]) {
      const [first, second] = net.apply(tf.tensor2d([1, 2, 3, 4, 4, 3, 2, 1], [2, 4])).arraySync() as number[][];
      expect(second).not.toEqual(first);
    }
  });

  test("a convolution of a series is that of TensorFlow.js", () => {
    using net = new ConvEncoder({ shape: [6, 2], outputSize: 3, channels: [4], kernelSize: 3, hidden: [], key });
    const weight = net.parameters().get("convolutions.0.layers.0.weight")?.variable as tf.Tensor;
    const bias = net.parameters().get("convolutions.0.layers.0.bias")?.variable as tf.Tensor;
    const x = tf.tensor2d(key.normal(12), [1, 12]);
    const conv = tf.conv1d(
      tf.reshape(x, [1, 6, 2]) as tf.Tensor3D,
      tf.reshape(weight, [3, 2, 4]) as tf.Tensor3D,
      1,
      "same",
    );
    const pooled = tf.mean(tf.reshape(tf.relu(tf.add(conv, bias)), [1, 3, 2, 4]), 2);
    const last = (name: string) => net.parameters().get(`network.layers.0.${name}`)?.variable as tf.Tensor;
    const expected = tf
      .add(tf.matMul(tf.reshape(pooled, [1, 12]), last("weight") as tf.Tensor2D), last("bias"))
      .dataSync();
    for (const [i, value] of net.apply(x).dataSync().entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
  });

  test("missing cells become 0 and 1, and pass gradients where there are numbers", () => {
    const net = new MissingMask({ inputSize: 3 });
    const x = tf.tensor1d([0.5, Number.NaN, -2]);
    expect([...net.apply(x).dataSync()]).toEqual([0.5, 0, 0, 1, -2, 0]);
    const slopes = tf.grad((v: tf.Tensor) => tf.sum(tf.mul(net.apply(v), [1, 2, 3, 4, 5, 6])) as tf.Scalar)(x);
    expect([...slopes.dataSync()]).toEqual([1, 0, 5]);
    expectNoLeak(() => net.apply(x).dispose());
    expect(registry.encode(registry.decode({ ...registry.encode(net) }))).toEqual(registry.encode(net));
  });
});

test("refuses sizes that make no network", () => {
  expect(() => new AttentionEncoder({ ...set, width: 6, heads: 4 })).toThrow(
    new OptionError("AttentionEncoder: expected heads that divide the width 6, got 4."),
  );
  expect(() => new ConvEncoder({ shape: [8], outputSize: 1 })).toThrow(
    new OptionError("ConvEncoder: expected shape to be [length, channels] or [height, width, channels], got [8]."),
  );
  expect(() => new ConvEncoder({ shape: [8, 1], outputSize: 1, kernelSize: 4 })).toThrow(OptionError);
  expect(() => new DeepSet({ ...set, elements: 0 })).toThrow(
    new OptionError("DeepSet: expected elements to be an integer of at least 1, got 0."),
  );
  const node = registry.encode(new AttentionEncoder(set));
  expect(() => registry.decode({ ...node, config: { ...(node.config as object), heads: 5 } })).toThrow(ModelFileError);
});
