var __knownSymbol = (name, symbol) => ((symbol = Symbol[name]) ? symbol : /* @__PURE__ */ Symbol.for("Symbol." + name));
var __typeError = (msg) => {
  throw TypeError(msg);
};
var __using = (stack, value, async) => {
  if (value != null) {
    if (typeof value !== "object" && typeof value !== "function") __typeError("Object expected");
    var dispose, inner;
    if (async) dispose = value[__knownSymbol("asyncDispose")];
    if (dispose === void 0) {
      dispose = value[__knownSymbol("dispose")];
      if (async) inner = dispose;
    }
    if (typeof dispose !== "function") __typeError("Object not disposable");
    if (inner)
      dispose = function () {
        try {
          inner.call(this);
        } catch (e) {
          return Promise.reject(e);
        }
      };
    stack.push([async, dispose, value]);
  } else if (async) {
    stack.push([async]);
  }
  return value;
};
var __callDispose = (stack, error, hasError) => {
  var E =
    typeof SuppressedError === "function"
      ? SuppressedError
      : (e, s, m, _) => ((_ = Error(m)), (_.name = "SuppressedError"), (_.error = e), (_.suppressed = s), _);
  var fail = (e) =>
    (error = hasError ? new E(e, error, "An error was suppressed during disposal") : ((hasError = true), e));
  var next = (it) => {
    while ((it = stack.pop())) {
      try {
        var result = it[1] && it[1].call(it[2]);
        if (it[0]) return Promise.resolve(result).then(next, (e) => (fail(e), next()));
      } catch (e) {
        fail(e);
      }
    }
    if (hasError) throw error;
  };
  return next();
};

// packages/diagnostics/test/against-scikit-learn.ts
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { useBackend } from "@pushforward/backend";
// packages/diagnostics/src/c2st.ts
// packages/diagnostics/src/check-key.ts
import {
  createKey,
  OptionError,
  OptionError as OptionError4,
  requireBackend,
  ShapeError as ShapeError2,
} from "@pushforward/core";

function checkKey(where, options) {
  if (typeof options?.key?.fold === "function") return;
  throw new OptionError(`${where}: expected options.key, got none. Pass { key: createKey(0) }.`);
}

// packages/diagnostics/src/chi-squared.ts
function chiSquaredTail(x2, degrees) {
  if (!(x2 > 0)) return Number.isNaN(x2) ? 0 : 1;
  if (x2 === Number.POSITIVE_INFINITY) return 0;
  const a = degrees / 2;
  const z = x2 / 2;
  const front = Math.exp(a * Math.log(z) - z - logGamma(a));
  return z < a + 1 ? 1 - front * lowerSeries(a, z) : front * upperFraction(a, z);
}
function lowerSeries(a, z) {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; k < 1e4 && term > sum * 1e-16; k++) {
    term *= z / (a + k);
    sum += term;
  }
  return sum;
}
function upperFraction(a, z) {
  let b = z + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let k = 1; k < 1e4; k++) {
    const factor = -k * (k - a);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    const delta = c * d;
    h *= delta;
    if (Math.abs(delta - 1) < 1e-15) break;
  }
  return h;
}
function logGamma(a) {
  let shift = 0;
  let z = a;
  for (; z < 10; z++) shift -= Math.log(z);
  const i = 1 / (z * z);
  const series = (1 / 12 - i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i / 1188)))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}

// packages/diagnostics/src/normal-tail.ts
function normalTail(z) {
  const beyond = chiSquaredTail(z * z, 1) / 2;
  return z > 0 ? beyond : 1 - beyond;
}

// packages/diagnostics/src/numbers.ts
import {
  DataError,
  DisposedError,
  formatShape,
  OptionError as OptionError2,
  ShapeError,
  sizeOf,
} from "@pushforward/core";
import { Tensor } from "@tensorflow/tfjs-core";

