import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Asinh } from "./asinh.ts";

beforeAll(() => useBackend("cpu"));

test("values far out, both ways", () => {
  using map = new Asinh({ features: 1, scale: 2 });
  const x = [-1e6, -3, 1e-4, 2e5];
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d(x, [4, 1]));
  expect(
    maxError(
      y,
      x.map((v) => 2 * Math.asinh(v / 2)),
    ),
  ).toBeLessThan(1e-6);
  expect(
    maxError(
      logDet,
      x.map((v) => -0.5 * Math.log1p((v / 2) ** 2)),
    ),
  ).toBeLessThan(1e-6);
  expect(maxError(map.inverse(y), x)).toBeLessThan(1e-5);
});

test("errors", () => {
  expect(() => new Asinh({ features: 1, scale: -1 })).toThrow(
    new OptionError("Asinh: expected a finite scale above 0, got -1."),
  );
});
