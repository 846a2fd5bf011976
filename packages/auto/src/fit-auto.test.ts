import { useBackend } from "@pushforward/backend";
import { createKey, DataError, type NdArray, ndArray, OptionError } from "@pushforward/core";
import { correlatedGaussian, earthquakes, selectColumns, toyDataset } from "@pushforward/datasets";
import { Mixture } from "@pushforward/distributions";
import { ConditionalFlow, Flow, logProbRows, sampleRows } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { fitAuto, fitAutoEvents } from "./fit-auto.ts";
import type { FitAutoResult } from "./fit-auto-events.ts";

const key = createKey(0);
/** What makes a fit take a moment. */
const SMALL = { maxEpochs: 3, transforms: 1, hidden: [16] } as const;

beforeAll(() => useBackend("wasm"));

function rowsOf(rows: number, columns: number, value: (z: Float32Array, i: number) => number[]): NdArray {
  const z = createKey(17).normal(rows * columns);
  const data = Array.from({ length: rows }, (_, i) => value(z.subarray(i * columns, (i + 1) * columns), i));
  return ndArray([rows, columns], Float64Array.from(data.flat()));
}

function meanNll(result: FitAutoResult, x: NdArray, context?: NdArray): number {
  const logProb = logProbRows(result.model, x, context);
  return -logProb.reduce((a, b) => a + b, 0) / logProb.length;
}

/** ∫ p over a box, by the midpoint rule. */
function integral(result: FitAutoResult, from: readonly number[], to: readonly number[], steps: number): number {
  const columns = from.length;
  const count = steps ** columns;
  const points = new Float64Array(count * columns);
  let volume = 1;
  for (let j = 0; j < columns; j++) {
    const width = ((to[j] as number) - (from[j] as number)) / steps;
    volume *= width;
    for (let i = 0; i < count; i++) {
      points[i * columns + j] = (from[j] as number) + width * ((Math.floor(i / steps ** j) % steps) + 0.5);
    }
  }
  const logProb = logProbRows(result.model, ndArray([count, columns], points));
  return volume * logProb.reduce((sum, value) => sum + Math.exp(value), 0);
}

