import { useBackend } from "@pushforward/backend";
import { createKey, type NdArray, ndArray } from "@pushforward/core";
import { columnStatistics, correlatedGaussian, standardize, type ToyDataset, toyDataset } from "@pushforward/datasets";
import { type Flow, logProbRows, maf, nsf, realNvp } from "@pushforward/flows";
import { splitStandardization } from "@pushforward/flows/extend";
import { cosineSchedule, train } from "@pushforward/training";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { figure } from "../test/figures.ts";

const key = createKey(20261124);
beforeAll(() => useBackend("wasm"));

/** Negative log-likelihood, its standard error, and the mean of log p − log q, which has much less noise. */
function score(flow: Flow, set: ToyDataset, count: number): { nll: number; standardError: number; kl: number } {
  const points = set.sample(key.fold("test"), count);
  const logQ = logProbRows(flow, points);
  const logP = set.logProb?.(points) as Float64Array;
  let sum = 0;
  let squares = 0;
  let kl = 0;
  for (const [i, value] of logQ.entries()) {
    sum -= value;
    squares += value * value;
    kl += (logP[i] as number) - value;
  }
  const nll = sum / count;
  return { nll, standardError: Math.sqrt((squares / count - nll * nll) / count), kl: kl / count };
}

const steep = correlatedGaussian({
  mean: [3, -1],
  covariance: [
    [2, -1.2],
    [-1.2, 1],
  ],
});

// P12. A wrong log-det shows as a likelihood that is too good to be true.
for (const [name, make] of Object.entries({ maf, nsf, realNvp })) {
  test(`${name} learns a Gaussian of full covariance, and not more than there is`, { timeout: 300_000 }, async () => {
    const data = steep.sample(key.fold("train"), DEEP ? 40_000 : 20_000);
    const { mean, sd } = columnStatistics(data);
    using flow = make({ features: 2, transforms: 2, hidden: [16], standardize: { mean, sd }, key });
    await train(splitStandardization(flow).inner, standardize(data, { mean, sd }), {
      key,
      batchSize: 512,
      maxSteps: DEEP ? 3000 : 400,
      maxEpochs: DEEP ? 80 : 12,
      learningRate: cosineSchedule({ learningRate: 1e-2 }),
    });
    const result = score(flow, steep, 100_000);
    const entropy = steep.entropy as number;
    expect(Math.abs(result.nll - entropy)).toBeLessThan(0.01);
    expect(result.nll).toBeGreaterThan(entropy - 3 * result.standardError);
    expect(result.kl).toBeLessThan(0.01);
    expect(result.kl).toBeGreaterThan(-1e-4);
    figure(`P12 Gaussian, ${name}`, { ...result, entropy });
  });
}

test.runIf(DEEP)(
  "nsf on two moons is better than a Gaussian and not better than the truth",
  { timeout: 600_000 },
  async () => {
    const moons = toyDataset("moons");
    const data = moons.sample(key.fold("moons"), DEEP ? 20_000 : 5000);
    using flow = nsf({ features: 2, key, ...(DEEP ? {} : { transforms: 2, hidden: [32, 32] }) });
    await train(flow, data, {
      key,
      maxSteps: DEEP ? 3000 : 300,
      maxEpochs: DEEP ? 38 : 20,
      learningRate: cosineSchedule({ learningRate: 5e-3 }),
    });
    const result = score(flow, moons, DEEP ? 100_000 : 20_000);
    const entropy = moons.entropy as number;
    // The Gaussian of the same mean and covariance: ½ log |2πe Σ|.
    const { mean, sd } = columnStatistics(data);
    const unit = standardize(data, { mean, sd }).data;
    let correlation = 0;
    for (let i = 0; i < unit.length; i += 2)
      correlation += ((unit[i] as number) * (unit[i + 1] as number)) / (unit.length / 2);
    const gaussianNll =
      1 +
      Math.log(2 * Math.PI) +
      Math.log((sd[0] as number) * (sd[1] as number)) +
      0.5 * Math.log(1 - correlation ** 2);
    expect(result.nll).toBeGreaterThan(entropy - 3 * result.standardError);
    expect(result.kl).toBeGreaterThan(0);
    expect(result.nll).toBeLessThan(gaussianNll - 0.5);
    figure("P12 two moons, nsf", { ...result, entropy, gaussianNll });
  },
);

// P30.
test("columns of 1e-8 and 1e8 and an offset of 1e9 cost no digits", async () => {
  const n = 2000;
  const z = key.fold("extreme").normal(3 * n);
  const unit = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    const [a, b, c] = z.subarray(3 * i) as unknown as [number, number, number];
    unit.set([a, Math.sin(2 * a) + 0.3 * b, 0.5 * a * b + c], 3 * i);
  }
  const scales = [1e-8, 1e8, 20];
  const offsets = [0, 0, 1e9];
  const scaled = unit.map((value, i) => (offsets[i % 3] as number) + (scales[i % 3] as number) * value);
  const nll = async (values: Float64Array): Promise<[train: number, test: number]> => {
    const [fitted, held] = [
      ndArray([n - 500, 3], values.subarray(0, 3 * (n - 500))),
      ndArray([500, 3], values.subarray(3 * (n - 500))),
    ];
    const { mean, sd } = columnStatistics(fitted);
    using flow = nsf({ features: 3, transforms: 2, hidden: [16, 16], standardize: { mean, sd }, key });
    const average = (x: NdArray): number => -logProbRows(flow, x).reduce((a, b) => a + b) / (x.shape[0] as number);
    const before = average(held);
    await train(splitStandardization(flow).inner, standardize(fitted, { mean, sd }), {
      key,
      maxSteps: 60,
      batchSize: 128,
    });
    return [before, average(held)];
  };
  const ours = await nll(scaled);
  const reference = await nll(unit);
  const volume = scales.reduce((sum, s) => sum + Math.log(s), 0);
  expect(reference[1]).toBeLessThan(reference[0] - 0.2);
  const differences = ours.map((value, i) => value - (reference[i] as number) - volume);
  for (const difference of differences) expect(Math.abs(difference)).toBeLessThan(1e-3);
  figure("P30 extreme scales: untrained and trained difference", { differences, ours, reference, volume });
});
