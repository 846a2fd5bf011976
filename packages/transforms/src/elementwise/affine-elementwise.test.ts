import { useBackend } from "@pushforward/backend";
import { DisposedError, OptionError, ShapeError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { AffineElementwise } from "./affine-elementwise.ts";

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("starts at the identity", () => {
      const x = tf.tensor2d([
        [1.5, -2],
        [1e6, 0],
      ]);
      using transform = new AffineElementwise({ features: 2 });
      const [y, logDet] = transform.forwardAndLogDet(x);
      expect(maxError(y, x)).toBeLessThan(3e-7);
      expect(maxError(logDet, [0, 0])).toBeLessThan(3e-7);
      expect(logDet.shape).toEqual([2]);
    });

    test("starts at the given scale and shift", () => {
      using transform = new AffineElementwise({ features: 3, scale: [1e-6, 0.5, 1e4], shift: [1, -2, 1e5] });
      const [y, logDet] = transform.forwardAndLogDet(tf.tensor1d([3, 3, 3]));
      expect(maxError(y, [1 + 3e-6, -0.5, 1.3e5])).toBeLessThan(1e-6);
      expect(maxError(logDet, [Math.log(1e-6 * 0.5 * 1e4)])).toBeLessThan(1e-5);
      expect(logDet.shape).toEqual([]);
    });

    test("scale is softplus of the raw parameter, at extremes too", () => {
      using transform = new AffineElementwise({ features: 5 });
      transform.parameters().get("scale")?.write([-50, -2, 0, 3, 50]);
      const scale = transform.forward(tf.ones([5])).dataSync();
      // PyTorch 2.6 in float64: softplus(raw + log(e − 1)).
      const expected = [3.31413582e-22, 0.209080454, 1, 3.56988793, 50.5413249];
      for (const [i, value] of expected.entries()) expect((scale[i] as number) / value).toBeCloseTo(1, 5);
      const [, logDet] = transform.inverseAndLogDet(tf.ones([5]));
      expect(maxError(logDet, [49.4586751 + 1.56503615 - 1.2725342 - 3.92279132])).toBeLessThan(1e-6);
    });

    test("scale stays positive where softplus underflows", () => {
      using transform = new AffineElementwise({ features: 1 });
      transform.parameters().get("scale")?.write([-1000]);
      const [u, logDet] = transform.inverseAndLogDet(tf.tensor1d([1]));
      expect((u.dataSync()[0] as number) / 1e30).toBeCloseTo(1, 5);
      expect(logDet.dataSync()[0]).toBeCloseTo(Math.log(1e30), 4);
    });

    test("is not usable after dispose", () => {
      const transform = new AffineElementwise({ features: 1 });
      transform.dispose();
      transform.dispose();
      expect(() => transform.forward(tf.ones([1]))).toThrow(DisposedError);
    });
  });
}

test.each([
  [() => new AffineElementwise({}), OptionError, "AffineElementwise: expected features or shape, got neither."],
  [
    () => new AffineElementwise({ features: 1, shape: [1] }),
    OptionError,
    "AffineElementwise: expected features or shape, got both.",
  ],
  [
    () => new AffineElementwise({ features: 0 }),
    OptionError,
    "AffineElementwise: expected features to be an integer of at least 1, got 0.",
  ],
  [
    () => new AffineElementwise({ shape: [2, 1.5] }),
    OptionError,
    "AffineElementwise: expected a shape of integers of at least 1, got 1.5.",
  ],
  [
    () => new AffineElementwise({ features: 2, scale: [1, -1] }),
    OptionError,
    "AffineElementwise: expected scale[1] to be at least 1e-30, got -1.",
  ],
  [
    () => new AffineElementwise({ features: 2, shift: Number.NaN }),
    OptionError,
    "AffineElementwise: expected shift to be finite, got NaN.",
  ],
  [
    () => new AffineElementwise({ features: 2, shift: [1] }),
    ShapeError,
    "AffineElementwise: expected shift to have 2 elements, got 1.",
  ],
  [
    () => new AffineElementwise({ features: 2 }).forward(tf.ones([4, 1])),
    ShapeError,
    "AffineElementwise.forward: expected a value with event shape [2], got shape [4, 1].",
  ],
  [
    () => new AffineElementwise({ features: 2 }).inverseShape([3]),
    ShapeError,
    "AffineElementwise.inverseShape: expected event shape [2], got [3].",
  ],
])("error %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(new kind(message));
});
