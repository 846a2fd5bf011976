import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, ShapeError } from "@pushforward/core";
import { currentExecutor, setExecutor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Exp, Tanh } from "../elementwise/activations.ts";
import { AffineElementwise } from "../elementwise/affine-elementwise.ts";
import { LULinear } from "../linear/lu-linear.ts";
import { Permutation } from "../linear/permutation.ts";
import { chain } from "./chain.ts";
import { concatenate, stackBijections } from "./concatenate.ts";
import { Identity } from "./independent.ts";
import { Reshape } from "./reshape.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("is what the parts give for the slices, along any axis", () => {
    const key = createKey(1);
    const linear = new LULinear({ features: 3, key });
    const transform = concatenate({ parts: [linear, new Exp()], sizes: [2, 1], axis: -2 });
    expect([transform.eventRankIn, transform.eventRankOut]).toEqual([2, 2]);
    const x = tf.tensor3d(key.normal(18), [2, 3, 3]);
    const [y, logDet] = transform.forwardAndLogDet(x);
    const rows = x.arraySync() as number[][][];
    const got = y.arraySync() as number[][][];
    for (const [i, event] of rows.entries()) {
      const upper = linear.forward(tf.tensor2d(event.slice(0, 2))).arraySync() as number[][];
      expect(got[i]?.slice(0, 2).flat()).toEqual(upper.flat());
      const last = event[2] as number[];
      for (const [j, value] of last.entries()) expect(got[i]?.[2]?.[j]).toBeCloseTo(Math.exp(value), 4);
      const ofLinear = linear.forwardAndLogDet(tf.tensor1d([0, 0, 0]))[1].dataSync()[0] as number;
      expect(logDet.dataSync()[i]).toBeCloseTo(2 * ofLinear + last.reduce((a, b) => a + b), 4);
    }
    linear.dispose();
  });

  test("a plan of vectors gives what tensors give", () => {
    using transform = chain([
      concatenate({
        parts: [
          new LULinear({ features: 2, key: createKey(2) }),
          new AffineElementwise({ features: 2, scale: [2, 3] }),
        ],
        sizes: [2, 2],
      }),
      new LULinear({ features: 4, key: createKey(3) }),
    ]);
    const x = tf.tensor2d(createKey(4).normal(40), [10, 4]);
    const compute = (): Float32Array[] =>
      tf.tidy(() => transform.inverseAndLogDet(x).map((t) => t.dataSync() as Float32Array));
    const planned = compute();
    const executor = currentExecutor();
    setExecutor(tf.backend(), undefined);
    const byTensors = compute();
    setExecutor(tf.backend(), executor);
    for (const [i, values] of planned.entries()) {
      for (const [j, value] of values.entries()) expect(value).toBeCloseTo(byTensors[i]?.[j] as number, 5);
    }
  });
});

test("refuses what does not fit", () => {
  const parts = [new Identity(), new Identity()];
  expect(() => concatenate({ parts, sizes: [1] })).toThrow(
    new OptionError("concatenate: expected a size for each of 2 parts, got 1."),
  );
  expect(() => concatenate({ parts, sizes: [1, 0] })).toThrow(
    new OptionError("concatenate: expected sizes[1] to be an integer of at least 1, got 0."),
  );
  expect(() => concatenate({ parts: [], sizes: [] })).toThrow(
    new OptionError("concatenate: expected at least 1 part, got none."),
  );
  expect(() => concatenate({ parts, sizes: [1, 1], axis: 0 })).toThrow(
    new OptionError("concatenate: expected an axis from -6 to -1, counted from the end, got 0."),
  );
  expect(() => concatenate({ parts: [new Reshape({ from: [2], to: [1, 2] })], sizes: [2] })).toThrow(
    new OptionError("concatenate: expected part 0 to keep the event rank, got one from 1 to 2 axes."),
  );
  const transform = concatenate({ parts, sizes: [2, 1] });
  expect(() => transform.forward(tf.zeros([2, 2]))).toThrow(
    new ShapeError("concatenate.forward: expected an event of 1 axis whose axis -1 has 3 entries, got shape [2]."),
  );
  const turned = concatenate({ parts: [new Reshape({ from: [2, 1], to: [1, 2] })], sizes: [1] });
  expect(() => turned.forward(tf.zeros([2, 1]))).toThrow(
    new ShapeError("concatenate.forward: expected part 0 to keep the event shape [2, 1], got [1, 2]."),
  );
});

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
