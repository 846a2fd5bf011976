import { useBackend } from "@pushforward/backend";
import { createKey, ndArray, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { logProbRows, sampleRows, splitStandardisation } from "./host-rows.ts";
import { maf } from "./maf.ts";

const key = createKey(0);
const hidden = [4];

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("rows are scored and drawn in units that float32 can not hold", () => {
    using flow = maf({ features: 2, hidden, key, standardise: { mean: [1.7e9, 0.5], sd: [0.25, 2] } });
    const rows = [1.7e9, 0.5, 1.7e9 + 0.25, 2.5];
    const before = tf.memory().numTensors;
    const logProb = logProbRows(flow, ndArray([2, 2], Float64Array.from(rows)));
    const atMean = -Math.log(2 * Math.PI) - Math.log(0.25) - Math.log(2);
    expect(logProb[0]).toBeCloseTo(atMean, 5);
    expect(logProb[1]).toBeCloseTo(atMean - 1, 5);
    const draws = sampleRows(flow, key, 5000);
    expect(draws.shape).toEqual([5000, 2]);
    const first = Array.from({ length: 5000 }, (_, i) => (draws.data[2 * i] as number) - 1.7e9);
    const variance = first.reduce((sum, v) => sum + v * v, 0) / 5000;
    expect(Math.abs(variance / 0.0625 - 1)).toBeLessThan(5 * Math.sqrt(2 / 5000));
    // The second call allocates nothing that stays: the parameters are there now.
    const warm = tf.memory().numTensors;
    expect(warm).toBeGreaterThanOrEqual(before);
    logProbRows(flow, ndArray([2, 2], Float64Array.from(rows)));
    sampleRows(flow, key, 10);
    expect(tf.memory().numTensors).toBe(warm);
  });

  test("a conditional flow takes one context for each row, and draws for each context in turn", () => {
    using flow = maf({ features: 1, context: 1, hidden, key });
    const context = ndArray([2, 1], Float64Array.of(-1, 1));
    expect(logProbRows(flow, ndArray([2, 1], Float64Array.of(0, 1)), context)).toHaveLength(2);
    expect(sampleRows(flow, key, 3, context).shape).toEqual([6, 1]);
    expect(() => sampleRows(flow, key, 3)).toThrow(ShapeError);
    expect(() => logProbRows(flow, ndArray([1, 1], Float64Array.of(0)), context)).toThrow(
      new ShapeError("logProbRows: expected 1 rows of context, got 2."),
    );
  });

  test("a context in units that float32 can not hold reaches the flow", () => {
    using flow = maf({ features: 1, context: 1, hidden, key, standardiseContext: { mean: [1.7e9], sd: [0.25] } });
    for (const p of flow.parameters().values()) p.write(key.fold(p.shape.length).normal(p.read().length));
    const { inner, contextStandardisation } = splitStandardisation(flow);
    expect(contextStandardisation).toEqual({ mean: [1.7e9], sd: [0.25] });
    const x = ndArray([2, 1], Float64Array.of(0.3, 0.3));
    const raw = logProbRows(flow, x, ndArray([2, 1], Float64Array.of(1.7e9, 1.7e9 + 0.25)));
    const plain = logProbRows(inner, x, ndArray([2, 1], Float64Array.of(0, 1)));
    expect(raw).toEqual(plain);
    expect(raw[0]).not.toBe(raw[1]);
  });

  test("a flow without its standardisation shares its parameters", () => {
    using flow = maf({ features: 2, hidden, key, standardise: { mean: [1, 2], sd: [3, 4] } });
    const { inner, standardisation } = splitStandardisation(flow);
    expect(standardisation).toEqual({ mean: [1, 2], sd: [3, 4] });
    expect([...inner.parameters().values()]).toEqual([...flow.parameters().values()]);
    expect(splitStandardisation(inner)).toEqual({ inner });
  });
});