function readMatrix(value, where, name, options = {}) {
  const { shape, data } = readArray(value, where, name, options);
  const [rows, columns = 1] = shape;
  if (rows === void 0 || shape.length > 2) {
    throw new ShapeError(`${where}: expected ${name} of shape [n, d], got ${formatShape(shape)}.`);
  }
  return { rows, columns, data };
}
function checkCount(where, name, value, least = 1) {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new OptionError2(`${where}: expected ${name} to be a whole number from ${least}, got ${value}.`);
}
function checkShare(where, name, value) {
  if (value > 0 && value < 1) return value;
  throw new OptionError2(`${where}: expected ${name} above 0 and below 1, got ${value}.`);
}
function takeRows({ columns, data }, rows) {
  const taken = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i] * columns;
    taken.set(data.subarray(from, from + columns), i * columns);
  }
  return { rows: rows.length, columns, data: taken };
}
function stackRows(a, b) {
  const data = new Float64Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { rows: a.rows + b.rows, columns: a.columns, data };
}
function readArray(value, where, name, options) {
  const { shape, data } = toArray(value, where, name);
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(
      `${where}: expected ${sizeOf(shape)} values in ${name} for shape ${formatShape(shape)}, got ${data.length}.`,
    );
  }
  if (shape[0] === 0) throw new DataError(`${where}: expected at least one row in ${name}, got none.`);
  if (data.length === 0) {
    throw new ShapeError(`${where}: expected numbers in ${name}, got the empty shape ${formatShape(shape)}.`);
  }
  const bad = data.findIndex(
    (number) =>
      !Number.isFinite(number) && !(options.allowMinusInfinity === true && number === Number.NEGATIVE_INFINITY),
  );
  if (bad >= 0) {
    const row = Math.floor(bad / (data.length / shape[0])) + 1;
    throw new DataError(
      `${where}: expected finite numbers in ${name}, got ${data[bad]} in row ${row}. Drop such rows, and say so.`,
      { row },
    );
  }
  return { shape, data };
}
function toArray(value, where, name) {
  if (value instanceof Tensor) {
    if (value.isDisposed) {
      throw new DisposedError(`${where}: expected a live tensor as ${name}, got one that has been disposed.`);
    }
    return { shape: [...value.shape], data: Float64Array.from(value.dataSync()) };
  }
  if (isList(value)) return fromNested(value, where, name);
  if (typeof value === "object" && value !== null && "data" in value && "shape" in value) {
    const { shape, data } = value;
    return { shape: [...shape], data: Float64Array.from(data) };
  }
  throw new ShapeError(`${where}: expected ${name} as nested arrays, an NdArray or a tensor, got ${typeof value}.`);
}
function fromNested(value, where, name) {
  const shape = [];
  for (let level = value; isList(level); level = level[0]) shape.push(level.length);
  const data = new Float64Array(sizeOf(shape));
  let at = 0;
  const fill = (part, axis, row) => {
    if (axis === shape.length) {
      if (typeof part === "number") {
        data[at++] = part;
        return;
      }
      if (!isList(part)) {
        throw new DataError(`${where}: expected numbers in ${name}, got ${describe(part)} in row ${row}.`, { row });
      }
    }
    if (!isList(part) || part.length !== shape[axis]) {
      const got = isList(part) ? String(part.length) : "none";
      throw new ShapeError(`${where}: expected ${shape[axis] ?? "no"} values in row ${row} of ${name}, got ${got}.`);
    }
    for (let i = 0; i < part.length; i++) fill(part[i], axis + 1, axis === 0 ? i + 1 : row);
  };
  fill(value, 0, 1);
  return { shape, data };
}
function isList(value) {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
function describe(value) {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

// packages/diagnostics/src/standardisation.ts
function standardisationOf({ rows, columns, data }) {
  const mean2 = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    let [sum, squares] = [0, 0];
    for (let i = j; i < data.length; i += columns) sum += data[i];
    const center = sum / rows;
    for (let i = j; i < data.length; i += columns) squares += (data[i] - center) ** 2;
    mean2[j] = center;
    deviation[j] = Math.sqrt(squares / Math.max(1, rows - 1)) || 1;
  }
  return { mean: mean2, deviation };
}
function standardised(table, { mean: mean2, deviation }) {
  const { columns, data } = table;
  return {
    ...table,
    data: data.map((value, i) => (value - mean2[i % columns]) / deviation[i % columns]),
  };
}

// packages/diagnostics/src/train-classifier.ts
import { Classifier, Mlp } from "@pushforward/conditioners";
import { OptionError as OptionError3 } from "@pushforward/core";
import { adam, fit } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";

function checkClassifierOptions(where, options) {
  for (const width of options.hidden ?? []) checkCount(where, "each width in hidden", width);
  checkCount(where, "epochs", options.epochs ?? 1);
  checkCount(where, "batchSize", options.batchSize ?? 1);
  const { learningRate = 1e-3 } = options;
  if (!(learningRate > 0 && learningRate < Number.POSITIVE_INFINITY)) {
    throw new OptionError3(`${where}: expected a learningRate above 0, got ${learningRate}.`);
  }
}
async function trainClassifier(features, labels, key, options, stop) {
  const { columns, rows, data } = features;
  const hidden = options.hidden ?? [10 * columns, 10 * columns];
  const network = new Mlp({ inputSize: columns, outputSize: 1, hidden, key: key.fold("network") });
  const classifier = new Classifier(network);
  const { batchSize = 200, learningRate = 1e-3, epochs = 1e3, signal } = options;
  const settings = {
    key: key.fold("fit"),
    optimizer: adam(),
    learningRate,
    epochs,
    batchSize: Math.min(batchSize, rows),
    clipNorm: 0,
    threads: 1,
    ...(signal === void 0 ? {} : { signal }),
    ...(stop.by === "validation"
      ? { validation: checkShare("fit", "validation", stop.share), patience: stop.patience, minImprovement: 0 }
      : { validation: 0 }),
  };
  const set = { x: { shape: [rows, 1], data: labels }, context: { shape: [rows, columns], data } };
  try {
    let [best, stalled] = [Number.POSITIVE_INFINITY, 0];
    for await (const event of fit(classifier, set, settings)) {
      if (event.type !== "epoch" || stop.by !== "training") continue;
      stalled = event.trainLoss > best - stop.tolerance ? stalled + 1 : 0;
      best = Math.min(best, event.trainLoss);
      if (stalled > stop.patience) break;
    }
    signal?.throwIfAborted();
    return classifier;
  } catch (error) {
    classifier.dispose();
    throw error;
  }
}
function probabilitiesOf(classifier, { rows, columns, data }) {
  const logits = tf.tidy(() => classifier.logits(tf.tensor2d(Float32Array.from(data), [rows, columns])).dataSync());
  return Float64Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
}

// packages/diagnostics/src/c2st.ts
var STOP = { by: "training", patience: 10, tolerance: 1e-4 };
async function c2st(a, b, options) {
  const where = "c2st";
  requireBackend(where);
  checkKey(where, options);
  checkClassifierOptions(where, options);
  const [first, second] = [readMatrix(a, where, "a"), readMatrix(b, where, "b")];
  if (first.columns !== second.columns) {
    throw new ShapeError2(`${where}: expected b with ${first.columns} columns, as a has, got ${second.columns}.`);
  }
  const { key, zScore = true } = options;
  const folds = checkCount(where, "folds", options.folds ?? 5, 2);
  const all = zScore ? standardised(stackRows(first, second), standardisationOf(first)) : stackRows(first, second);
  if (all.rows < 2 * folds) {
    throw new OptionError4(`${where}: expected at least ${2 * folds} rows for ${folds} folds, got ${all.rows}.`);
  }
  const order = key.fold("folds").permutation(all.rows);
  const labelOf = (row) => (row < first.rows ? 0 : 1);
  const probabilities = new Float64Array(all.rows);
  const accuracies = [];
  for (let k = 0; k < folds; k++) {
    const [from, to] = [0, 1].map((i) => Math.floor(((k + i) * all.rows) / folds));
    const held = order.subarray(from, to);
    const kept = order.filter((_, i) => i < from || i >= to);
    const found = await heldOut(all, kept, held, labelOf, key.fold(k), options);
    let right = 0;
    for (const [i, row] of held.entries()) {
      const probability = found[i];
      probabilities[row] = probability;
      if (probability > 0.5 === (labelOf(row) === 1)) right++;
    }
    accuracies.push(right / held.length);
    options.onProgress?.({ done: k + 1, total: folds });
  }
  const accuracy = accuracies.reduce((sum, value) => sum + value, 0) / folds;
  return { accuracy, folds: accuracies, pValue: normalTail((accuracy - 0.5) * 2 * Math.sqrt(all.rows)), probabilities };
}
async function heldOut(all, kept, held, labelOf, key, options) {
  var _stack = [];
  try {
    const classifier = __using(
      _stack,
      await trainClassifier(takeRows(all, kept), Float64Array.from(kept, labelOf), key, options, STOP),
    );
    return probabilitiesOf(classifier, takeRows(all, held));
  } catch (_) {
    var _error = _,
      _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}

// packages/diagnostics/test/linear-gaussian.ts
var LinearGaussian = class {
  size;
  a;
  covariance;
  factor;
  constructor(size) {
    this.size = size;
    const axis = Array.from({ length: size }, (_, i) => i);
    this.a = axis.map((i) => axis.map((j) => 0.8 ** Math.abs(i - j)));
    const precision = axis.map((i) =>
      axis.map(
        (j) => (i === j ? 1 : 0) + 4 * axis.reduce((sum, k) => sum + this.at(this.a, k, i) * this.at(this.a, k, j), 0),
      ),
    );
    this.covariance = inverse(precision);
    this.factor = cholesky(this.covariance);
  }
  /** What the simulator makes of parameters, with noise of a standard normal. */
  simulate(theta, noise) {
    return this.a.map((row, i) => dot(row, theta) + 0.5 * noise[i]);
  }
  /** Mean and lower factor of the covariance of an estimator. */
  estimator(variant, x2) {
    const projected = x2.map((_, j) => 4 * x2.reduce((sum, value, i) => sum + this.at(this.a, i, j) * value, 0));
    const mean2 = this.covariance.map((row) => dot(row, projected));
    const deviations = this.covariance.map((row, i) => Math.sqrt(row[i]));
    if (variant === "shifted") {
      return { mean: mean2.map((m, i) => m + 0.5 * deviations[i]), factor: this.factor };
    }
    if (variant === "uncorrelated") {
      return { mean: mean2, factor: deviations.map((sd2, i) => deviations.map((_, j) => (i === j ? sd2 : 0))) };
    }
    const scale = { exact: 1, narrow: 0.7, wide: 1.4 }[variant];
    return { mean: mean2, factor: this.factor.map((row) => row.map((value) => scale * value)) };
  }
  /** Draws of an estimator at an observation, `[count, d]`. */
  draw(variant, x2, count, key) {
    const { mean: mean2, factor } = this.estimator(variant, x2);
    const z = Float64Array.from(key.normal(count * this.size));
    return { shape: [count, this.size], data: this.mapped(z, mean2, factor) };
  }
  /** Log-density of an estimator at rows of parameters. */
  logProb(variant, x2, theta) {
    const { mean: mean2, factor } = this.estimator(variant, x2);
    const { size } = this;
    const z = this.whitened(theta, mean2, factor);
    const constant = factor.reduce((sum, row, i) => sum - Math.log(row[i]), -0.5 * size * Math.log(2 * Math.PI));
    return Float64Array.from({ length: theta.length / size }, (_, r) => {
      let squares = 0;
      for (let j = r * size; j < (r + 1) * size; j++) squares += z[j] ** 2;
      return constant - 0.5 * squares;
    });
  }
  /** Truths and observations of the model, and what an estimator makes of them. */
  runs(variant, n, draws, key) {
    const { size } = this;
    const [thetaKey, noiseKey, drawKey] = key.split(3);
    const truths = Float64Array.from(thetaKey.normal(n * size));
    const noise = noiseKey.normal(n * size);
    const z = Float64Array.from(drawKey.normal(n * draws * size));
    const observations = new Float64Array(n * size);
    const all = new Float64Array(n * draws * size);
    const truthLogProb = new Float64Array(n);
    const drawsLogProb = new Float64Array(n * draws);
    const base = new Float64Array(n * size);
    for (let i = 0; i < n; i++) {
      const theta = truths.subarray(i * size, (i + 1) * size);
      const x2 = this.simulate(Array.from(theta), noise.subarray(i * size, (i + 1) * size));
      observations.set(x2, i * size);
      const { mean: mean2, factor } = this.estimator(variant, x2);
      const own = this.mapped(z.subarray(i * draws * size, (i + 1) * draws * size), mean2, factor);
      all.set(own, i * draws * size);
      truthLogProb.set(this.logProb(variant, x2, theta), i);
      drawsLogProb.set(this.logProb(variant, x2, own), i * draws);
      base.set(this.whitened(theta, mean2, factor), i * size);
    }
    const rows = (data) => ({ shape: [n, size], data });
    return {
      truths: rows(truths),
      observations: rows(observations),
      draws: { shape: [n, draws, size], data: all },
      truthLogProb,
      drawsLogProb: { shape: [n, draws], data: drawsLogProb },
      base: rows(base),
    };
  }
  at(matrix, i, j) {
    return matrix[i]?.[j];
  }
  mapped(z, mean2, factor) {
    return z.map((_, at) => {
      const [row, i] = [Math.floor(at / this.size), at % this.size];
      let sum = mean2[i];
      for (let j = 0; j <= i; j++) sum += this.at(factor, i, j) * z[row * this.size + j];
      return sum;
    });
  }
  whitened(theta, mean2, factor) {
    const z = new Float64Array(theta.length);
    for (let at = 0; at < theta.length; at++) {
      const [row, i] = [Math.floor(at / this.size), at % this.size];
      let rest = theta[at] - mean2[i];
      for (let j = 0; j < i; j++) rest -= this.at(factor, i, j) * z[row * this.size + j];
      z[at] = rest / this.at(factor, i, i);
    }
    return z;
  }
};
function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
function cholesky(matrix) {
  const l = matrix.map((row) => row.map(() => 0));
  for (const [i, row] of matrix.entries()) {
    for (let j = 0; j <= i; j++) {
      const rest = row[j] - dot(l[i].slice(0, j), l[j].slice(0, j));
      l[i][j] = i === j ? Math.sqrt(rest) : rest / l[j]?.[j];
    }
  }
  return l;
}
function inverse(matrix) {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i++) {
    const pivot = rows[i];
    const scale = pivot[i];
    for (let k = 0; k < 2 * n; k++) pivot[k] = pivot[k] / scale;
    for (const other of rows) {
      if (other === pivot) continue;
      const factor = other[i];
      for (let k = 0; k < 2 * n; k++) other[k] = other[k] - factor * pivot[k];
    }
  }
  return rows.map((row) => row.slice(n));
}

// packages/diagnostics/test/against-scikit-learn.ts
var [, folder = "", seedCount = "5"] = process.argv.slice(2);
var seeds = Array.from({ length: Number(seedCount) }, (_, i) => i + 1);
function rowsOf(data, columns) {
  return Array.from({ length: data.length / columns }, (_, i) =>
    Array.from({ length: columns }, (__, j) => data[i * columns + j]),
  );
}
function normal(name, n, columns) {
  return rowsOf(createKey(name).normal(n * columns), columns);
}
function perturbed(rows, scale, shift) {
  const columns = rows[0]?.length;
  const mean2 = Array.from({ length: columns }, (_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  const deviation = mean2.map((m, j) => Math.sqrt(rows.reduce((sum, row) => sum + (row[j] - m) ** 2, 0) / rows.length));
  return rows.map((row) => row.map((v, j) => mean2[j] + scale * (v - mean2[j]) + shift * deviation[j]));
}
function reference(task, observation) {
  const path = join(folder, task, String(observation), "reference_posterior_samples.csv");
  if (!existsSync(path)) return void 0;
  const [, ...lines] = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => line.split(",").map(Number));
}
var pairs = [
  ["two sets of N(0, I), 2-D", normal("a", 2500, 2), normal("b", 2500, 2)],
  [
    "N(0, I) and N(0.3\xB7e\u2081, I), 2-D",
    normal("c", 2500, 2),
    normal("d", 2500, 2).map(([x2 = 0, y = 0]) => [x2 + 0.3, y]),
  ],
  [
    "N(0, I) and N(0, 0.7\xB2\xB7I), 5-D",
    normal("e", 2500, 5),
    normal("f", 2500, 5).map((row) => row.map((v) => 0.7 * v)),
  ],
];
var model = new LinearGaussian(2);
var x = [0.4, -0.2];
var drawn = (variant) => rowsOf(model.draw(variant, x, 2500, createKey(variant)).data, 2);
pairs.push(["linear Gaussian, correlation left out, 2-D", drawn("exact"), drawn("uncorrelated")]);
for (const task of ["two_moons", "slcp", "gaussian_linear", "gaussian_mixture"]) {
  const rows = reference(task, 1);
  if (rows === void 0) continue;
  const half = rows.length / 2;
  pairs.push([`${task}: halves of the reference`, rows.slice(0, half), rows.slice(half)]);
  pairs.push([`${task}: half \xD7 1.2 + 0.1 sd`, rows.slice(0, half), perturbed(rows.slice(half), 1.2, 0.1)]);
}
await useBackend("wasm");
var jobs = pairs.map(([, a, b]) => JSON.stringify({ a, b, seeds })).join("\n");
var python = process.env["PUSHFORWARD_PYTHON"] ?? "/usr/bin/python3";
var run = spawnSync(python, [join("packages", "diagnostics", "test", "c2st.py")], {
  input: jobs,
  encoding: "utf8",
  maxBuffer: 1e8,
  env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
});
if (run.status !== 0) throw new Error(run.stderr);
var theirs = run.stdout
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
var mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
var sd = (values) => Math.sqrt(values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1));
var cell = (values) => `${mean(values).toFixed(4)} \xB1 ${sd(values).toFixed(4)}`;
console.log(`| samples | pushforward | scikit-learn | difference | our CPU s | its CPU s |
|---|---|---|---|---|---|`);
for (const [i, [name, a, b]] of pairs.entries()) {
  const start = process.cpuUsage();
  const ours = [];
  for (const seed of seeds) ours.push((await c2st(a, b, { key: createKey(seed) })).accuracy);
  const { user, system } = process.cpuUsage(start);
  const own = (user + system) / 1e6 / seeds.length;
  const other = theirs[i];
  const difference = (mean(ours) - mean(other.scores)).toFixed(4);
  console.log(
    `| ${name} | ${cell(ours)} | ${cell(other.scores)} | ${difference} | ${own.toFixed(1)} | ${other.seconds.toFixed(1)} |`,
  );
}
