import { gaussianNll } from "@pushforward/tables/extend";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { createKey, type NdArray, ndArray, planar, radial, sylvester, toyDataset, train, useBackend } from "./index.ts";

const key = createKey(20261127);
const ROWS = 300;

beforeAll(() => useBackend("wasm"));

/** Normal rows that are the farther from the origin, the farther they are. */
function heavyTails(): NdArray {
  const z = key.fold("z").normal(2 * ROWS);
  const data = Float64Array.from(z, (value, at) => {
    const [x, y] = [z[at - (at % 2)] as number, z[at - (at % 2) + 1] as number];
    return value * (0.5 + 0.25 * (x * x + y * y));
  });
  return ndArray([ROWS, 2], data);
}

test.runIf(DEEP).each([
  ["planar", () => planar({ features: 2, transforms: 8, key }), () => toyDataset("moons").sample(key, ROWS)],
  ["radial", () => radial({ features: 2, transforms: 4, key }), heavyTails],
  ["sylvester", () => sylvester({ features: 2, transforms: 4, key }), () => toyDataset("moons").sample(key, ROWS)],
] as const)("%s learns what no normal has", async (_name, make, sample) => {
  const rows = sample();
  using flow = make();
  const { bestValidationLoss } = await train(flow, rows, { key, maxEpochs: 20, learningRate: 0.03, batchSize: 50 });
  // Nats per row.
  expect(bestValidationLoss).toBeLessThan((gaussianNll({ x: rows }, { x: rows }) as number) - 0.1);
});
