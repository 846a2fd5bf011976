import { useBackend } from "@pushforward/backend";
import { ContextError, createKey, DisposedError, ModelFileError, OptionError, ShapeError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { AffineElementwise, ConstantAffine, constantAffineCodec } from "./affine-elementwise.ts";
import { CircularShift } from "./circular-shift.ts";

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

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each([0, 1, -2.5, 3.1, 40])("turns by %d as complex numbers do", (shift) => {
      using layer = new CircularShift({ features: 1 });
      layer
        .parameters()
        .get("shift")
        ?.variable.assign(tf.tensor1d([shift]));
      const angles = [-3.1, -1, 0, 0.5, 3];
      const got = tf.tidy(() => layer.forward(tf.tensor2d(angles, [5, 1])).dataSync());
      for (const [i, angle] of angles.entries()) {
        // e^{i(x + t)} by the addition theorems, in float64.
        const cosine = Math.cos(angle) * Math.cos(shift) - Math.sin(angle) * Math.sin(shift);
        const sine = Math.sin(angle) * Math.cos(shift) + Math.cos(angle) * Math.sin(shift);
        expect(Math.abs((got[i] as number) - Math.atan2(sine, cosine))).toBeLessThan(1e-5);
      }
    });

    test("the ends are inside, beyond them the log-det is −∞", () => {
      using layer = new CircularShift({ features: 1 });
      const logDet = tf.tidy(() =>
        Array.from(layer.inverseAndLogDet(tf.tensor2d([[-Math.PI], [Math.PI], [3.2], [Number.NaN]]))[1].dataSync()),
      );
      expect(logDet.slice(0, 3)).toEqual([0, 0, Number.NEGATIVE_INFINITY]);
    });
  });
}
