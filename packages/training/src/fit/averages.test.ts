import { useBackend } from "@pushforward/backend";
import { createKey, type ParameterTree } from "@pushforward/core";
import { parameter } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Averages } from "./averages.ts";

const key = createKey(17);
const start = { a: [1, -2, 0.5], b: [0.3, -0.7, 1.5, 2.5] };

function twoParameters(): ParameterTree {
  return new Map([
    ["a", parameter([3], start.a)],
    ["b", parameter([2, 2], start.b)],
  ]);
}

const read = (parameters: ParameterTree): number[] => Array.from(parameters.values()).flatMap((p) => [...p.read()]);

/** Moves all parameters at random. */
function move(parameters: ParameterTree, step: number): void {
  for (const [path, p] of parameters) {
    const noise = key.fold(path).fold(step).normal(p.read().length);
    p.write(p.read().map((v, i) => v + 0.1 * (noise[i] as number)));
  }
}

describe.each(BACKENDS)("averages on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([{ decay: 0.9, warmup: false }, { decay: 0.9, warmup: true }, { decay: 0.9 }, { decay: 0 }])(
    "follow the formula: %j",
    (options) => {
      const parameters = twoParameters();
      const averages = new Averages(parameters, options);
      const expected = [...start.a, ...start.b];
      for (let step = 1; step <= 150; step++) {
        move(parameters, step);
        averages.update(step);
        const decay = options.warmup === false ? options.decay : Math.min(options.decay, (1 + step) / (10 + step));
        for (const [i, value] of read(parameters).entries()) {
          expected[i] = decay * (expected[i] as number) + (1 - decay) * value;
        }
      }
      const values = [...averages.read().values()].flatMap((v) => [...v]);
      for (const [i, value] of values.entries()) expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-6);
      if (options.decay === 0) expect(values).toEqual(read(parameters));
      else expect(values).not.toEqual(read(parameters));
      averages.dispose();
    },
  );

  test("are shown and hidden without a loss, however often", () => {
    const parameters = twoParameters();
    const averages = new Averages(parameters, { decay: 0.5 });
    move(parameters, 1);
    averages.update(1);
    const weights = read(parameters);
    const own = [...averages.read().values()].flatMap((v) => [...v]);
    for (const _ of [1, 2]) {
      averages.hide();
      expect(read(parameters)).toEqual(weights);
      averages.show();
      averages.show();
      expect(read(parameters)).toEqual(own);
      averages.hide();
      averages.hide();
    }
    expect(read(parameters)).toEqual(weights);
    averages.dispose();
  });

  test("start at given values, take others, and keep no reference to them", () => {
    const parameters = twoParameters();
    const values = new Map([
      ["a", Float32Array.of(1, 2, 3)],
      ["b", Float32Array.of(4, 5, 6, 7)],
    ]);
    const averages = new Averages(parameters, { decay: 0.5 }, values);
    values.get("a")?.fill(9);
    expect([...averages.read().values()].map((v) => [...v])).toEqual([
      [1, 2, 3],
      [4, 5, 6, 7],
    ]);
    averages.write(values);
    values.get("a")?.fill(8);
    expect([...(averages.read().get("a") ?? [])]).toEqual([9, 9, 9]);
    expect(read(parameters)).toEqual(read(twoParameters()));
    averages.dispose();
  });

  test("leave no tensors, shown or hidden", () => {
    const parameters = twoParameters();
    for (const p of parameters.values()) p.variable;
    const before = tf.memory();
    for (const shown of [false, true]) {
      const averages = new Averages(parameters, { decay: 0.5 });
      const inUse = tf.memory().numTensors;
      for (let step = 1; step < 20; step++) {
        averages.update(step);
        averages.show();
        averages.hide();
      }
      expect(tf.memory().numTensors).toBe(inUse);
      if (shown) averages.show();
      averages.dispose();
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      expect([numTensors, numBytes, numDataBuffers]).toEqual([
        before.numTensors,
        before.numBytes,
        before.numDataBuffers,
      ]);
    }
  });
});
