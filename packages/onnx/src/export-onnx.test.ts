import { useBackend } from "@pushforward/backend";
import { createKey, type Distribution, type Key, ndArray } from "@pushforward/core";
import { isConditionalDistribution, sizeOf } from "@pushforward/core/extend";
import {
  ConditionalGaussianMixture,
  GaussianMixture,
  GaussianMixturePerClass,
  Mixture,
  MultivariateStudentT,
  Uniform,
  VonMisesFisher,
} from "@pushforward/distributions";
import { Flow, logProbRows, maf, nsf } from "@pushforward/flows";
import { FlowModel } from "@pushforward/tables/extend";
import { ConstantAffine, chain, Permutation } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distributionCases } from "../../flows/cases/index.ts";
import { DEEP } from "../../testing/test/deep.ts";
import { moved } from "../test/moved.ts";
import { readMetadata } from "../test/read-metadata.ts";
import { type OnnxRows, runOnnx, runOnnxOnWeb } from "../test/run-onnx.ts";
import type { Density } from "./add-density.ts";
import { exportOnnx } from "./export-onnx.ts";

const key = createKey("onnx");
const ROWS = 6;
const TOLERANCE = 1e-4;

/** Models that can't be exported, and what the error says. */
const refused: Readonly<Record<string, RegExp>> = {
  "Flow over a batch of bases": /expected a distribution without batch axes/,
};

/** Models that choose a component for each row, or draw as numbers in float64 elsewhere: only their distribution is the same. */
const drawnOtherwise = /[mM]ixture|sphereFlow/;

beforeAll(async () => {
  await useBackend("wasm");
});

function modelOf(name: string): Density {
  const theCase = distributionCases[name];
  if (theCase === undefined) throw new Error(name);
  return moved(theCase.make(key.fold(name)) as Density, key);
}

function contextOf(model: Density, rows: number): OnnxRows | undefined {
  if (!isConditionalDistribution(model)) return undefined;
  const shape = [rows, ...model.contextShape];
  return { shape, values: key.fold("context").normal(sizeOf(shape)) };
}

function sampleOf(model: Density, by: Key, rows: number, context: OnnxRows | undefined): OnnxRows {
  return tf.tidy(() => {
    const at: Distribution = isConditionalDistribution(model)
      ? model.given(tf.tensor(Float32Array.from(context?.values ?? []), [...(context?.shape ?? [])]))
      : model;
    const x = at.sample(by, context === undefined ? [rows] : []);
    return { shape: x.shape, values: x.dataSync().slice() };
  });
}

function asTable({ shape, values }: OnnxRows) {
  return ndArray([shape[0] as number, sizeOf(shape.slice(1))], Float64Array.from(values));
}

function worstOf(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  const errors = Array.from(found, (value, i) => {
    const other = expected[i] as number;
    return Object.is(value, other) ? 0 : Math.abs(value - other) / Math.max(1, Math.abs(other));
  });
  // A NaN on one side is an error, too.
  return errors.some(Number.isNaN) ? Number.NaN : Math.max(...errors);
}

/** The inputs of a sampler. */
function noiseFor(rows: number, context: OnnxRows | undefined) {
  return (columns: ReadonlyMap<string, number>): Record<string, OnnxRows> => {
    const noises = [...columns].filter(([name]) => name !== "context");
    const draw = ([name, width]: [string, number]): [string, OnnxRows] => {
      const count = rows * width;
      return [name, { shape: [rows, width], values: name === "normal" ? key.normal(count) : key.uniform(count) }];
    };
    return { ...Object.fromEntries(noises.map(draw)), ...(context && { context }) };
  };
}

/** Rows with what is not a number, or far from everything. */
const [nan, far] = [Number.NaN, Number.POSITIVE_INFINITY];
const ODD_ROWS = [0.5, nan, nan, 1, far, 0, 0, -far, 1e30, 1];

