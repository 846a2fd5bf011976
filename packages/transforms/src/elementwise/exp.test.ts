import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Exp } from "./exp.ts";

beforeAll(() => useBackend("cpu"));

test("0 is taken for the smallest normal number, and nothing is below", () => {
  using exp = new Exp();
  const [x, logDet] = exp.inverseAndLogDet(tf.tensor1d([1, 0, -1]));
  expect(maxError(x, [0, -126 * Math.LN2, -126 * Math.LN2])).toBeLessThan(1e-6);
  expect(maxError(logDet, [0, 126 * Math.LN2, Number.NEGATIVE_INFINITY])).toBeLessThan(1e-6);
  expect(exp.support).toBe(exp);
});
