import { useBackend } from "@pushforward/backend";
import { createKey, type NdArray } from "@pushforward/core";
import { toyDataset } from "@pushforward/datasets";
import { GaussianMixture } from "@pushforward/distributions";
import { logProbRows } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { poolMixtures } from "./pool-mixtures.ts";

const key = createKey(5);
const rings = toyDataset("rings");
const train = rings.sample(createKey(1), 2000);
const validation = rings.sample(createKey(2), 400);
const fresh = rings.sample(createKey(3), 4000);

beforeAll(() => useBackend("wasm"));

function nll(options: ConstructorParameters<typeof GaussianMixture>[0], rows: NdArray): number {
  const { each: _, ...own } = options as typeof options & { readonly each?: number };
  using mixture = new GaussianMixture(own);
  return -logProbRows(mixture, rows).reduce((sum, value) => sum + value, 0) / (rows.shape[0] as number);
}

test("Gaussians of four fits are better than those of one on rows that chose nothing", async () => {
  const options = { key, components: 32 };
  const one = await poolMixtures(train, validation, 1, options);
  const four = await poolMixtures(train, validation, 4, options);
  expect([one.components, one.each]).toEqual([32, 32]);
  expect(four.components).toBeGreaterThanOrEqual(2 * four.each);
  expect(four.means).toHaveLength(four.components * 2);
  expect(four.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
  expect(nll(four, fresh)).toBeLessThan(nll(one, fresh) - 0.02);
});

test("a fit that has missed something is left out", async () => {
  const options = { key: createKey(11), components: 8 };
  const eight = toyDataset("8gaussians");
  const rows = [eight.sample(createKey(1), 2000), eight.sample(createKey(2), 400)] as const;
  const pooled = await poolMixtures(...rows, 16, options);
  // k-means++ now and then puts two centers into one of the eight.
  expect(pooled.components).toBeLessThan(16 * 8);
  const each = await Promise.all(
    [0, 1, 2, 3].map((run) => poolMixtures(...rows, 1, { ...options, key: createKey(run) })),
  );
  for (const fit of each) expect(nll(pooled, rows[1])).toBeLessThan(nll(fit, rows[1]) + 0.06);
});

test("the number of Gaussians is chosen once; one Gaussian is fitted once", async () => {
  const chosen = await poolMixtures(train, validation, 2, { key, components: [2, 8] });
  expect(chosen.each).toBe(8);
  const one = await poolMixtures(train, validation, 4, { key, components: 1 });
  expect(one.components).toBe(1);
});

test("after the signal no further fit is begun", async () => {
  const controller = new AbortController();
  controller.abort();
  const pooled = await poolMixtures(train, validation, 4, { key, components: 8, signal: controller.signal });
  expect(pooled.components).toBe(8);
  expect(Number.isFinite(nll(pooled, validation))).toBe(true);
});
