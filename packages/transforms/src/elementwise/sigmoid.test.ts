import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Sigmoid } from "./sigmoid.ts";

beforeAll(() => useBackend("cpu"));

test("the logit of the ends is finite, the log-det outside -Infinity", () => {
  using map = new Sigmoid();
  const [x, logDet] = map.inverseAndLogDet(tf.tensor1d([0, 1e-30, 0.5, 1, 1.5, -0.5]));
  const [bottom, top] = [-126 * Math.LN2, 25 * Math.LN2];
  expect(maxError(tf.slice(x, 0, 4), [bottom, Math.log(1e-30), 0, top])).toBeLessThan(1e-6);
  const infinite = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  expect(maxError(logDet, [-bottom, -Math.log(1e-30), 2 * Math.LN2, top, ...infinite])).toBeLessThan(1e-6);
  expect(map.support).toBe(map);
});
