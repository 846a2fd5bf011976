import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak, maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { taperedCodec } from "./codecs.ts";
import { mlpCodec } from "./common-codecs.ts";
import { Mlp } from "./mlp.ts";
import { Tapered } from "./tapered.ts";

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
