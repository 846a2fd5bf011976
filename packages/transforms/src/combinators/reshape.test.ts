import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Exp } from "../elementwise/activations.ts";
import { LULinear } from "../linear/lu-linear.ts";
import { masked, Reshape } from "./reshape.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("keeps the row-major order of each event, whatever the batch axes", () => {
    const reshape = new Reshape({ from: [4], to: [2, 2] });
    const x = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 1, 4]);
    const y = reshape.forward(x);
    expect(y.arraySync()).toEqual([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        [
          [5, 6],
          [7, 8],
        ],
      ],
      [
        [
          [9, 10],
          [11, 12],
        ],
      ],
    ]);
    expect(reshape.inverse(y).arraySync()).toEqual(x.arraySync());
  });
});

test("refuses shapes of different sizes, bad axes, and other events", () => {
  expect(() => new Reshape({ from: [4], to: [2, 3] })).toThrow(
    new ShapeError("Reshape: expected shapes of one size, got [4] of 4 and [2, 3] of 6 numbers."),
  );
  expect(() => new Reshape({ from: [0], to: [0] })).toThrow(
    new OptionError("Reshape: expected axes of integers of at least 1, got 0."),
  );
  expect(() => new Reshape({ from: [4], to: [2, 2] }).inverse(tf.zeros([4, 1]))).toThrow(
    new ShapeError("Reshape.inverse: expected an event of shape [2, 2], got shape [4, 1]."),
  );
});

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("the others stay bit for bit; the chosen ones go through the bijection in their order", () => {
    const linear = new LULinear({ features: 2, key: createKey(1) });
    const transform = masked({ bijection: linear, mask: [false, true, false, true] });
    const y = transform.forward(tf.tensor1d([0.1, 2, -0.3, 4])).dataSync();
    const expected = linear.forward(tf.tensor1d([2, 4])).dataSync();
    expect(Array.from(y)).toEqual([Math.fround(0.1), expected[0], Math.fround(-0.3), expected[1]]);
    linear.dispose();
  });
});

test("refuses a mask of all features or none", () => {
  expect(() => masked({ bijection: new Exp(), mask: [true, true] })).toThrow(
    new OptionError("masked: expected a mask that chooses some features and not all, got 2 of 2."),
  );
});
