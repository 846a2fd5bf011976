import { useBackend } from "@pushforward/backend";
import { Mlp } from "@pushforward/conditioners";
import { ContextError, createKey } from "@pushforward/core";
import { affine, chain, Identity } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Coupling } from "../schemes/coupling.ts";
import { embedContext } from "./embedded-context.ts";

const key = createKey(3);
const random = <T extends Mlp>(network: T): T => {
  for (const [path, parameter] of network.parameters()) {
    parameter.write(key.fold(path).normal(parameter.read().length));
  }
  return network;
};
const layer = (): Coupling =>
  new Coupling({
    mask: [false, true],
    family: affine(),
    conditioner: random(new Mlp({ inputSize: 1, outputSize: 2, context: 2, hidden: [4] })),
  });

beforeAll(() => useBackend("wasm"));

test("is the bijection at the context that the network gives; a chain hands the context on", () => {
  const bijection = layer();
  const embedding = random(new Mlp({ inputSize: 3, outputSize: 2, hidden: [4] }));
  using transform = chain([new Identity(), embedContext({ embedding, bijection })]);
  expect(transform.contextShape).toEqual([3]);
  const x = tf.tensor2d(key.normal(8), [4, 2]);
  const context = tf.tensor2d(key.fold("context").normal(12), [4, 3]);
  const [y, logDet] = transform.inverseAndLogDet(x, context);
  const [expected, expectedLogDet] = bijection.inverseAndLogDet(x, embedding.apply(context));
  for (const [i, value] of y.dataSync().entries()) expect(value).toBeCloseTo(expected.dataSync()[i] as number, 5);
  for (const [i, value] of logDet.dataSync().entries()) {
    expect(value).toBeCloseTo(expectedLogDet.dataSync()[i] as number, 5);
  }
});

test("refuses a network that does not fit", () => {
  const embedding = new Mlp({ inputSize: 3, outputSize: 3 });
  expect(() => embedContext({ embedding, bijection: layer() })).toThrow(
    new ContextError(
      "embedContext: expected an embedding with as many outputs as the bijection has context, got 3 outputs for a context of shape [2].",
    ),
  );
  expect(() => embedContext({ embedding, bijection: new Identity() })).toThrow("got 3 outputs for no context");
  const withContext = new Mlp({ inputSize: 3, outputSize: 2, context: 1 });
  expect(() => embedContext({ embedding: withContext, bijection: layer() })).toThrow(
    new ContextError("embedContext: expected an embedding without context, got one with a context of 1."),
  );
});
