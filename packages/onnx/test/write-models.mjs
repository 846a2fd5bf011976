// Writes every architecture at its default sizes, heads, mixture density networks and densities of tables as ONNX files, with rows
// and what this library makes of them, for check.py:
//   node packages/onnx/test/write-models.mjs FOLDER
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fitTable } from "@pushforward/auto";
import { useBackend } from "@pushforward/backend";
import { column, declareTable } from "@pushforward/columns";
import { Mlp } from "@pushforward/conditioners";
import { createKey, ndArray } from "@pushforward/core";
import { takeTableRows } from "@pushforward/datasets/extend";
import {
  architectureNames,
  createFlow,
  distributionNetwork,
  logProbRows,
  MixtureDensityNetwork,
  sphereFlow,
} from "@pushforward/flows";
import { mixtureDensityOutputSize } from "@pushforward/flows/extend";
import { exportOnnx } from "@pushforward/onnx";
import { DensityModel } from "@pushforward/tables";
import * as tf from "@tensorflow/tfjs-core";

const [folder = "onnx-models"] = process.argv.slice(2);
const ROWS = 200;
const TABLE_ROWS = 4000;
const key = createKey("check");
const HEADS = [
  ...[
    "bernoulli",
    "beta",
    "cauchy",
    "exponential",
    "gamma",
    "gumbel",
    "half-normal",
    "laplace",
    "log-normal",
    "logistic",
  ],
  ...["negative-binomial", "normal", "poisson", "student-t", "von-mises"],
];
/** Distributions that are drawn by rejection, of which there is no sampler. */
const REJECTED = ["beta", "gamma", "negative-binomial", "poisson", "student-t", "von-mises"];

function moved(model, by = 0.05) {
  for (const [path, parameter] of model.parameters()) {
    if (!parameter.trainable) continue;
    const values = parameter.read();
    const noise = key.fold(path).normal(values.length);
    parameter.write(Float32Array.from(values, (value, i) => value + by * noise[i]));
  }
  return model;
}

function save(name, density, sampler, about) {
  writeFileSync(join(folder, `${name}.density.onnx`), density);
  if (sampler !== undefined) writeFileSync(join(folder, `${name}.sampler.onnx`), sampler);
  // JSON has no NaN: a missing cell is null.
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ name, ...about }));
}

/** @param normal whether the sampler reads as many normal numbers as `sample` draws, in their order. */
function write(name, model, features, contextSize, { normal = true, sampled = true } = {}) {
  const context = key.fold("context").normal(ROWS * contextSize);
  const { x, shape } = tf.tidy(() => {
    const at = contextSize > 0 ? model.given(tf.tensor2d(context, [ROWS, contextSize])) : model;
    const draws = at.sample(key, contextSize > 0 ? [] : [ROWS]);
    return { x: Array.from(draws.dataSync()), shape: draws.shape };
  });
  const given = contextSize > 0 ? ndArray([ROWS, contextSize], Float64Array.from(context)) : undefined;
  const logProb = Array.from(logProbRows(model, ndArray([ROWS, features], Float64Array.from(x)), given));
  save(name, exportOnnx(model), sampled ? exportOnnx(model, { task: "sampler" }) : undefined, {
    ...{ shape, x, logProb, context: Array.from(context), contextSize },
    normal: normal ? Array.from(key.normal(ROWS * features)) : undefined,
  });
}

