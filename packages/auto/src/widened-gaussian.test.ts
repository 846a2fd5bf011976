import { useBackend } from "@pushforward/backend";
import { createKey, type NdArray, ndArray } from "@pushforward/core";
import { GaussianMixture } from "@pushforward/distributions";
import { logProbRows } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { fitWidenedGaussian } from "./widened-gaussian.ts";

const key = createKey(3);

beforeAll(() => useBackend("wasm"));

/** Rows of a Student-t with three degrees of freedom, or normal ones. */
function rowsOf(count: number, isHeavy: boolean): NdArray {
  const z = createKey(7).normal(5 * count);
  const values = Array.from({ length: count }, (_, i) => {
    const [a, b, ...others] = z.subarray(5 * i, 5 * i + 5) as unknown as [number, number, ...number[]];
    const scale = isHeavy ? Math.sqrt(3 / others.reduce((sum, value) => sum + value * value, 0)) : 1;
    return [scale * a, scale * b];
  });
  return ndArray([count, 2], Float64Array.from(values.flat()));
}

function nll(options: ConstructorParameters<typeof GaussianMixture>[0], rows: NdArray): number {
  using mixture = new GaussianMixture(options);
  return -logProbRows(mixture, rows).reduce((sum, value) => sum + value, 0) / (rows.shape[0] as number);
}

test("rows with tails become more likely by three Gaussians of one mean", async () => {
  const rows = rowsOf(4000, true);
  const { features, weights, means, scaleTrils } = await fitWidenedGaussian(rows, { key });
  expect(weights).toHaveLength(3);
  expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
  expect(Math.min(...weights)).toBeGreaterThan(0.005);
  expect(means.slice(0, 2)).toEqual(means.slice(4, 6));
  expect(scaleTrils[8]).toBe(4 * (scaleTrils[0] as number));
  const one = { features, means: means.slice(0, 2), scaleTrils: scaleTrils.slice(0, 4) };
  expect(nll({ features, weights, means, scaleTrils }, rows)).toBeLessThan(nll(one, rows) - 0.05);
});

test("normal rows keep their one Gaussian", async () => {
  const { weights, scaleTrils } = await fitWidenedGaussian(rowsOf(4000, false), { key });
  expect([...weights]).toEqual([1]);
  expect(scaleTrils).toHaveLength(4);
});
