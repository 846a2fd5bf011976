import * as tf from "@tensorflow/tfjs-core";
import { type ConditionalFlow, createKey, type Flow, ndArray, useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import { densityPicture } from "./density-picture.ts";

beforeAll(() => useBackend("wasm"));

const points = { batchShape: [], eventShape: [1] };
/** A log-density that is 2 everywhere. */
const flat = { ...points, logProb: (x: tf.Tensor) => tf.fill([x.shape[0] as number], 2) };
/** A log-density that is the context. */
const given = {
  ...points,
  contextShape: [1],
  given: (context: tf.Tensor) => ({ ...points, logProb: () => tf.reshape(context, [-1]) }),
};

test("each point of a picture has the context", () => {
  const picture = {
    columns: ["x"],
    data: ndArray([3, 1], Float64Array.of(0, 1, 2)),
    title: "density",
    key: createKey(0),
  };
  const one = densityPicture({ ...picture, flow: flat as unknown as Flow });
  const context = ndArray([1, 1], Float64Array.of(2));
  expect(densityPicture({ ...picture, flow: given as unknown as ConditionalFlow, context })).toBe(one);
});
