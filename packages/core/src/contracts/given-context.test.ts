import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { ContextError, OptionError, ShapeError } from "../errors/errors.ts";
import { createKey } from "../key.ts";
import { GivenContext } from "./given-context.ts";

beforeAll(() => useBackend("cpu"));

/** Events `[2]` at contexts `[3]`: the first two numbers of the context. */
function given(context: number[][] | tf.Tensor): GivenContext {
  return new GivenContext(context, {
    ...{ where: "Copy", contextShape: [3], eventShape: [2] },
    logProb: (x) => tf.sum(x, -1),
    sample: (_, sampleShape, { context: raw, batchShape }) =>
      tf.broadcastTo(tf.slice(raw, [0, 0], [-1, 2]), [...sampleShape, ...batchShape, 2]),
  });
}

const two = [
  [1, 2, 3],
  [4, 5, 6],
];

test("draws come with their log-densities, and no memory stays behind", () => {
  const before = tf.memory().numTensors;
  const copy = given(two);
  expect([copy.batchShape, copy.eventShape, copy.support]).toEqual([[2], [2], undefined]);
  const [x, logProb] = copy.sampleAndLogProb(createKey(0), [5]);
  expect([x.shape, logProb.shape]).toEqual([
    [5, 2, 2],
    [5, 2],
  ]);
  expect(Array.from(logProb.dataSync().subarray(0, 2))).toEqual([3, 9]);
  tf.dispose([x, logProb]);
  expect(tf.memory().numTensors).toBe(before);
});

test("contexts, values, keys and sample shapes are checked", () => {
  expect(() => given([[1, 2]])).toThrow(
    new ContextError("Copy.given: expected a context of shape [..., 3], got [1, 2]."),
  );
  const copy = given(two);
  expect(() => copy.logProb([[1]])).toThrow(
    new ShapeError("Copy.given(…).logProb: expected x of shape [..., 2], got [1, 1]."),
  );
  expect(() => copy.logProb(tf.zeros([3, 2]))).toThrow(
    new ShapeError("Copy.given(…).logProb: expected x with batch axes that broadcast with [2], got [3, 2]."),
  );
  expect(() => copy.sample(createKey(0), [-1])).toThrow(/^Copy.given\(…\).sample: /);
  expect(() => copy.sampleAndLogProb(0 as never)).toThrow(OptionError);
});