describe("a table", () => {
  test("gets a mixture of two flows that is better than a Gaussian, in its own units", async () => {
    const all = selectColumns(earthquakes(), ["depth", "magnitude"]);
    const x = DEEP ? all : ndArray([500, 2], all.data.slice(0, 1000));
    const result = await fitAuto({ x }, { key, maxEpochs: DEEP ? 6 : 3, transforms: 1, hidden: [16] });
    expect(result.model).toBeInstanceOf(Flow);
    expect((result.model as Flow).base).toBeInstanceOf(Mixture);
    expect(result.members.slice(0, 2).map(({ kind }) => kind)).toEqual(["mixture", "quantile"]);
    expect(result.members.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 6);
    expect(result.validationNll).toBeLessThan(result.baselines.gaussian - 0.3);
    for (const member of result.members) {
      expect(member.validationNll).toBeLessThanOrEqual(member.startNll + 1e-3);
      expect(result.validationNll).toBeLessThanOrEqual(member.validationNll + 1e-3);
    }
    const draws = sampleRows(result.model, key, 2000);
    expect(meanNll(result, draws)).toBeCloseTo(meanNll(result, x), 0);
    expect(result.reason).toBe("completed");
    result.model.dispose();
  });

  test.runIf(DEEP)("has a density that integrates to 1", async () => {
    const x = toyDataset("moons").sample(key, 1000);
    const result = await fitAuto({ x }, { key, ...SMALL });
    expect(integral(result, [-6, -6], [7, 7], 200)).toBeCloseTo(1, 3);
    result.model.dispose();
  });

  test("of one column in odd units", async () => {
    const x = rowsOf(600, 1, ([z], i) => [1e6 + 1e3 * ((z as number) * 0.3 + (i % 2 === 0 ? -2 : 2))]);
    const result = await fitAuto({ x }, { key, ...SMALL });
    expect(result.validationNll).toBeLessThan(result.baselines.gaussian - 0.3);
    expect(integral(result, [1e6 - 6e3], [1e6 + 6e3], 4000)).toBeCloseTo(1, 3);
    result.model.dispose();
  });

  test("the same key gives the same model, another one another", async () => {
    const x = correlatedGaussian({
      mean: [0, 0],
      covariance: [
        [1, 0.5],
        [0.5, 1],
      ],
    }).sample(key, DEEP ? 400 : 200);
    const first = await fitAuto({ x }, { key, ...SMALL });
    const again = await fitAuto({ x }, { key, ...SMALL });
    const other = await fitAuto({ x }, { key: createKey(1), ...SMALL });
    expect(logProbRows(again.model, x)).toEqual(logProbRows(first.model, x));
    expect(again.log).toEqual(first.log);
    expect(logProbRows(other.model, x)).not.toEqual(logProbRows(first.model, x));
    for (const { model } of [first, again, other]) model.dispose();
  });

  test("quality and select decide the members", async () => {
    const x = toyDataset("moons").sample(key, DEEP ? 400 : 250);
    const fast = await fitAuto({ x }, { key, ...SMALL, quality: "fast" });
    expect(fast.members.map(({ kind }) => kind)).toEqual(["mixture"]);
    // A member and the defensive component.
    expect(((fast.model as Flow).base as Mixture).components).toHaveLength(2);
    const best = await fitAuto({ x }, { key, ...SMALL, quality: "best" });
    const kinds = ["mixture", "quantile", "affine", "gaussianization", "mixture", "quantile"];
    expect(best.members.map(({ kind }) => kind)).toEqual(kinds);
    expect(best.log.some((text) => text.includes("autoregressive mixtures made normal over one Gaussian"))).toBe(true);
    const selected = await fitAuto({ x }, { key, ...SMALL, select: true });
    expect(selected.members.filter(({ weight }) => weight !== 0)).toHaveLength(1);
    expect((selected.model as Flow).base).not.toBeInstanceOf(Mixture);
    const kept = selected.members.find(({ weight }) => weight === 1);
    expect(selected.validationNll).toBeCloseTo(kept?.validationNll as number, 6);
    const bare = await fitAuto({ x }, { key, members: [] });
    expect(bare.members).toEqual([]);
    expect(Math.abs(bare.validationNll - bare.baselines.mixture)).toBeLessThan(1.1e-3);
    const given = await fitAuto({ x }, { key, ...SMALL, members: ["affine", "affine"] });
    expect(given.members.map(({ kind }) => kind)).toEqual(["affine", "affine"]);
    const large = rowsOf(2400, 3, (z) => [...z]);
    const quantile = await fitAuto({ x: large }, { key, ...SMALL, quality: "fast" });
    expect(quantile.members.map(({ kind }) => kind)).toEqual(["quantile"]);
    for (const { model } of [fast, best, selected, bare, given, quantile]) model.dispose();
  });

  test.runIf(DEEP)("that a flow soon overfits gets a third member, and the log says why", async () => {
    const x = rowsOf(150, 4, (z) => [...z]);
    const options = { key, maxEpochs: 20, learningRate: 0.02 };
    const result = await fitAuto({ x }, options);
    expect(result.members.map(({ kind }) => kind)).toEqual(["mixture", "quantile", "affine"]);
    expect(2 * (result.members[1]?.training.bestEpoch as number)).toBeLessThan(20);
    expect(result.log.some((note) => note.endsWith("A third member, of affine layers, is trained."))).toBe(true);
    expect(result.log.some((note) => note.includes("then autoregressive affine maps over one Gaussian"))).toBe(true);
    const two = await fitAuto({ x }, { ...options, members: ["mixture", "quantile"] });
    expect(two.members).toHaveLength(2);
    expect(result.validationNll).toBeLessThanOrEqual(two.validationNll + 1e-6);
    for (const { model } of [result, two]) model.dispose();
  });

  test("that is small gets, with fast, the kind of member that starts best", async () => {
    const options = { key, ...SMALL, quality: "fast" } as const;
    // Independent columns of shapes that Gaussians are bad at.
    const shapes = rowsOf(400, 3, (z) => [...z].map((value) => Math.exp(2 * value)));
    const quantile = await fitAuto({ x: shapes }, options);
    expect(quantile.members.map(({ kind, weight }) => [kind, weight])).toEqual([["quantile", 1]]);
    expect(quantile.log.some((note) => note.startsWith("One member is trained, of the kind that starts best:"))).toBe(
      true,
    );
    const alone = await fitAuto({ x: shapes }, { key, ...SMALL, members: ["quantile"] });
    expect(logProbRows(quantile.model, shapes)).toEqual(logProbRows(alone.model, shapes));
    // Clusters that no column shows.
    const clusters = rowsOf(400, 3, (z, i) =>
      [...z].map((value, j) => 0.1 * value + ((i >> (j % 2)) % 2 === 0 ? -1 : 1)),
    );
    const mixture = await fitAuto({ x: clusters }, options);
    expect(mixture.members.map(({ kind }) => kind)).toEqual(["mixture"]);
    for (const { model } of [quantile, alone, mixture]) model.dispose();
  });

  test("that is small, wide, constant or repeats itself", async () => {
    const cases: Record<string, NdArray> = {
      "4 rows": rowsOf(4, 2, ([a, b]) => [a as number, b as number]),
      "30 rows": rowsOf(30, 3, ([a, b, c]) => [a as number, b as number, c as number]),
      "more columns than rows": rowsOf(40, 64, (z) => [...z]),
      "one row again and again": rowsOf(100, 2, () => [1.5, 2.5]),
      "each row ten times": rowsOf(200, 2, (_, i) => [...createKey(Math.floor(i / 10)).normal(2)]),
      "a constant column": rowsOf(200, 2, ([z]) => [z as number, 0.1]),
    };
    for (const [name, x] of Object.entries(cases)) {
      const result = await fitAuto({ x }, { key, ...SMALL });
      expect(Number.isFinite(result.validationNll), name).toBe(true);
      expect(
        logProbRows(result.model, x).every((value) => !Number.isNaN(value)),
        name,
      ).toBe(true);
      if (name === "a constant column") {
        expect(result.constant).toEqual([1]);
        expect(result.warnings.map(({ kind, columns }) => [kind, columns])).toEqual([["constant", [1]]]);
      }
      result.model.dispose();
    }
  });

  test("of integers: the density over k ± ½ is the probability of k, and the log says so", async () => {
    const rows = DEEP ? 3000 : 1500;
    const x = rowsOf(rows, 1, ([z]) => [(z as number) > 0.5 ? 1 : 0]);
    const result = await fitAuto({ x }, { key, maxEpochs: 10, transforms: 1, hidden: [16], columnNames: ["coin"] });
    expect(result.dequantized).toEqual([0]);
    expect(result.log.join("\n")).toContain("Integers in coin: noise of ±½");
    const share = Array.from(x.data).reduce((a, b) => a + b, 0) / rows;
    expect(Math.abs(integral(result, [0.5], [1.5], 400) - share)).toBeLessThan(0.03);
    result.model.dispose();
  });
});

