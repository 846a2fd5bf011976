import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { LeakyTanh } from "./leaky-tanh.ts";

beforeAll(() => useBackend("cpu"));

test("the tangent lines go on where the curve ends", () => {
  using map = new LeakyTanh({ max: 2 });
  const slope = 1 / Math.cosh(2) ** 2;
  const [y, logDet] = map.forwardAndLogDet(tf.tensor1d([-5, -1, 2, 100]));
  expect(maxError(y, [-Math.tanh(2) - 3 * slope, Math.tanh(-1), Math.tanh(2), Math.tanh(2) + 98 * slope])).toBeLessThan(
    1e-6,
  );
  expect(maxError(logDet, [slope, 1 / Math.cosh(1) ** 2, slope, slope].map(Math.log))).toBeLessThan(1e-6);
});

test("errors", () => {
  expect(() => new LeakyTanh({ max: 20 })).toThrow(
    new OptionError("LeakyTanh: expected max above 0 and up to 7, got 20."),
  );
});
