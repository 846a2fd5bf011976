import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { gridMass } from "../../test/grid-mass.ts";
import { createFlow } from "../architectures/create-flow.ts";
import { Flow } from "../flow.ts";
import { unaf } from "./autoregressive.ts";

beforeAll(() => useBackend("wasm"));

test.runIf(DEEP)("a density of two features integrates to 1, and samples come back", () => {
  using flow = unaf({ features: 2, hidden: [8], integrand: [8], key: createKey(0) });
  expect(Math.abs(gridMass(flow, createKey(1), 0.2) - 1)).toBeLessThan(1e-3);
  const [x, logProb] = flow.sampleAndLogProb(createKey(2), [20]);
  expect(tf.max(tf.abs(tf.sub(flow.logProb(x), logProb))).dataSync()[0]).toBeLessThan(1e-4);
});

test("is in the table of architectures, untrained its base, and every layer has networks of its own", () => {
  using flow = createFlow("unaf", { features: 2, context: undefined, bins: 4, bound: 3, key: createKey(3) });
  const logProb = (flow as Flow).logProb([[0, 1]]).dataSync()[0] as number;
  expect(flow).toBeInstanceOf(Flow);
  expect(logProb).toBeCloseTo(-Math.log(2 * Math.PI) - 0.5, 4);
  const weights = [...flow.parameters().keys()].filter((path) => path.endsWith("family.layers.0.weight"));
  expect(weights).toHaveLength(3);
});