describe("with a context", () => {
  test("of numbers", async () => {
    const rows = rowsOf(1200, 2, ([c, z]) => [c as number, 2 * (c as number) + 0.2 * (z as number)]);
    const column = (j: number): NdArray =>
      ndArray(
        [1200, 1],
        rows.data.filter((_, i) => i % 2 === j),
      );
    const result = await fitAuto({ x: column(1), context: column(0) }, { key, ...SMALL });
    expect(result.model).toBeInstanceOf(ConditionalFlow);
    // The conditional entropy is that of N(0, 0.2²).
    expect(result.validationNll).toBeLessThan(Math.log(0.2) + 1.42 + 0.15);
    const draws = sampleRows(result.model, key, 500, ndArray([1, 1], Float64Array.of(1)));
    expect(Array.from(draws.data).reduce((a, b) => a + b, 0) / 500).toBeCloseTo(2, 0);
    result.model.dispose();
  });

  test.runIf(DEEP)("of classes, and of classes and numbers", async () => {
    const x = rowsOf(900, 2, ([a, b], i) => [(a as number) + 6 * (i % 3), b as number]);
    const oneHot = (i: number): number[] => [0, 1, 2].map((k) => (i % 3 === k ? 1 : 0));
    const classes = ndArray([900, 3], Float64Array.from(Array.from({ length: 900 }, (_, i) => oneHot(i)).flat()));
    const result = await fitAuto({ x, context: classes }, { key, ...SMALL, contextClasses: [[0, 1, 2]] });
    expect(result.validationNll).toBeLessThan(2 * 1.4189 + 0.2);
    result.model.dispose();
    const both = ndArray(
      [900, 4],
      Float64Array.from(Array.from({ length: 900 }, (_, i) => [...oneHot(i), i / 7]).flat()),
    );
    const mixed = await fitAuto({ x, context: both }, { key, ...SMALL, contextClasses: [[0, 1, 2]] });
    expect(mixed.validationNll).toBeLessThan(mixed.baselines.gaussian + 0.05);
    mixed.model.dispose();
    // Two blocks of classes: the layers see both, the base none.
    const blocks = ndArray(
      [900, 5],
      Float64Array.from(Array.from({ length: 900 }, (_, i) => [...oneHot(i), i % 2, 1 - (i % 2)]).flat()),
    );
    const contextClasses = [
      [0, 1, 2],
      [3, 4],
    ];
    const several = await fitAuto({ x, context: blocks }, { key, ...SMALL, contextClasses });
    expect(several.validationNll).toBeLessThanOrEqual(several.members[0]?.startNll as number);
    several.model.dispose();
    await expect(fitAuto({ x, context: blocks }, { key, contextClasses, members: [] })).rejects.toThrow(OptionError);
  });
});

