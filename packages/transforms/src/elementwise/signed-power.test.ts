import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { SignedPower } from "./signed-power.ts";

beforeAll(() => useBackend("cpu"));

test("values keep their signs; at 0 all is finite", () => {
  using map = new SignedPower({ features: 1 });
  map
    .parameters()
    .get("logExponent")
    ?.write([Math.log(1.5)]);
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d([-4, 0.25, 0], [3, 1]));
  expect(maxError(y, [-8, 0.125, 0])).toBeLessThan(1e-6);
  expect(maxError(tf.slice(logDet, 0, 2), [Math.log(3), Math.log(0.75)])).toBeLessThan(1e-6);
  expect(maxError(map.inverse(y), [-4, 0.25, 0])).toBeLessThan(1e-6);
  expect(Number.isFinite(logDet.dataSync()[2])).toBe(true);
});
