import { useBackend } from "@pushforward/backend";
import { createKey, DataError, DisposedError, DomainError, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { choleskyFactor } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { cpuSecondsOf } from "../../../testing/test/cpu-seconds-of.ts";
import { DEEP } from "../../../testing/test/deep.ts";
import { fitGaussianMixture, type GaussianMixtureFit, type MixtureFitProgress } from "../index.ts";

const key = createKey(3);

/** Rows of a mixture of two sheared normals in the plane, three to one. */
function twoNormals(n: number, seed: number): Float64Array[] {
  const z = createKey(seed).normal(2 * n);
  return Array.from({ length: n }, (_, i) => {
    const [a, b] = [z[2 * i] as number, z[2 * i + 1] as number];
    return i % 4 === 3 ? Float64Array.of(5 + 0.5 * a, -1 + 0.2 * b) : Float64Array.of(a, 1 + 0.8 * a + 0.6 * b);
  });
}

/** Log-density of a fit at a point, by the numbers of the result alone. */
function logDensity({ components, features: d, weights, means, scaleTrils }: GaussianMixtureFit, x: number[]): number {
  let sum = 0;
  for (let k = 0; k < components; k++) {
    let log = Math.log(weights[k] as number) - (d / 2) * Math.log(2 * Math.PI);
    const z: number[] = [];
    for (let i = 0; i < d; i++) {
      let rest = (x[i] as number) - (means[k * d + i] as number);
      for (let j = 0; j < i; j++) rest -= (scaleTrils[(k * d + i) * d + j] as number) * (z[j] as number);
      z.push(rest / (scaleTrils[(k * d + i) * d + i] as number));
      log -= Math.log(scaleTrils[(k * d + i) * d + i] as number) + (z[i] as number) ** 2 / 2;
    }
    sum += Math.exp(log);
  }
  return Math.log(sum);
}

function meanLogDensity(fit: GaussianMixtureFit, rows: readonly Float64Array[]): number {
  return rows.reduce((sum, row) => sum + logDensity(fit, Array.from(row)), 0) / rows.length;
}

describe("a known mixture", () => {
  test("is found, with its number of components", async () => {
    const rows = twoNormals(4000, 1);
    const validation = twoNormals(1000, 2);
    const fit = await fitGaussianMixture(rows, { key, validation });
    expect(fit.components).toBe(2);
    expect(fit.reason).toBe("completed");
    expect(fit.rows).toBe(4000);
    const [large, small] = (fit.weights[0] as number) > 0.5 ? [0, 1] : [1, 0];
    expect(fit.weights[large] as number).toBeCloseTo(0.75, 2);
    for (const [k, mean, covariance] of [
      [large, [0, 1], [1, 0.8, 0.8, 1]],
      [small, [5, -1], [0.25, 0, 0, 0.04]],
    ] as const) {
      const factor = choleskyFactor("test", Float64Array.from(covariance), 2);
      for (let i = 0; i < 2; i++)
        expect(Math.abs((fit.means[2 * k + i] as number) - (mean[i] as number))).toBeLessThan(0.06);
      for (let i = 0; i < 4; i++) {
        expect(Math.abs((fit.scaleTrils[4 * k + i] as number) - (factor[i] as number))).toBeLessThan(0.04);
      }
    }
    expect(fit.meanLogProb).toBeCloseTo(meanLogDensity(fit, rows), 9);
    expect(fit.validationNll).toBeCloseTo(-meanLogDensity(fit, validation), 9);
    const mine = fit.tried.find(({ components }) => components === 2);
    expect([mine?.validationNll, mine?.trainNll, mine?.steps]).toEqual([
      fit.validationNll,
      -fit.meanLogProb,
      fit.steps,
    ]);
  });

  test("rows come in many forms", async () => {
    const rows = twoNormals(300, 1);
    const flat = Float64Array.from(rows.flatMap((row) => Array.from(row)));
    const reference = await fitGaussianMixture(rows, { key, components: 2 });
    for (const same of [rows.map((row) => Array.from(row)), ndArray([300, 2], flat)]) {
      expect(await fitGaussianMixture(same, { key, components: 2 })).toEqual(reference);
    }
    const column = flat.filter((_, i) => i % 2 === 0);
    const one = await fitGaussianMixture(column, { key, components: 2 });
    for (const same of [Array.from(column), ndArray([300, 1], column), Array.from(column, (x) => [x])]) {
      expect(await fitGaussianMixture(same, { key, components: 2 })).toEqual(one);
    }
  });

  test("the same key gives the same bits, another one another start", async () => {
    const rows = twoNormals(500, 1);
    const options = { components: [1, 3, 9], maxRows: 200 };
    const first = await fitGaussianMixture(rows, { key, ...options });
    expect(await fitGaussianMixture(rows, { key, ...options })).toEqual(first);
    expect((await fitGaussianMixture(rows, { key: createKey(4), ...options })).means).not.toEqual(first.means);
  });

  test("units do not matter", async () => {
    const rows = twoNormals(600, 1);
    const scale = [1e-8, 1e6];
    const shift = [3e-7, 1e9];
    const change = (row: Float64Array): Float64Array =>
      row.map((x, j) => (shift[j] as number) + (scale[j] as number) * x);
    const options = { key, components: [1, 2, 4], validation: twoNormals(200, 2) };
    const here = await fitGaussianMixture(rows, options);
    const there = await fitGaussianMixture(rows.map(change), {
      ...options,
      validation: options.validation.map(change),
    });
    expect(there.components).toBe(here.components);
    const units = Math.log(1e-8) + Math.log(1e6);
    expect(there.meanLogProb).toBeCloseTo(here.meanLogProb - units, 4);
    expect(there.validationNll as number).toBeCloseTo((here.validationNll as number) + units, 4);
    here.means.forEach((mean, i) => {
      const back = ((there.means[i] as number) - (shift[i % 2] as number)) / (scale[i % 2] as number);
      expect(back).toBeCloseTo(mean, 4);
    });
  });
});

describe("a pooled prior", () => {
  test("of great strength gives all components the covariance within them", async () => {
    const rows = twoNormals(2000, 5);
    const priors = [{ strength: 1e9, shape: "pooled" }] as const;
    const fit = await fitGaussianMixture(rows, { key, components: 2, priors, ridge: 0 });
    const first = Array.from(fit.scaleTrils.subarray(0, 4));
    for (const [i, value] of first.entries()) expect(fit.scaleTrils[4 + i]).toBeCloseTo(value, 6);
    const [a = 0, , b = 0, c = 0] = first;
    // Three quarters of a covariance (1, 0.8; 0.8, 1) and one quarter of (0.25, 0; 0, 0.04).
    expect(a * a).toBeCloseTo(0.8125, 1);
    expect(a * b).toBeCloseTo(0.6, 1);
    expect(b * b + c * c).toBeCloseTo(0.76, 1);
  });
});

describe("what is held out, sampled and tried", () => {
  test("a tenth of the rows chooses when there are no others", async () => {
    const fit = await fitGaussianMixture(twoNormals(1000, 1), { key });
    expect(fit.rows).toBe(900);
    expect(fit.validationNll).toBeDefined();
    // Three priors for few rows.
    expect(new Set(fit.tried.map(({ prior }) => `${prior.strength} ${prior.shape}`))).toEqual(
      new Set(["0.1 diagonal", "4.1 diagonal", "4.1 full"]),
    );
  });

  test("nothing is held out when there is nothing to choose", async () => {
    const fit = await fitGaussianMixture(twoNormals(100, 1), { key, components: 3 });
    expect([fit.rows, fit.tried.length]).toEqual([100, 1]);
    expect(fit.validationNll).toBeUndefined();
    expect(fit.prior).toEqual({ strength: 4.1, shape: "diagonal" });
    const many = await fitGaussianMixture(twoNormals(2000, 1), { key, components: 3 });
    expect(many.prior).toEqual({ strength: 0.1, shape: "diagonal" });
  });

  test("numbers of components need ten rows each", async () => {
    const priors = [{ strength: 0.1, shape: "diagonal" }] as const;
    const options = { key, validation: twoNormals(50, 2), patience: 100, priors };
    const sizes = async (n: number, more: object = {}): Promise<number[]> => {
      const { tried } = await fitGaussianMixture(twoNormals(n, 1), { ...options, ...more });
      return tried.map(({ components }) => components);
    };
    expect(await sizes(79)).toEqual([1, 2, 4]);
    expect(await sizes(80)).toEqual([1, 2, 4, 8]);
    expect(await sizes(5)).toEqual([1]);
    expect(await sizes(80, { components: [8, 3, 3, 5], rowsPerComponent: 20 })).toEqual([3]);
    expect(await sizes(80, { components: [9, 7] })).toEqual([7]);
  });

  test("of many rows a sample is used", async () => {
    const rows = twoNormals(3000, 1);
    const fit = await fitGaussianMixture(rows, { key, components: 2, maxRows: 1000 });
    expect(fit.rows).toBe(1000);
    expect(meanLogDensity(fit, rows)).toBeGreaterThan(
      (await fitGaussianMixture(rows, { key, components: 2 })).meanLogProb - 0.02,
    );
  });

  test("progress tells each step", async () => {
    const told: MixtureFitProgress[] = [];
    const fit = await fitGaussianMixture(twoNormals(500, 1), {
      key,
      components: 2,
      onProgress: (progress) => told.push(progress),
    });
    expect(told.map(({ step }) => step)).toEqual(Array.from({ length: fit.steps + 1 }, (_, i) => i));
    expect(told.at(-1)?.meanLogProb).toBeCloseTo(fit.meanLogProb, 9);
    expect(told[0]).toMatchObject({ components: 2, prior: fit.prior });
  });
});

describe("the signal", () => {
  const rows = twoNormals(2000, 1);

  test("before the first step gives the start, which is a density", async () => {
    const fit = await fitGaussianMixture(rows, { key, components: 4, signal: AbortSignal.abort() });
    expect([fit.reason, fit.steps, fit.components]).toEqual(["aborted", 0, 4]);
    expect(meanLogDensity(fit, rows)).toBeCloseTo(fit.meanLogProb, 9);
  });

  test("between steps gives the mixture so far", async () => {
    const controller = new AbortController();
    const fit = await fitGaussianMixture(rows, {
      key,
      components: 6,
      tolerance: 0,
      signal: controller.signal,
      onProgress: ({ step }) => step === 7 && controller.abort(),
    });
    expect([fit.reason, fit.steps]).toEqual(["aborted", 7]);
    expect(meanLogDensity(fit, rows)).toBeCloseTo(fit.meanLogProb, 9);
  });

  test("gives the best finished one", async () => {
    const controller = new AbortController();
    const fit = await fitGaussianMixture(rows, {
      key,
      validation: twoNormals(500, 2),
      signal: controller.signal,
      onProgress: ({ components }) => components === 8 && controller.abort(),
    });
    expect([fit.reason, fit.components]).toEqual(["aborted", 2]);
    expect(fit.tried.map(({ components }) => components)).toEqual([1, 2, 4]);
  });

  test.runIf(DEEP)("timers run in between", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const seconds = await cpuSecondsOf(() =>
      fitGaussianMixture(twoNormals(10_000, 1), { key, components: 32, tolerance: 0 }),
    );
    clearInterval(timer);
    expect(turns).toBeGreaterThan(seconds * 5);
  });
});

