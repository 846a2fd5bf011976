import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, ShapeError } from "@pushforward/core";
import { maf } from "@pushforward/flows";
import { expectNoLeak } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { posteriorDraws, simulationBasedCalibration } from "./index.ts";

const [flowKey, truthKey, dataKey, key] = createKey(8).split(4);
const n = 7;
const truths = { shape: [n, 2], data: truthKey.normal(2 * n) };
const observations = { shape: [n, 3], data: dataKey.normal(3 * n) };

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  test("draws and log-densities are those of the flow at each observation", async () => {
    using flow = maf({ features: 2, context: 3, hidden: [8], transforms: 2, key: flowKey });
    // Away from the identity, so that the context matters.
    for (const [path, parameter] of flow.parameters()) {
      if (parameter.trainable)
        parameter.write(
          key
            .fold(path)
            .normal(parameter.read().length)
            .map((z) => 0.3 * z),
        );
    }
    const done: number[] = [];
    const onProgress = (progress: { readonly done: number }): number => done.push(progress.done);
    const found = await posteriorDraws(flow, truths, observations, { key, draws: 11, onProgress });
    expect(found.draws.shape).toEqual([n, 11, 2]);
    expect(found.drawsLogProb.shape).toEqual([n, 11]);
    expect(done).toEqual([n]);
    for (let i = 0; i < n; i++) {
      const p = flow.given(observations.data.subarray(3 * i, 3 * i + 3));
      const own = tf.tensor2d(found.draws.data.slice(22 * i, 22 * i + 22) as Float32Array, [11, 2]);
      for (const [l, value] of p.logProb(own).dataSync().entries()) {
        expect(Math.abs(value - (found.drawsLogProb.data[11 * i + l] as number))).toBeLessThan(2e-4);
      }
      const truth = p.logProb(truths.data.subarray(2 * i, 2 * i + 2)).dataSync()[0] as number;
      expect(Math.abs(truth - (found.truthLogProb[i] as number))).toBeLessThan(2e-4);
    }
    expect(simulationBasedCalibration(truths, found.draws, { key }).ranks).toHaveLength(2 * n);
  });

  test("no leak, also when it is aborted", async () => {
    using flow = maf({ features: 2, context: 3, hidden: [8], transforms: 1, key: flowKey });
    await expectNoLeak(async () => {
      await posteriorDraws(flow, truths, observations, { key, draws: 5 });
    });
    await expectNoLeak(async () => {
      const stopped = posteriorDraws(flow, truths, observations, { key, signal: AbortSignal.abort() });
      await expect(stopped).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    });
  });
});

test("what does not fit is refused", async () => {
  using flow = maf({ features: 2, context: 3, key: flowKey });
  await expect(posteriorDraws(flow, truths, truths, { key })).rejects.toThrow(
    new ShapeError("posteriorDraws: expected observations of shape [7, 3], got [7, 2]."),
  );
  await expect(posteriorDraws(flow, observations, observations, { key })).rejects.toThrow(
    new ShapeError("posteriorDraws: expected truths with 2 columns, got 3."),
  );
  await expect(posteriorDraws(flow, truths, observations, { key, draws: 0 })).rejects.toThrow(OptionError);
});