/** Rows with columns of all kinds, missing cells, a code that follows from a word and a sum. */
function mixedRows(rows) {
  const [u, v, w] = ["u", "v", "w"].map((name) => key.fold(name).uniform(rows));
  const [z, y] = ["z", "y"].map((name) => key.fold(name).normal(rows));
  const round = (x, digits) => Number(x.toFixed(digits));
  const declared = declareTable({
    ...{
      region: column.category(),
      code: column.integer(),
      size: column.ordinal(["S", "M", "L"]),
      when: column.date(),
      angle: column.circular(360),
    },
    ...{
      count: column.integer(),
      a: column.real(),
      b: column.real(),
      sum: column.real(),
      pay: column.positive(),
      share: column.interval(0, 1),
    },
  });
  return declared.read(
    Array.from(u, (x, i) => {
      const place = x < 0.4 ? 0 : x < 0.7 ? 1 : 2;
      const [a, b] = [round(10 * z[i] + 5 * place, 1), round(3 * y[i], 1)];
      return {
        region: ["north", "south", "west"][place],
        code: [7, 3, 20][place],
        size: v[i] < 0.1 ? null : ["S", "M", "L"][Math.floor(3 * v[i] ** (1 + place))],
        when: new Date(1.6e12 + Math.floor(86_400 * 365 * w[i]) * 1000).toISOString(),
        angle: round((360 + 40 * z[i] + 100 * place) % 360, 2),
        count: v[i] > 0.9 ? null : Math.floor(Math.exp(1 + place + y[i])),
        ...{ a, b, sum: round(a + b, 1) },
        pay: w[i] < 0.05 ? null : Math.exp(z[i] + y[i]),
        share: 1 / (1 + Math.exp(-y[i] - z[i])),
      };
    }),
  );
}

/** The cells of a table as an exported density reads them. */
function cellsOf({ columns }, { rows, columns: cells }) {
  const values = columns.map(({ name, coding }) => {
    const column = cells.find((one) => one.name === name);
    return Array.from(column.values, (value, i) => {
      if (column.kind === "number") return Number.isNaN(value) ? null : value;
      return column.missing?.has(i) ? null : coding.categories.indexOf(value);
    });
  });
  return Array.from({ length: rows }, (_, i) => values.map((column) => column[i])).flat();
}

async function writeTable(name, given) {
  const data = mixedRows(1500);
  const options = { key, hidden: [24], maxEpochs: 6, folds: 2, context: given };
  const { model, products, normals, flow } = await fitTable(data, options);
  process.stderr.write(`${name}: ${JSON.stringify({ products, normals, flow })}\n`);
  const from = Array.from({ length: TABLE_ROWS }, (_, i) => i % data.table.rows);
  const context = given.length === 0 ? undefined : takeTableRows(data.table, from);
  const drawn = model.sample(key, context === undefined ? TABLE_ROWS : 1, { context });
  const columns = model.columns.filter((column) => column.isGiven);
  save(
    name,
    exportOnnx(new DensityModel({ density: model, variables: data.variables })),
    exportOnnx(model, { task: "sampler" }),
    {
      ...{
        shape: [TABLE_ROWS, model.columns.length],
        x: cellsOf(model, drawn),
        logProb: Array.from(model.logProb(drawn)),
      },
      context: context === undefined ? [] : cellsOf({ columns }, context),
      contextSize: given.length,
    },
  );
}

mkdirSync(folder, { recursive: true });
await useBackend("wasm");
for (const architecture of architectureNames) {
  for (const context of [undefined, 2]) {
    const flow = moved(createFlow(architecture, { features: 3, context, key: key.fold(architecture) }));
    write(`${architecture}${context === undefined ? "" : "-context"}`, flow, 3, context ?? 0);
    flow.dispose();
    process.stderr.write(".");
  }
}
write("sphere", moved(sphereFlow({ key })), 3, 0);
for (const distribution of HEADS) {
  const model = moved(distributionNetwork({ distribution, features: 2, context: 2, key }), 0.1);
  write(`head-${distribution}`, model, 2, 2, { normal: false, sampled: !REJECTED.includes(distribution) });
}
write("head-categories", moved(distributionNetwork({ categories: [3, 4], context: 2, key }), 0.1), 2, 2, {
  normal: false,
});
for (const covariance of ["full", "diagonal", "spherical"]) {
  const sizes = { features: 3, components: 4, covariance };
  const conditioner = new Mlp({ inputSize: 2, outputSize: mixtureDensityOutputSize(sizes), key });
  write(`mdn-${covariance}`, moved(new MixtureDensityNetwork({ ...sizes, conditioner }), 0.1), 3, 2, { normal: false });
}
await writeTable("table", []);
await writeTable("table-given", ["region", "pay"]);
process.stderr.write("\n");
