import { useBackend } from "@pushforward/backend";
import { parameter } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { NamedGradients } from "./named-gradients.ts";

test("gradients get the paths of their parameters, and the same ones the same map", async () => {
  await useBackend("cpu");
  const [a, b, c] = [parameter([1], [0]), parameter([1], [0]), parameter([1], [0])];
  const named = new NamedGradients(
    new Map([
      ["first", a],
      ["second", b],
    ]),
  );
  const [ofA, ofC] = [tf.tensor1d([1]), tf.tensor1d([2])];
  const gradients = new Map([
    [c, ofC],
    [a, ofA],
  ]);
  const map = named.of(gradients);
  expect([...map]).toEqual([["first", ofA]]);
  expect(named.of(gradients)).toBe(map);
  expect(named.of(new Map(gradients))).not.toBe(map);
  named.clear();
  expect(named.of(gradients)).not.toBe(map);
  tf.dispose([ofA, ofC]);
  for (const p of [a, b, c]) p.dispose();
});
