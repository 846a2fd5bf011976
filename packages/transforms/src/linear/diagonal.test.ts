import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Diagonal } from "./diagonal.ts";

beforeAll(() => useBackend("cpu"));

test("scales each feature and keeps 0", () => {
  using map = new Diagonal({ features: 2 });
  map.parameters().get("logScale")?.write([Math.LN2, -Math.LN2]);
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d([1, 1, 0, 6], [2, 2]));
  expect(maxError(y, [2, 0.5, 0, 3])).toBeLessThan(1e-6);
  expect(maxError(logDet, [0, 0])).toBeLessThan(1e-6);
});
