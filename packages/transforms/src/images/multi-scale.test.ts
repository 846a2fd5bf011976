import { useBackend } from "@pushforward/backend";
import { OptionError, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Identity } from "../combinators/identity.ts";
import { AffineElementwise } from "../elementwise/affine-elementwise.ts";
import { multiScale } from "./multi-scale.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("half of the numbers pass one level, a quarter two, a quarter of them with all", () => {
    // Doubles the channels that go on, then those of all: what is factored out at level l was doubled l + 1 times.
    const doubling = [4, 8, 16].map((features) => new AffineElementwise({ features, scale: 2 }));
    const transform = multiScale({ channels: 1, levels: doubling });
    const [x, logDet] = transform.forwardAndLogDet(tf.ones([8, 8, 1]));
    const counts = new Map<number, number>();
    for (const value of x.dataSync()) counts.set(Math.round(value), (counts.get(Math.round(value)) ?? 0) + 1);
    expect([...counts].sort(([a], [b]) => a - b)).toEqual([
      [2, 32],
      [4, 16],
      [8, 16],
    ]);
    expect(logDet.dataSync()[0]).toBeCloseTo((32 + 2 * 16 + 3 * 16) * Math.log(2), 3);
  });
});

test("refuses images that the levels do not divide, and no levels", () => {
  const transform = multiScale({ channels: 1, levels: [new Identity(), new Identity()] });
  expect(transform.forwardShape([8, 4, 1])).toEqual([8, 4, 1]);
  expect(() => transform.forwardShape([6, 4, 1])).toThrow(ShapeError);
  expect(() => transform.forwardShape([8, 4, 2])).toThrow(ShapeError);
  expect(() => multiScale({ channels: 1, levels: [] })).toThrow(
    new OptionError("multiScale: expected at least 1 level, got none."),
  );
});
