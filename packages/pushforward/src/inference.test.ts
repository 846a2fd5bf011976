import { tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import {
  AttentionEncoder,
  type ConditionalFlow,
  createKey,
  decodeModel,
  encodeModel,
  Mlp,
  maf,
  standardRegistry,
  Uniform,
  useBackend,
} from "./index.ts";
import {
  type DensitySizes,
  fitNpe,
  fitNre,
  type RatioEstimator,
  type RowSimulator,
  ratioPosterior,
} from "./inference.ts";

const prior = new Uniform({ low: [0, -1], high: [1, 1] });
const simulator: RowSimulator = ([a = 0, b = 0], key) => {
  const [z = 0, w = 0] = key.normal(2);
  return [a + 0.3 * z, b * b + 0.2 * w, a * b];
};

beforeAll(() => useBackend("wasm"));

test.each([
  ["by auto", { auto: { maxEpochs: 2, transforms: 1, hidden: [8] } }],
  ["by one flow", { density: "nsf", training: { maxEpochs: 2 } }],
  [
    "behind an embedding",
    {
      training: { maxEpochs: 2 },
      embedding: ({ inputSize, key }: { inputSize: number; key: ReturnType<typeof createKey> }) =>
        new Mlp({ inputSize, outputSize: 2, hidden: [8], key }),
    },
  ],
  [
    "of observations with missing numbers, an ensemble of graphs behind attention",
    {
      training: { maxEpochs: 1 },
      ensemble: 2,
      missing: { rate: 0.3 },
      embedding: ({ key }: { key: ReturnType<typeof createKey> }) =>
        new AttentionEncoder({ elements: 3, elementSize: 1, missing: true, outputSize: 2, width: 4, heads: 1, key }),
      density: (sizes: DensitySizes) =>
        maf({
          ...sizes,
          adjacency: [
            [0, 1, 1, 0],
            [0, 0, 1, 1],
          ],
          hidden: [8],
        }),
    },
  ],
] as const)("a posterior %s comes back from a file bit for bit", async (_name, options) => {
  const { posterior } = await fitNpe({ prior, simulator, simulations: 300 }, { key: createKey(1), ...options });
  const loaded = decodeModel(encodeModel(posterior, standardRegistry), standardRegistry).model as ConditionalFlow;
  const bits = (model: ConditionalFlow): number[] =>
    tidy(() => {
      const [draws, logProb] = model
        .given([0.4, "missing" in options ? Number.NaN : 0.5, 0.1])
        .sampleAndLogProb(createKey(2), [100]);
      return [...draws.dataSync(), ...logProb.dataSync()] as never;
    }) as unknown as number[];
  expect(bits(loaded)).toEqual(bits(posterior));
  posterior.dispose();
  loaded.dispose();
});

test("a classifier comes back from a file, and with the prior its posterior", async () => {
  const { ratio, posterior } = await fitNre(
    { prior, simulator, simulations: 200 },
    { key: createKey(3), training: { maxEpochs: 2 } },
  );
  const loaded = decodeModel(encodeModel(ratio, standardRegistry), standardRegistry).model as RatioEstimator;
  const observation = [0.4, 0.5, 0.1];
  const options = { chains: 10, warmUp: 10 };
  const draws = posterior.given(observation).draw(createKey(4), 20, options).draws;
  expect(ratioPosterior({ prior, ratio: loaded }).given(observation).draw(createKey(4), 20, options).draws).toEqual(
    draws,
  );
  ratio.dispose();
  loaded.dispose();
});
