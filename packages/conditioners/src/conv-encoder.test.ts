import { useBackend } from "@pushforward/backend";
import { ContextError, createKey, OptionError, type Parameter, ShapeError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { convNetCodec } from "./codecs.ts";
import { ConvNet } from "./conv-encoder.ts";

const key = createKey(4);

/** Random weights, in the last layer too; without the biases by neighbor, which a convolution has not. */
function moved(net: ConvNet): ConvNet {
  for (const [path, parameter] of net.parameters()) {
    if (path.endsWith("2.bias")) continue;
    parameter.write(
      key
        .fold(path)
        .normal(parameter.read().length)
        .map((v) => 0.3 * v),
    );
  }
  return net;
}

function weight(net: ConvNet, path: string): tf.Tensor {
  return (net.parameters().get(`network.layers.${path}`) as Parameter).variable;
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("is three convolutions of TensorFlow.js", () => {
    using net = moved(new ConvNet({ inputSize: 2, outputSize: 3, hidden: [5, 4], key }));
    const x = tf.tensor4d(key.normal(2 * 4 * 5 * 2), [2, 4, 5, 2]);
    const filters = [
      tf.reshape(weight(net, "0.weight"), [3, 3, 2, 5]),
      tf.reshape(weight(net, "1.weight"), [1, 1, 5, 4]),
      // The last layer gives the outputs for each neighbor side by side: [in, place, out].
      tf.reshape(tf.transpose(tf.reshape(weight(net, "2.weight"), [4, 9, 3]), [1, 0, 2]), [3, 3, 4, 3]),
    ] as tf.Tensor4D[];
    let h: tf.Tensor4D = x;
    for (const [i, filter] of filters.entries()) {
      h = tf.conv2d(h, filter, 1, "same");
      if (i < 2) h = tf.relu(tf.add(h, weight(net, `${i}.bias`)));
    }
    const expected = h.dataSync();
    const got = net.apply(x);
    expect(got.shape).toEqual([2, 4, 5, 3]);
    for (const [i, value] of got.dataSync().entries()) expect(value).toBeCloseTo(expected[i] as number, 4);
  });

  test("a context reaches all pixels of its image, and broadcasts", () => {
    using net = moved(new ConvNet({ inputSize: 1, outputSize: 1, context: 2, hidden: [3], key }));
    const x = tf.ones([2, 3, 3, 1]);
    const given = tf.tensor2d([
      [1, 2],
      [-1, 0.5],
    ]);
    const both = net.apply(x, given).arraySync() as number[][][][];
    for (const [i, context] of (given.arraySync() as number[][]).entries()) {
      const alone = net.apply(tf.ones([3, 3, 1]), tf.tensor1d(context)).dataSync();
      for (const [j, value] of (both[i] as number[][][]).flat(2).entries())
        expect(value).toBeCloseTo(alone[j] as number, 5);
    }
    expect(both[0]).not.toEqual(both[1]);
  });

  test("starts at zero, and leaks nothing", () => {
    using net = new ConvNet({ inputSize: 1, outputSize: 2, hidden: [3], key });
    const x = tf.ones([3, 3, 1]);
    expect(
      net
        .apply(x)
        .dataSync()
        .every((value) => value === 0),
    ).toBe(true);
    expectNoLeak(() => net.apply(x).dispose());
  });
});

test("comes back from a file", () => {
  const registry = createRegistry(convNetCodec);
  const net = new ConvNet({
    inputSize: 2,
    outputSize: 3,
    context: 1,
    hidden: [5, 4],
    kernelSize: 5,
    activation: "silu",
  });
  const node = registry.encode(net);
  expect(registry.encode(registry.decode({ ...node }))).toEqual(node);
});

test("refuses bad sizes and inputs", async () => {
  await useBackend("cpu");
  expect(() => new ConvNet({ inputSize: 1, outputSize: 1, kernelSize: 2 })).toThrow(
    new OptionError("ConvNet: expected kernelSize to be an odd number from 1 to 15, got 2."),
  );
  expect(() => new ConvNet({ inputSize: 0, outputSize: 1 })).toThrow(OptionError);
  const net = new ConvNet({ inputSize: 2, outputSize: 1 });
  expect(() => net.apply(tf.ones([4, 4, 1]))).toThrow(
    new ShapeError("ConvNet.apply: expected x of shape [..., height, width, 2], got [4, 4, 1]."),
  );
  expect(() => net.apply(tf.ones([4, 4, 2]), tf.ones([1]))).toThrow(ContextError);
  const given = new ConvNet({ inputSize: 2, outputSize: 1, context: 1 });
  expect(() => given.apply(tf.ones([3, 4, 4, 2]), tf.ones([2, 1]))).toThrow(
    new ContextError(
      "ConvNet.apply: expected a context with batch axes that broadcast with x of shape [3, 4, 4, 2], got [2, 1].",
    ),
  );
});