/** The rows, those of {@link ODD_ROWS}, and those outside of the support. */
function withOddRows({ shape, values }: OnnxRows, outside: readonly (readonly number[])[]): OnnxRows {
  const all = [...Array.from(values), ...ODD_ROWS, ...outside.flat()];
  return { shape: [all.length / 2, ...shape.slice(1)], values: all };
}

/** Short runs take each architecture once; the laws of their layers run for all cases. */
const CASES = Object.keys(distributionCases).filter(
  (name, i, all) => DEEP || all.findIndex((other) => kindOf(other) === kindOf(name)) === i || i % 2 === 0,
);

/** The words before the settings of a case. */
function kindOf(name: string): string {
  return name.split(",", 1)[0] as string;
}

describe("log-densities are those of logProbRows", () => {
  test.for(CASES)("%s", async (name) => {
    const model = modelOf(name);
    if (Object.hasOwn(refused, name)) {
      expect(() => exportOnnx(model)).toThrow(refused[name]);
      return;
    }
    const context = contextOf(model, ROWS);
    const sample = sampleOf(model, key, ROWS, context);
    const { outside = [] } = distributionCases[name] ?? {};
    const isPlane = context === undefined && sizeOf(sample.shape.slice(1)) === 2;
    const x = isPlane ? withOddRows(sample, outside) : sample;
    const expected = logProbRows(model, asTable(x), context && asTable(context));
    const found = await runOnnx(exportOnnx(model), { x, ...(context && { context }) });
    expect(found.shape).toEqual([x.shape[0]]);
    expect(worstOf(found.values, expected)).toBeLessThan(TOLERANCE);
    if (!isPlane) return;
    expect(found.values[ROWS]).toBeNaN();
    expect(found.values[ROWS + 2]).toBe(Number.NEGATIVE_INFINITY);
    const last = Array.from(found.values).slice(found.values.length - outside.length);
    expect(last).toEqual(outside.map(() => Number.NEGATIVE_INFINITY));
  });
});

/** One model for each kind of transform and of base. */
const sampled = [
  /^createFlow/,
  /for samples/,
  /^(cnf|ncsf|radial|sylvester), 2 features$/,
  /^(unaf, 3 features|planar, 2 features, context|glow with a context.*|maf, 2 features, context, raw units)$/,
  /^(Flow on a box|ConditionalFlow with a conditional base|Mixture of flows|ConditionalMixture of flows, learnable)$/,
  /^sphereFlow in cylindrical coordinates$/,
];

describe("samples of the same random numbers are those of sample", () => {
  test.for(Object.keys(distributionCases).filter((name) => sampled.some((one) => one.test(name))))(
    "%s",
    async (name) => {
      const model = modelOf(name);
      const bytes = exportOnnx(model, { task: "sampler" });
      const context = contextOf(model, ROWS);
      const found = await runOnnx(bytes, noiseFor(ROWS, context));
      const expected = sampleOf(model, key, ROWS, context);
      expect(found.shape).toEqual(expected.shape);
      if (!drawnOtherwise.test(name)) expect(worstOf(found.values, expected.values)).toBeLessThan(TOLERANCE);
    },
  );
});

test.for(Object.keys(distributionCases).filter((name) => name.includes("MixtureDensityNetwork")))(
  "rows of the same random numbers are those of sample: %s",
  async (name) => {
    const model = modelOf(name);
    const context = contextOf(model, ROWS);
    const expected = sampleOf(model, key, ROWS, context);
    const [choiceKey, noiseKey] = key.split();
    const found = await runOnnx(exportOnnx(model, { task: "sampler" }), {
      uniform: { shape: [ROWS, 1], values: choiceKey.uniform(ROWS) },
      normal: { shape: [ROWS, expected.shape[1] as number], values: noiseKey.normal(expected.values.length) },
      context: context as OnnxRows,
    });
    expect(found.shape).toEqual(expected.shape);
    expect(worstOf(found.values, expected.values)).toBeLessThan(TOLERANCE);
  },
);

