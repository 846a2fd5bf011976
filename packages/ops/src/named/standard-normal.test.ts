import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { standardNormal } from "../index.ts";

for (const backend of ["cpu", "wasm"] as const) {
  describe(`standardNormal on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    test("gives the draws of the key bit for bit, for keys of every making", () => {
      const root = createKey(20261124);
      const keys = [
        root,
        createKey(0),
        createKey(-1),
        createKey("text"),
        root.fold(3),
        root.fold("a"),
        ...root.split(),
      ];
      for (const [i, key] of keys.entries()) {
        for (const shape of [[], [1], [7], [8, 1], [3, 5, 2], [1003], [0], [2, 0]]) {
          const draws = standardNormal(key, shape);
          const values = draws.dataSync() as Float32Array;
          expect(draws.shape).toEqual(shape);
          expect(draws.dtype).toBe("float32");
          const expected = key.normal(values.length);
          expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(expected.buffer)), `key ${i}`).toBe(0);
          draws.dispose();
        }
      }
    });

    test("is a constant under differentiation", () => {
      const gradient = tf.tidy(() =>
        tf
          .grad((x) => tf.sum(tf.mul(x, standardNormal(createKey(1), [3]))))(tf.zeros([3]))
          .dataSync(),
      );
      expect([...gradient]).toEqual([...createKey(1).normal(3)]);
    });

    test("leaves one tensor", () => {
      const before = tf.memory();
      standardNormal(createKey(1), [100]).dispose();
      const { numTensors, numDataBuffers } = tf.memory();
      expect([numTensors, numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
    });

    test("a shape that is none is refused", () => {
      expect(() => standardNormal(createKey(1), [-1])).toThrow(OptionError);
      expect(() => standardNormal(createKey(1), [1.5])).toThrow(OptionError);
    });
  });
}