describe("odd data", () => {
  const finite = (fit: GaussianMixtureFit): void => {
    for (const numbers of [fit.weights, fit.means, fit.scaleTrils, [fit.meanLogProb, fit.validationNll ?? 0]]) {
      expect(Array.from(numbers).every(Number.isFinite)).toBe(true);
    }
    expect(fit.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    for (let k = 0; k < fit.components; k++) {
      for (let i = 0; i < fit.features; i++) {
        expect(fit.scaleTrils[(k * fit.features + i) * fit.features + i] as number).toBeGreaterThan(0);
      }
    }
  };

  test("one row is a narrow normal around it", async () => {
    const fit = await fitGaussianMixture([[3, 1e12]], { key });
    finite(fit);
    expect(fit.components).toBe(1);
    expect(Array.from(fit.means)).toEqual([3, 1e12]);
    expect(Array.from(fit.scaleTrils)).toEqual([Math.sqrt(1e-5), 0, 0, Math.sqrt(1e-5)]);
  });

  test("two rows, and as many components as rows", async () => {
    finite(await fitGaussianMixture([[0], [1]], { key }));
    finite(await fitGaussianMixture([[0], [1], [2]], { key, components: 3 }));
  });

  test("constant columns, also far from 0", async () => {
    const rows = twoNormals(300, 1).map(([a, b]) => [7, a as number, 0.1 + 1e9, b as number]);
    const fit = await fitGaussianMixture(rows, { key, components: [1, 2, 4] });
    finite(fit);
    for (let k = 0; k < fit.components; k++) expect(fit.means[4 * k]).toBeCloseTo(7, 9);
  });

  test("columns that depend on each other", async () => {
    const rows = twoNormals(300, 1).map(([a, b]) => [a as number, b as number, 2 * (a as number) - (b as number)]);
    finite(await fitGaussianMixture(rows, { key }));
  });

  test("few distinct rows, fewer than components", async () => {
    const rows = Array.from({ length: 400 }, (_, i) => [i % 3, (i % 3) ** 2]);
    const fit = await fitGaussianMixture(rows, { key, components: 8 });
    finite(fit);
    finite(await fitGaussianMixture(rows, { key }));
    finite(await fitGaussianMixture(new Array(50).fill([1, 2]), { key }));
    finite(await fitGaussianMixture(new Array(50).fill([1, 2]), { key, components: 5 }));
  });

  test("64 columns and hardly more rows", async () => {
    const z = createKey(8).normal(64 * 150);
    const rows = ndArray(
      [150, 64],
      z.map((value, i) => value + 0.9 * (z[i - 1] ?? 0)),
    );
    const fit = await fitGaussianMixture(rows, { key });
    finite(fit);
    // The strong priors win where a covariance has 2080 numbers.
    expect(fit.prior.strength).toBeCloseTo(66.1, 9);
  });

  test("values of float64's whole range", async () => {
    finite(await fitGaussianMixture([[1e200], [-1e200], [2e200], [5e199]], { key, components: 1 }));
    finite(await fitGaussianMixture([[1e-200], [-1e-200], [2e-200], [5e-201]], { key, components: 1 }));
  });

  test("validation rows far away", async () => {
    const fit = await fitGaussianMixture(twoNormals(100, 1), { key, validation: [[1e6, 0]] });
    finite(fit);
  });
});

describe("errors", () => {
  const rows = [
    [1, 2],
    [3, 5],
    [0, 1],
  ];

  test.each<[string, unknown, object, Error]>([
    [
      "a value that is not finite",
      [...rows, [1, Number.NaN]],
      {},
      new DataError(
        "fitGaussianMixture: expected finite numbers in rows, got NaN in row 4, column 2. Drop these rows or fill them in.",
      ),
    ],
    [
      "a text",
      [[1, "2"]],
      {},
      new DataError('fitGaussianMixture: expected finite numbers in rows, got "2" in row 1, column 2.'),
    ],
    ["no rows", [], {}, new DataError("fitGaussianMixture: expected at least one row in rows, got none.")],
    [
      "no columns",
      [[], []],
      {},
      new ShapeError("fitGaussianMixture: expected at least one column in rows, got shape [2, 0]."),
    ],
    [
      "ragged rows",
      [[1, 2], [3]],
      {},
      new ShapeError("fitGaussianMixture: expected 2 columns in row 2 of rows, got 1."),
    ],
    [
      "a row among numbers",
      [1, [2]],
      {},
      new ShapeError("fitGaussianMixture: expected a number in row 2 of rows, got 1."),
    ],
    [
      "no table",
      5,
      {},
      new ShapeError("fitGaussianMixture: expected rows as an array of rows, an NdArray or a tensor, got number."),
    ],
    [
      "three axes",
      { shape: [1, 1, 1], data: Float32Array.of(1) },
      {},
      new ShapeError("fitGaussianMixture: expected rows of shape [n, features], got [1, 1, 1]."),
    ],
    [
      "too few values",
      { shape: [2, 2], data: Float32Array.of(1) },
      {},
      new ShapeError("fitGaussianMixture: expected 4 values in rows for shape [2, 2], got 1."),
    ],
    [
      "validation rows of another width",
      rows,
      { validation: [[1]] },
      new ShapeError("fitGaussianMixture: expected 2 columns in validation, got 1."),
    ],
    [
      "a bad validation row",
      rows,
      { validation: [[1, Number.POSITIVE_INFINITY]] },
      new DataError(
        "fitGaussianMixture: expected finite numbers in validation, got Infinity in row 1, column 2. Drop these rows or fill them in.",
      ),
    ],
    [
      "no key",
      rows,
      { key: undefined },
      new OptionError("fitGaussianMixture: expected options.key, got none. Pass { key: createKey(0) }."),
    ],
    [
      "more components than rows",
      rows,
      { components: 4 },
      new OptionError("fitGaussianMixture: expected at most as many components as rows, got 4 components for 3 rows."),
    ],
    [
      "a half component",
      rows,
      { components: [1, 1.5] },
      new OptionError("fitGaussianMixture: expected components to be an integer from 1, got 1.5."),
    ],
    [
      "no component",
      rows,
      { components: [] },
      new OptionError("fitGaussianMixture: expected numbers of components, got an empty list."),
    ],
    ["no prior", rows, { priors: [] }, new OptionError("fitGaussianMixture: expected at least one prior, got none.")],
    [
      "a prior of negative strength",
      rows,
      { priors: [{ strength: -1, shape: "full" }] },
      new OptionError("fitGaussianMixture: expected priors of a finite strength of at least 0, got -1."),
    ],
    [
      "a prior of no shape",
      rows,
      { priors: [{ strength: 1, shape: "round" }] },
      new OptionError('fitGaussianMixture: expected priors of shape diagonal, full or pooled, got "round".'),
    ],
    [
      "no steps",
      rows,
      { maxSteps: 0 },
      new OptionError("fitGaussianMixture: expected maxSteps to be an integer from 1, got 0."),
    ],
    [
      "a negative ridge",
      rows,
      { ridge: -1 },
      new OptionError("fitGaussianMixture: expected ridge of at least 0, got -1."),
    ],
  ])("%s", async (_name, given, options, error) => {
    const got = await fitGaussianMixture(given as number[], { key, ...options }).catch((reason) => reason);
    expect(got.constructor).toBe(error.constructor);
    expect(got.message).toBe(error.message);
  });

  test("a value that is not finite is located", async () => {
    const error = await fitGaussianMixture(
      [
        [1, 2],
        [Number.NaN, 0],
      ],
      { key },
    ).catch((reason) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect(error.location).toEqual({ row: 2, column: "1" });
  });

  test("a collapse without prior and ridge", async () => {
    const priors = [{ strength: 0, shape: "diagonal" }] as const;
    const constant = [
      [1, 0],
      [1, 1],
      [1, 2],
    ];
    await expect(fitGaussianMixture(constant, { key, components: 1, priors, ridge: 0 })).rejects.toThrow(DomainError);
  });

  test("a tensor that has been disposed", async () => {
    await useBackend("cpu");
    const tensor = tf.tensor2d(rows);
    const fit = await fitGaussianMixture(tensor, { key, components: 1 });
    expect(fit).toEqual(await fitGaussianMixture(rows, { key, components: 1 }));
    tensor.dispose();
    await expect(fitGaussianMixture(tensor, { key })).rejects.toThrow(DisposedError);
  });
});