/** Distributions whose samples are made of other random numbers in a graph. */
const drawn: Readonly<Record<string, () => Density>> = {
  GaussianMixture: () => {
    const scaleTrils = [1, 0, 0.5, 0.5, 2, 0, -1, 1];
    return new GaussianMixture({ components: 2, features: 2, weights: [0.3, 0.7], means: [0, 1, 4, -2], scaleTrils });
  },
  ConditionalGaussianMixture: () =>
    new ConditionalGaussianMixture({
      ...{ components: 2, features: 3, weights: [0.4, 0.6], means: [0, 1, -1, 2, -1, 1] },
      scaleTrils: [1, 0, 0, 0.5, 0.6, 0, 0.2, 0.1, 1, 0.8, 0, 0, 0.3, 1, 0, 0.4, -0.2, 0.7],
      ...{ contextFeatures: 1, contextColumns: [0] },
    }),
  GaussianMixturePerClass: () =>
    new GaussianMixturePerClass({
      ...{ components: 1, classes: 2, features: 1, weights: [1, 1], means: [-3, 3], scaleTrils: [1, 0.5] },
      ...{ contextFeatures: 2, classColumns: [0, 1] },
    }),
  "Mixture with heavy tails": () =>
    new Mixture({
      weights: [0.8, 0.2],
      components: [
        moved(maf({ features: 2, hidden: [8], transforms: 1, key }), key),
        new MultivariateStudentT({
          degreesOfFreedom: 5,
          location: [1, 0],
          scaleMatrix: [
            [1, 0.3],
            [0.3, 2],
          ],
        }),
      ],
    }),
  Uniform: () => new Uniform({ low: [-1, 2], high: [3, 2.5] }),
  VonMisesFisher: () => new VonMisesFisher({ meanDirection: [0.6, 0, -0.8], concentration: 5 }),
};

describe.runIf(DEEP)("samples of other random numbers have the distribution", () => {
  test.for(Object.entries(drawn))("%s", async ([name, make]) => {
    const rows = 20_000;
    const model = make();
    const bytes = exportOnnx(model, { task: "sampler" });
    const classes = {
      shape: [rows, 2],
      values: Float32Array.from({ length: 2 * rows }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? 1 : 0)),
    };
    const context = name === "GaussianMixturePerClass" ? classes : contextOf(model, rows);
    const sample = await runOnnx(bytes, noiseFor(rows, context));
    const other = sampleOf(model, key.fold("other"), rows, context);
    // Mean log-densities and means of the columns, in standard errors.
    const scores = [sample, other].map((x) => logProbRows(model, asTable(x), context && asTable(context)));
    const columns = sample.shape[1] as number;
    const columnsOf = ({ values }: OnnxRows): Float64Array[] =>
      Array.from({ length: columns }, (_, j) =>
        Float64Array.from({ length: rows }, (__, i) => values[i * columns + j] as number),
      );
    const pairs = [scores, ...columnsOf(sample).map((column, j) => [column, columnsOf(other)[j]])] as [
      Float64Array,
      Float64Array,
    ][];
    for (const [a, b] of pairs) {
      const [one, two] = [a, b].map((values) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / rows;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
        return { mean, error: variance / rows };
      }) as [{ mean: number; error: number }, { mean: number; error: number }];
      expect(Math.abs(one.mean - two.mean)).toBeLessThan(5 * Math.sqrt(one.error + two.error) + 1e-6);
    }
  });
});

