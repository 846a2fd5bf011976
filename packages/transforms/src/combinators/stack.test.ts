import { useBackend } from "@pushforward/backend";
import { ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Exp } from "../elementwise/exp.ts";
import { Tanh } from "../elementwise/tanh.ts";
import { Permutation } from "../linear/permutation.ts";
import { Identity } from "./identity.ts";
import { stackBijections } from "./stack.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("each place of the axis has a bijection of its own", () => {
    const transform = stackBijections({ parts: [new Identity(), new Exp(), new Tanh()] });
    const [y, logDet] = transform.forwardAndLogDet(tf.tensor2d([[3, 0.5, 0.2]]));
    const expected = [3, Math.exp(0.5), Math.tanh(0.2)];
    for (const [i, value] of y.dataSync().entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
    expect(logDet.dataSync()[0]).toBeCloseTo(0.5 + Math.log(1 - Math.tanh(0.2) ** 2), 5);
  });

  test("along another axis, whose places are events of higher rank", () => {
    const swap = new Permutation({ order: [1, 0] });
    const rows = stackBijections({ parts: [swap, new Identity()], axis: -2 });
    expect(
      Array.from(
        rows
          .forward(
            tf.tensor2d([
              [1, 2],
              [3, 4],
            ]),
          )
          .dataSync(),
      ),
    ).toEqual([2, 1, 3, 4]);
    const columns = stackBijections({ parts: [swap, new Identity()] });
    expect(
      Array.from(
        columns
          .forward(
            tf.tensor2d([
              [1, 2],
              [3, 4],
            ]),
          )
          .dataSync(),
      ),
    ).toEqual([3, 2, 1, 4]);
  });
});

test("refuses an axis of another length", () => {
  expect(() => stackBijections({ parts: [new Identity(), new Exp()] }).forwardShape([3])).toThrow(
    new ShapeError(
      "stackBijections.forwardShape: expected an event of 1 axis whose axis -1 has 2 entries, got shape [3].",
    ),
  );
});
