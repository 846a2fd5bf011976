import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, ShapeError } from "@pushforward/core";
import { inverse, logAbsDet } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { chain } from "../combinators/chain.ts";
import { concatenate } from "../combinators/concatenate.ts";
import { Identity, invert } from "../combinators/independent.ts";
import { Exp } from "../elementwise/activations.ts";
import { AffineElementwise } from "../elementwise/affine-elementwise.ts";
import { Checkerboard, invertible1x1, logitTransform, multiScale, Squeeze } from "./image-transforms.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("white pixels are the first channels, black ones the others", () => {
    const x = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 4, 1]);
    const y = new Checkerboard().forward(x).arraySync();
    expect(y).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [6, 5],
        [8, 7],
      ],
      [
        [9, 10],
        [11, 12],
      ],
    ]);
  });

  test("between it and its inverse a map of the second half is one of the black pixels", () => {
    const black = concatenate({ parts: [new Identity(), new Exp()], sizes: [2, 2] });
    const layer = chain([new Checkerboard(), black, invert(new Checkerboard())]);
    const y = layer.forward(tf.zeros([5, 4, 6, 2])).arraySync() as number[][][][];
    for (const image of y) {
      for (const [i, row] of image.entries()) {
        for (const [j, pixel] of row.entries()) expect(pixel).toEqual((i + j) % 2 === 0 ? [0, 0] : [1, 1]);
      }
    }
  });
});

test("refuses an odd width", () => {
  expect(() => new Checkerboard().forwardShape([2, 3, 1])).toThrow(
    new ShapeError(
      "Checkerboard.forwardShape: expected an image [height, width, channels] with an even width, got shape [2, 3, 1].",
    ),
  );
  expect(() => new Checkerboard().inverse(tf.zeros([2, 3, 3]))).toThrow(ShapeError);
});

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([2, 3])("by %i undoes depthToSpace of TensorFlow.js", (factor) => {
    const squeeze = new Squeeze({ factor });
    const y = tf.tensor4d(createKey(1).normal(2 * 2 * 3 * 2 * factor ** 2), [2, 2, 3, 2 * factor ** 2]);
    const x = tf.depthToSpace(y, factor);
    expect(squeeze.inverse(y).arraySync()).toEqual(x.arraySync());
    expect(squeeze.forward(x).arraySync()).toEqual(y.arraySync());
    expect(squeeze.forwardAndLogDet(x)[1].arraySync()).toEqual([0, 0]);
  });
});

test("refuses what the factor does not divide", () => {
  expect(() => new Squeeze().forwardShape([3, 2, 1])).toThrow(
    new ShapeError(
      "Squeeze.forwardShape: expected an image [height, width, channels] whose height and width 2 divides, got shape [3, 2, 1].",
    ),
  );
  expect(() => new Squeeze().inverseShape([3, 2, 6])).toThrow(ShapeError);
  expect(() => new Squeeze({ factor: 0 })).toThrow(
    new OptionError("Squeeze: expected factor to be an integer of at least 1, got 0."),
  );
});

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("is conv2d of TensorFlow.js with one matrix, whose log-det counts once for each pixel", () => {
    using mix = invertible1x1({ channels: 3, key: createKey(5) });
    // The rows of the matrix are what it makes of the unit vectors.
    const matrix = mix.forward(tf.reshape(tf.eye(3), [3, 1, 1, 3]));
    const x = tf.tensor4d(createKey(6).normal(2 * 4 * 5 * 3), [2, 4, 5, 3]);
    const expected = tf.conv2d(x, tf.reshape(matrix, [1, 1, 3, 3]) as tf.Tensor4D, 1, "valid").dataSync();
    const [y, logDet] = mix.forwardAndLogDet(x);
    for (const [i, value] of y.dataSync().entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
    const single = logAbsDet(tf.reshape(matrix, [3, 3])).dataSync()[0] as number;
    for (const value of logDet.dataSync()) expect(value).toBeCloseTo(20 * single, 4);
    const back = tf.conv2d(
      y as tf.Tensor4D,
      tf.reshape(inverse(tf.reshape(matrix, [3, 3])), [1, 1, 3, 3]) as tf.Tensor4D,
      1,
      "valid",
    );
    const found = mix.inverse(y).dataSync();
    for (const [i, value] of back.dataSync().entries()) expect(found[i]).toBeCloseTo(value, 4);
  });
});

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("the inverse is logit(α + (1 − 2α)·x), in float64", () => {
    const alpha = 0.05;
    const pixels = [0, 0.1, 0.5, 1];
    const [u, logDet] = logitTransform({ channels: 1, alpha }).inverseAndLogDet(tf.tensor2d(pixels, [4, 1]));
    for (const [i, x] of pixels.entries()) {
      const p = alpha + (1 - 2 * alpha) * x;
      expect(u.dataSync()[i]).toBeCloseTo(Math.log(p / (1 - p)), 5);
      expect(logDet.dataSync()[i]).toBeCloseTo(Math.log((1 - 2 * alpha) / (p * (1 - p))), 5);
    }
  });
});

test("refuses an alpha that leaves nothing", () => {
  expect(() => logitTransform({ channels: 1, alpha: 0.5 })).toThrow(
    new OptionError("logitTransform: expected alpha above 0 and below 0.5, got 0.5."),
  );
});

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("half of the numbers pass one level, a quarter two, a quarter of them with all", () => {
    // Doubles the channels that go on, then those of all: what is factored out at level l was doubled l + 1 times.
    const doubling = [4, 8, 16].map((features) => new AffineElementwise({ features, scale: 2 }));
    const transform = multiScale({ channels: 1, levels: doubling });
    const [x, logDet] = transform.forwardAndLogDet(tf.ones([8, 8, 1]));
    const counts = new Map<number, number>();
    for (const value of x.dataSync()) counts.set(Math.round(value), (counts.get(Math.round(value)) ?? 0) + 1);
    expect([...counts].sort(([a], [b]) => a - b)).toEqual([
      [2, 32],
      [4, 16],
      [8, 16],
    ]);
    expect(logDet.dataSync()[0]).toBeCloseTo((32 + 2 * 16 + 3 * 16) * Math.log(2), 3);
  });
});

test("refuses images that the levels do not divide, and no levels", () => {
  const transform = multiScale({ channels: 1, levels: [new Identity(), new Identity()] });
  expect(transform.forwardShape([8, 4, 1])).toEqual([8, 4, 1]);
  expect(() => transform.forwardShape([6, 4, 1])).toThrow(ShapeError);
  expect(() => transform.forwardShape([8, 4, 2])).toThrow(ShapeError);
  expect(() => multiScale({ channels: 1, levels: [] })).toThrow(
    new OptionError("multiScale: expected at least 1 level, got none."),
  );
});