test("notes come in order, with the events of each training in between; the result has them all", async () => {
  const x = toyDataset("moons").sample(key, 300);
  const notes: string[] = [];
  const members = new Map<number, number>();
  const events = fitAutoEvents({ x }, { key, ...SMALL, kernelBaseline: true });
  let result: FitAutoResult | undefined;
  for (;;) {
    const next = await events.next();
    if (next.done) {
      result = next.value;
      break;
    }
    if (next.value.type === "note") notes.push(next.value.text);
    else if (next.value.type === "member") members.set(next.value.index, next.value.count);
  }
  expect(result.log).toEqual(notes);
  expect([...members.keys()]).toEqual([...result.members.keys()]);
  expect([...members.values()].slice(0, 2)).toEqual([2, 2]);
  expect(result.baselines.kernel).toBeLessThan(result.baselines.gaussian);
  expect(notes.some((note) => note.startsWith("Member 2, a spline through the quantiles"))).toBe(true);
  result.model.dispose();
});

test("warnings come before anything is trained, and the result has them", async () => {
  const x = rowsOf(300, 2, ([z], i) => [z as number, i % 3 === 0 ? 0 : Math.exp(z as number)]);
  const order: string[] = [];
  const events = fitAutoEvents({ x }, { key, ...SMALL, columnNames: ["temperature", "rain"] });
  for (;;) {
    const next = await events.next();
    if (next.done) {
      const [warning, ...others] = next.value.warnings;
      expect(others).toEqual([]);
      expect(warning).toMatchObject({ type: "warning", kind: "repeated-value", columns: [1] });
      expect(warning?.text).toMatch(/^Column "rain" is 0 in 3[0-9] % of the training rows\./);
      next.value.model.dispose();
      break;
    }
    order.push(next.value.type);
  }
  expect(order.indexOf("warning")).toBeGreaterThan(-1);
  expect(order.indexOf("warning")).toBeLessThan(order.indexOf("member"));
});

test("the signal ends it soon, with a model", async () => {
  const x = toyDataset("moons").sample(key, DEEP ? 2000 : 500);
  const controller = new AbortController();
  const events = fitAutoEvents({ x }, { key, signal: controller.signal });
  for (;;) {
    const next = await events.next();
    if (next.done) {
      expect(next.value.reason).toBe("aborted");
      expect(next.value.members).toHaveLength(1);
      expect(Number.isFinite(next.value.validationNll)).toBe(true);
      next.value.model.dispose();
      break;
    }
    if (next.value.type === "member" && next.value.event.type === "step") controller.abort();
  }
});

