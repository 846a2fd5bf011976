import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { gridMass } from "../../test/grid-mass.ts";
import { bnaf, residualFlow } from "./free.ts";

const key = createKey(0);

beforeAll(() => useBackend("wasm"));

describe("bnaf", () => {
  test("a density of two features integrates to 1, and samples come back", () => {
    using flow = bnaf({ features: 2, key });
    expect(gridMass(flow, createKey(1), 0.3)).toBeCloseTo(1, 4);
    const [x, logProb] = flow.sampleAndLogProb(createKey(2), [50]);
    expect(tf.max(tf.abs(tf.sub(flow.logProb(x), logProb))).dataSync()[0]).toBeLessThan(1e-4);
  });

  test("what its networks do not have is refused", () => {
    expect(() => bnaf({ features: 2, key, activation: "relu" })).toThrow(OptionError);
    expect(() => bnaf({ features: 2, key, activation: "relu" })).toThrow(
      'expected activation to be "tanh", got "relu"',
    );
    const dropping = { features: 2, key, dropout: 0.1 };
    expect(() => bnaf(dropping)).toThrow("expected no dropout, which its layers do not have");
  });
});

describe("residualFlow", () => {
  test("a density of two features integrates to 1, and samples come back", () => {
    using flow = residualFlow({ features: 2, transforms: 3, hidden: [16, 16], key });
    expect(gridMass(flow, createKey(1), 0.3)).toBeCloseTo(1, 4);
    const [x, logProb] = flow.sampleAndLogProb(createKey(2), [50]);
    expect(tf.max(tf.abs(tf.sub(flow.logProb(x), logProb))).dataSync()[0]).toBeLessThan(1e-4);
  });

  test("an activation that is not smooth is refused", () => {
    expect(() => residualFlow({ features: 2, key, activation: "relu" })).toThrow('"silu" or "tanh", got "relu"');
  });
});
