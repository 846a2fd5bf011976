import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { LeakyRelu } from "./leaky-relu.ts";

beforeAll(() => useBackend("cpu"));

test("bends below 0", () => {
  using map = new LeakyRelu({ features: 3, slope: 0.25 });
  const [y, logDet] = map.forwardAndLogDet(tf.tensor1d([-4, 0, 6]));
  expect(maxError(y, [-1, 0, 6])).toBeLessThan(1e-6);
  expect(maxError(logDet, [Math.log(0.25)])).toBeLessThan(1e-6);
});

test("a fixed slope is no trainable parameter", () => {
  using map = new LeakyRelu({ features: 3, trainable: false });
  expect([...map.parameters().values()].map(({ trainable }) => trainable)).toEqual([false]);
});

test("errors", () => {
  expect(() => new LeakyRelu({ features: 1, slope: 0 })).toThrow(
    new OptionError("LeakyRelu: expected a finite slope above 0, got 0."),
  );
});