test("a signal that comes while Gaussians are fitted leaves the model of these", async () => {
  const x = toyDataset("moons").sample(key, DEEP ? 2000 : 500);
  const controller = new AbortController();
  controller.abort();
  const { model, members, reason, validationNll, log } = await fitAuto({ x }, { key, signal: controller.signal });
  expect(reason).toBe("aborted");
  expect(members).toHaveLength(1);
  expect(members[0]?.validationNll).toBe(members[0]?.startNll);
  expect(Math.abs((members[0]?.startNll as number) - validationNll)).toBeLessThan(1.1e-3);
  expect(log.some((note) => note.endsWith("not trained."))).toBe(true);
  expect(logProbRows(model, x).every(Number.isFinite)).toBe(true);
  model.dispose();
});

test("frees everything with the model, and when nobody waits for the end", async () => {
  const x = toyDataset("moons").sample(key, 300);
  const before = tf.memory().numTensors;
  const result = await fitAuto({ x }, { key, ...SMALL });
  result.model.dispose();
  expect(tf.memory().numTensors).toBe(before);
  const fast = await fitAuto({ x: rowsOf(300, 3, (z) => [...z]) }, { key, ...SMALL, quality: "fast" });
  fast.model.dispose();
  expect(tf.memory().numTensors).toBe(before);
  for await (const event of fitAutoEvents({ x }, { key, ...SMALL })) if (event.type === "member") break;
  expect(tf.memory().numTensors).toBe(before);
});

test("says what is wrong", async () => {
  const x = rowsOf(50, 2, ([a, b]) => [a as number, b as number]);
  await expect(fitAuto({ x }, {} as never)).rejects.toThrow(
    new OptionError("fitAuto: expected options.key, got none. Pass { key: createKey(0) }."),
  );
  await expect(fitAuto({ x }, { key, validation: 0 })).rejects.toThrow(OptionError);
  await expect(fitAuto({ x: ndArray([1, 1], Float64Array.of(1)) }, { key })).rejects.toThrow(DataError);
  const given = { x, context: x };
  await expect(fitAuto(given, { key, kernelBaseline: true })).rejects.toThrow(
    "fitAuto: expected kernelBaseline without a context, got both.",
  );
  await expect(fitAuto(given, { key, contextClasses: [[1, 2]] })).rejects.toThrow(
    "fitAuto: expected contextClasses to name columns of a context of 2, got 2.",
  );
  await expect(fitAuto({ x }, { key, contextClasses: [[0]] })).rejects.toThrow("of a context of 0, got 0.");
});

test.each([
  [{ quality: "good" }, 'expected quality to be one of fast, default, best, got "good".'],
  [{ quality: "toString" }, "expected quality to be one of"],
  [
    { members: ["mixture", "kernel"] },
    "expected each of members to be one of mixture, quantile, affine, gaussianization, got",
  ],
  [{ maxEpochs: 0 }, "expected maxEpochs to be an integer from 1, got 0."],
  [{ patience: 1.5 }, "expected patience to be an integer from 1, got 1.5."],
  [{ batchSize: -1 }, "expected batchSize to be an integer from 1, got -1."],
  [{ transforms: 0 }, "expected transforms to be"],
  [{ defensiveWeight: 1 }, "expected defensiveWeight from 0 to below 1, got 1."],
  [{ bins: 1 }, "expected bins to be an integer from 2 to 500, got 1."],
  [{ threads: "many" }, 'expected threads to be an integer from 1, got "many".'],
  [{ learningRate: 0 }, "expected learningRate to be a finite number above 0, got 0."],
  [{ hidden: [] }, "expected hidden to be widths that are all the same"],
  [{ hidden: [64, 32] }, "expected hidden to be widths that are all the same, as [64, 64], got [64,32]."],
  [{ hidden: [0.5] }, "expected hidden to be an integer from 1, got 0.5."],
])("refuses %j before it looks at the rows", async (options, message) => {
  const unreadable = { x: undefined as never };
  const refused = fitAuto(unreadable, { key, ...(options as object) });
  await expect(refused).rejects.toThrow(OptionError);
  await expect(refused).rejects.toThrow(`fitAuto: ${message}`);
});