describe("a file", () => {
  const small = { hidden: [8], transforms: 1, key } as const;
  const flow = (): Flow => moved(nsf({ features: 2, ...small }), key);

  test.runIf(DEEP)("is read by onnxruntime-web", async () => {
    const flows = ["nsf, 2 features", "maf, 2 features, context, raw units", "cnf, 2 features", "gf, 1 feature"];
    const heads = ["von-mises", "student-t", "negative-binomial", "categories"];
    for (const name of [...flows, ...heads.map((head) => `DistributionNetwork, ${head}`)]) {
      const model = modelOf(name);
      const context = contextOf(model, ROWS);
      const x = sampleOf(model, key, ROWS, context);
      const expected = logProbRows(model, asTable(x), context && asTable(context));
      const found = await runOnnxOnWeb(exportOnnx(model), { x, ...(context && { context }) });
      expect(worstOf(found.values, expected), name).toBeLessThan(TOLERANCE);
    }
  });

  test("takes any number of rows", async () => {
    const model = flow();
    const bytes = exportOnnx(model);
    for (const rows of [1, 3, 100]) {
      const x = sampleOf(model, key, rows, undefined);
      const found = await runOnnx(bytes, { x });
      expect(worstOf(found.values, logProbRows(model, asTable(x)))).toBeLessThan(TOLERANCE);
    }
  });

  test("standardizes in float64", async () => {
    const { base, transform } = flow();
    const units = new ConstantAffine({ shift: [1.6e9, -5], scale: [3, 1e-3] });
    const model = new Flow(base, chain([transform, units]));
    const x = { shape: [3, 2], values: [1.6e9, -5, 1.6e9 + 1.5, -5.0007, 1.6e9 - 2.25, -4.9995] };
    const found = await runOnnx(exportOnnx(model), { x });
    expect(worstOf(found.values, logProbRows(model, asTable(x)))).toBeLessThan(1e-5);
    const bytes = exportOnnx(model, { task: "sampler" });
    const normal = { shape: [1, 2], values: [0.25, -1] };
    const sample = await runOnnx(bytes, { normal });
    const expected = transform.forward(tf.tensor2d([0.25, -1], [1, 2])).dataSync();
    expect(sample.values[0]).toBeCloseTo(1.6e9 + 3 * (expected[0] as number), 5);
  });

  test("has every parameter once, and no node that nothing needs", () => {
    const model = flow();
    const values = [...model.parameters().values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(exportOnnx(model).length).toBeLessThan(4 * values + 12_000);
  });

  test("is the same each time", () => {
    const model = flow();
    expect(exportOnnx(model)).toEqual(exportOnnx(model));
  });
});

test("leaves no tensors behind", () => {
  const model = moved(nsf({ features: 2, hidden: [8], transforms: 1, key }), key);
  exportOnnx(model);
  const before = tf.memory().numTensors;
  exportOnnx(model);
  exportOnnx(model, { task: "sampler" });
  expect(tf.memory().numTensors).toBe(before);
});

test("the model of a table has the names of its columns in the file", () => {
  using flow = moved(maf({ features: 2, context: 1, hidden: [4], transforms: 1, key }), key);
  const context = [{ name: "c", kind: "number" }] as const;
  const bytes = exportOnnx(new FlowModel({ flow, layout: { columns: ["a", "b"], context } }));
  const { columns = "", context: given = "", ...rest } = readMetadata(bytes);
  expect([JSON.parse(columns), JSON.parse(given), rest]).toEqual([["a", "b"], context, { task: "density" }]);
  expect(readMetadata(exportOnnx(flow))).toEqual({ task: "density" });
});

test("what is no model is refused", () => {
  for (const [model, got] of [
    [new Permutation({ order: [1, 0] }), "Permutation"],
    [undefined, "Object"],
  ] as const) {
    expect(() => exportOnnx(model as never)).toThrow(
      `exportOnnx: expected a distribution, or the density or model of a table, got ${got}.`,
    );
  }
});

test("an unknown task or option is refused", () => {
  const model = maf({ features: 2, key });
  expect(() => exportOnnx(model, { task: "cdf" as never })).toThrow(
    'exportOnnx: expected task to be "density" or "sampler", got "cdf".',
  );
  expect(() => exportOnnx(model, { tasks: "sampler" } as never)).toThrow(
    'exportOnnx: expected the options task, got "tasks". Did you mean task?',
  );
});
