import { useBackend } from "@pushforward/backend";
import { ContextError, createKey, ModelFileError, OptionError, ShapeError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { ConstantAffine, constantAffineCodec } from "./constant-affine.ts";

const registry = createRegistry(constantAffineCodec);

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("standardizes values with a large mean to the last digits of float32", () => {
      const shift = [1_234_567.891, -98_765.4321, 0.1, 1e-8];
      const scale = [3.7, 0.011, 250, 1e-9];
      const transform = new ConstantAffine({ shift, scale });
      const x = Float32Array.from(createKey(1).normal(400), (z, i) => {
        return (shift[i % 4] as number) + (scale[i % 4] as number) * z;
      });
      const u = transform.inverse(tf.tensor2d(x, [100, 4])).dataSync();
      for (const [i, value] of u.entries()) {
        const expected = ((x[i] as number) - (shift[i % 4] as number)) / (scale[i % 4] as number);
        expect(Math.abs(value - expected)).toBeLessThan(3e-7 * Math.max(1, Math.abs(expected)));
      }
      const back = transform.forward(tf.tensor2d(u, [100, 4])).dataSync();
      // One unit in the last place of x, no more.
      for (const [i, value] of back.entries()) {
        expect(Math.abs(value - (x[i] as number))).toBeLessThanOrEqual(2 ** -23 * Math.abs(x[i] as number));
      }
    });

    test("forward has no bias where float32 can't hold the shift", () => {
      const shift = 2 ** 20 + 0.0624; // its float32 is 2²⁰
      const u = createKey(2).normal(400);
      const x = new ConstantAffine({ shift: [shift], scale: [3] }).forward(tf.tensor2d(u, [400, 1])).dataSync();
      const bias = Array.from(x).reduce((sum, value, i) => sum + value - (shift + 3 * (u[i] as number)), 0) / 400;
      expect(Math.abs(bias)).toBeLessThan(0.01);
    });

    test("log-det is the float64 sum, for each event", () => {
      const transform = new ConstantAffine({ shift: [0, 0], scale: [-2, 1e-9] });
      const [, logDet] = transform.forwardAndLogDet(tf.ones([3, 2]));
      expect([...logDet.dataSync()]).toEqual(new Array(3).fill(Math.fround(Math.log(2) + Math.log(1e-9))));
    });
  });
}

test("the config keeps float64", () => {
  const transform = new ConstantAffine({ shift: [0.1, 1e6 + 1 / 3], scale: [1 / 3, 7] });
  const copy = registry.decode(JSON.parse(JSON.stringify(registry.encode(transform)))) as ConstantAffine;
  expect(copy.shift).toEqual([0.1, 1e6 + 1 / 3]);
  expect(copy.scale).toEqual([1 / 3, 7]);
});

test.each([
  [0, "0"],
  [Number.NaN, "NaN"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
  [1e-50, "1e-50"],
  [1e39, "1e+39"],
])("scale %s is refused by index", (bad, text) => {
  const run = () => new ConstantAffine({ shift: [0, 0], scale: [1, bad] });
  expect(run).toThrow(OptionError);
  expect(run).toThrow(
    `ConstantAffine: expected scale[1] to be a finite, nonzero float32, got ${text}. Use 1 for a constant column.`,
  );
});

test.each([
  [
    () => new ConstantAffine({ shift: [Number.POSITIVE_INFINITY], scale: [1] }),
    OptionError,
    "ConstantAffine: expected shift[0] to be a finite float32, got Infinity.",
  ],
  [
    () => new ConstantAffine({ shift: [1], scale: [1, 2] }),
    ShapeError,
    "ConstantAffine: expected one shift for each of 2 scales, got 1.",
  ],
  [
    () => new ConstantAffine({ shift: [], scale: [] }),
    OptionError,
    "ConstantAffine: expected at least 1 feature, got 0.",
  ],
  [
    () => new ConstantAffine({ shift: [1], scale: [1] }).forward(tf.ones([1]), tf.ones([2, 3])),
    ContextError,
    "ConstantAffine.forward: expected no context, got one of shape [2, 3]. Give it to a conditional flow.",
  ],
])("error %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(new kind(message));
});

test.each([
  [{ shift: [1], scale: [0] }],
  [{ shift: [1], scale: [1, 2] }],
  [{ shift: [], scale: [] }],
  [{ shift: [1e39], scale: [1] }],
  [{ shift: [1], scale: ["1"] }],
  [{ shift: [1], scale: [1], extra: 1 }],
])("config %j is refused", (config) => {
  expect(() => registry.decode({ type: "pushforward/constant-affine", version: 1, config })).toThrow(ModelFileError);
});
