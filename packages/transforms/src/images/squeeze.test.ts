import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Squeeze } from "./squeeze.ts";

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
