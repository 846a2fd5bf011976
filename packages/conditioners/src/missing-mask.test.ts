import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, parameterCount } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak, maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { periodicCodec } from "./codecs.ts";
import { madeCodec } from "./common-codecs.ts";
import { Made } from "./made.ts";
import { Periodic } from "./missing-mask.ts";

/** Three angles in the order 2, 0, 1, with random weights. */
function network(outputsPerVariable: number): Periodic {
  const layout = { start: "uniform" } as const;
  const order = [1, 1, 2, 2, 0, 0];
  const sizes = { features: 6, outputsPerVariable: Math.ceil(outputsPerVariable / 2), context: 1, hidden: [16, 16] };
  return new Periodic({ conditioner: new Made({ ...sizes, order, layout, key: createKey(1) }), outputsPerVariable });
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([4, 5])("%i outputs of an angle are continuous around the circle, and depend on earlier ones", (count) => {
    using net = network(count);
    expect(net.outputSize).toBe(3 * count);
    tf.tidy(() => {
      const x = tf.tensor2d([[0.3, -2, 1]]);
      const c = tf.tensor2d([[0.7]]);
      const outputs = net.apply(x, c);
      expect(outputs.shape).toEqual([1, 3 * count]);
      expect(maxError(net.apply(tf.add(x, 2 * Math.PI), c), outputs)).toBeLessThan(1e-5);
      // The second angle is the last in the order: nothing depends on it.
      expect(maxError(net.apply(tf.add(x, [[0, 1, 0]]), c), outputs)).toBe(0);
      const moved = tf.sub(net.apply(tf.add(x, [[1, 0, 0]]), c), outputs).dataSync();
      expect([...moved].map((v) => v !== 0)).toEqual(
        Array.from({ length: 3 * count }, (_, i) => Math.floor(i / count) === 1),
      );
    });
  });

  test.each([4, 5])("%i outputs step by step are those of one pass", (count) => {
    using net = network(count);
    expectNoLeak(() =>
      tf.tidy(() => {
        const x = tf.tensor2d([0.3, -2, 1, 3, 0.1, -0.5], [2, 3]);
        const c = tf.tensor2d([[0.7], [-1]]);
        const steps = net.begin(2, c);
        const all = tf.reshape(net.apply(x, c), [2, 3, count]);
        let previous: tf.Tensor | undefined;
        for (const variable of [2, 0, 1]) {
          const expected = tf.reshape(tf.slice(all, [0, variable, 0], [2, 1, count]), [2, count]);
          expect(maxError(steps.next(previous), expected)).toBeLessThan(1e-6);
          previous = tf.slice(x, [0, variable], [2, 1]);
        }
      }),
    );
  });
});

test("goes through a model file", () => {
  const registry = createRegistry(madeCodec, periodicCodec);
  using net = network(5);
  using copy = registry.decode({ ...registry.encode(net) }) as Periodic;
  expect([copy.outputsPerVariable, copy.order, parameterCount(copy.parameters())]).toEqual([
    5,
    [1, 2, 0],
    parameterCount(net.parameters()),
  ]);
});

test("refuses what has no pairs", () => {
  using made = new Made({ features: 4, outputsPerVariable: 2 });
  expect(() => new Periodic({ conditioner: made })).toThrow(
    new OptionError("Periodic: expected a conditioner of pairs of variables of one rank, got the order [0, 1, 2, 3]."),
  );
  using pairs = new Made({ features: 2, outputsPerVariable: 2, order: [0, 0] });
  expect(() => new Periodic({ conditioner: pairs, outputsPerVariable: 2 })).toThrow(
    new OptionError("Periodic: expected outputsPerVariable 4 or 3, got 2."),
  );
});
