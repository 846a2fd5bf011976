import { useBackend } from "@pushforward/backend";
import { type Conditioner, createKey, ModelFileError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { cpuSecondsOf } from "../../testing/test/cpu-seconds-of.ts";
import { conditionersCodecs } from "./codecs.ts";
import { Mlp, ResidualMlp } from "./dense-network.ts";
import { Made, type MadeOptions } from "./made.ts";

const registry = createRegistry(...conditionersCodecs);
const key = createKey(2);

test.each([
  ["pushforward/mlp", new Mlp({ inputSize: 2, outputSize: 3, context: 1, hidden: [4, 7], activation: "elu", key })],
  ["pushforward/residual-mlp", new ResidualMlp({ inputSize: 2, outputSize: 3, context: 1, hidden: [4, 4], key })],
  [
    "pushforward/made",
    new Made({
      features: 2,
      outputsPerVariable: 2,
      context: 1,
      hidden: [5, 5],
      residual: true,
      activation: "silu",
      order: [1, 0],
      inputBound: 0.5,
      layout: { start: "uniform", context: "maps", blocks: "linear", degrees: "cyclic" },
      key,
    }),
  ],
  [
    "pushforward/made",
    new Made({
      features: 2,
      outputsPerVariable: 2,
      context: 1,
      hidden: [5],
      adjacency: [
        [0, 1, 0],
        [0, 0, 1],
      ],
      key,
    }),
  ],
] as const)("%s comes back the same bit for bit", async (type, net: Conditioner) => {
  await useBackend("cpu");
  for (const [path, parameter] of net.parameters()) parameter.write(key.fold(path).normal(parameter.read().length));
  const node = JSON.parse(JSON.stringify(registry.encode(net)));
  expect(node.type).toBe(type);
  const before = tf.memory().numTensors;
  const copy = registry.decode(node) as Conditioner;
  expect(tf.memory().numTensors).toBe(before);
  expect([...copy.parameters().keys()]).toEqual([...net.parameters().keys()]);
  for (const [path, parameter] of copy.parameters()) {
    expect(parameter.shape).toEqual(net.parameters().get(path)?.shape);
    parameter.write(net.parameters().get(path)?.read() as Float32Array);
  }
  const x = tf.tensor2d([0.4, -2, 1, 3], [2, 2]);
  const context = tf.tensor2d([0.5, -0.5], [2, 1]);
  expect(copy.apply(x, context).dataSync()).toEqual(net.apply(x, context).dataSync());
  expect(registry.encode(copy)).toEqual(registry.encode(net));
});

test.each([
  [[0, 1, 1, 0], /cycles, got one: 0 → 1 → 0/],
  [[0, 1, 0], /expected adjacency with 2 rows.*got 3 rows of 1 columns/],
  [[0, 2, 0, 0], /adjacency/],
  [[], /adjacency/],
])("refuses the adjacency %j of a file", (adjacency, message) => {
  const { order: _, ...config } = registry.encode(new Made({ features: 2, outputsPerVariable: 1 })).config;
  const decode = () => registry.decode({ type: "pushforward/made", version: 2, config: { ...config, adjacency } });
  expect(decode).toThrow(ModelFileError);
  expect(decode).toThrow(message);
});

test("a config says a layout that is not the usual one", () => {
  const layoutOf = (layout?: MadeOptions["layout"]) =>
    registry.encode(new Made({ features: 2, outputsPerVariable: 1, ...(layout && { layout }) })).config["layout"];
  expect(layoutOf()).toBeUndefined();
  expect(layoutOf({ start: "zero" })).toBeUndefined();
  expect(layoutOf({ start: "uniform", degrees: "spread" })).toEqual({
    ...{ start: "uniform", context: "inputs" },
    ...{ blocks: "activated", degrees: "spread" },
  });
});

test("a config that makes no network is the fault of the file", () => {
  const node = registry.encode(new Made({ features: 2, outputsPerVariable: 2 }));
  const decode = (change: object) => () => registry.decode({ ...node, config: { ...node.config, ...change } });
  expect(decode({ order: [1, 1] })).toThrow(ModelFileError);
  expect(decode({ order: [0, 1, 2] })).toThrow(ModelFileError);
  expect(decode({ layout: { context: "attention" } })).toThrow(ModelFileError);
  expect(decode({ layout: { start: "uniform" } })).toThrow(ModelFileError);
  expect(() => registry.decode({ ...node, version: 1, config: { ...node.config, convention: "pyro" } })).toThrow(
    ModelFileError,
  );
  expect(decode({ hidden: [4, 5], residual: true })).toThrow(ModelFileError);
  expect(decode({ activation: "gelu" })).toThrow(ModelFileError);
  expect(decode({ surprise: 1 })).toThrow(ModelFileError);
  expect(decode({ inputBound: 0 })).toThrow(ModelFileError);
});

test("a config that asks for a huge network costs nothing before its weights are checked", async () => {
  const seconds = await cpuSecondsOf(() => {
    const node = registry.encode(new Made({ features: 2, outputsPerVariable: 2 }));
    const features = 16_000;
    const order = Array.from({ length: features }, (_, i) => i);
    const config = { ...node.config, features, order, outputsPerVariable: 1, hidden: Array(50).fill(features) };
    const made = registry.decode({ ...node, config }) as Made;
    expect(made.parameters().get("layers.1.weight")?.shape).toEqual([features, features]);
    const larger = { ...config, hidden: Array(50).fill(60_000) };
    expect(() => registry.decode({ ...node, config: larger })).toThrow("expected a layer of at most 268435456 weights");
  });
  // Takes 0.05 s; the weights of one layer alone would be 1 GB.
  expect(seconds).toBeLessThan(3);
});
