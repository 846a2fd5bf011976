import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { logitTransform } from "./logit-transform.ts";

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
