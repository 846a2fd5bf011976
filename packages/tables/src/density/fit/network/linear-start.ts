import type { ResidualMlp } from "@pushforward/conditioners";
import type { Parameter } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import { cellComponent } from "@pushforward/ops";
import { CELL_SIZE } from "../../coding/category-coding.ts";
import type { ColumnDensity } from "../../column-density.ts";
import type { NetworkForm, NetworkRows, NetworkTask } from "./network-task.ts";

/** A linear function of some regressors. */
interface LinearFunction {
  readonly weights: Float64Array;
  readonly intercept: number;
}

/** Rows of regressors, `[rows, count]`, and the targets. */
export interface RegressionRows {
  readonly regressors: Float64Array;
  readonly targets: Float64Array;
}

/** Penalties that are tried, in rows. */
const PENALTIES = [0.1, 1, 10, 100, 1000];

/**
 * The best linear function of the targets, by least squares with the penalty `λ‖w‖²` (Hoerl and Kennard 1970), selected on
 * separate rows, and its mean squared error on these rows.
 */
export function ridgeRegression(
  train: RegressionRows,
  validation: RegressionRows,
): LinearFunction & { readonly error: number } {
  const rows = train.targets.length;
  const count = train.regressors.length / rows;
  const means = new Float64Array(count);
  const mean = train.targets.reduce((sum, y) => sum + y / rows, 0);
  for (let at = 0; at < train.regressors.length; at++) {
    means[at % count] = (means[at % count] as number) + (train.regressors[at] as number) / rows;
  }
  const { gram, moments } = normalEquations(train, means, mean);
  let best: (LinearFunction & { readonly error: number }) | undefined;
  for (const penalty of PENALTIES) {
    const weights = solve(gram, moments, penalty);
    const intercept = mean - weights.reduce((sum, w, j) => sum + w * (means[j] as number), 0);
    const error = squaredError(validation, { weights, intercept });
    if (best === undefined || error < best.error) best = { weights, intercept, error };
  }
  return best as LinearFunction & { readonly error: number };
}

function normalEquations(
  { regressors, targets }: RegressionRows,
  means: Float64Array,
  mean: number,
): { readonly gram: Float64Array; readonly moments: Float64Array } {
  const count = means.length;
  const gram = new Float64Array(count * count);
  const moments = new Float64Array(count);
  const row = new Float64Array(count);
  for (const [i, target] of targets.entries()) {
    for (let j = 0; j < count; j++) row[j] = (regressors[i * count + j] as number) - (means[j] as number);
    for (let j = 0; j < count; j++) {
      const own = row[j] as number;
      moments[j] = (moments[j] as number) + own * (target - mean);
      for (let k = 0; k <= j; k++) gram[j * count + k] = (gram[j * count + k] as number) + own * (row[k] as number);
    }
  }
  return { gram, moments };
}

/** `(G + λI)⁻¹ m` by a Cholesky factorization; only the lower triangle of G is read. */
function solve(gram: Float64Array, moments: Float64Array, penalty: number): Float64Array {
  const n = moments.length;
  const factor = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = (gram[j * n + k] as number) + (j === k ? penalty : 0);
      for (let l = 0; l < k; l++) sum -= (factor[j * n + l] as number) * (factor[k * n + l] as number);
      factor[j * n + k] = j === k ? Math.sqrt(sum) : sum / (factor[k * n + k] as number);
    }
  }
  const x = moments.slice();
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) x[j] = (x[j] as number) - (factor[j * n + k] as number) * (x[k] as number);
    x[j] = (x[j] as number) / (factor[j * n + j] as number);
  }
  for (let j = n - 1; j >= 0; j--) {
    for (let k = j + 1; k < n; k++) x[j] = (x[j] as number) - (factor[k * n + j] as number) * (x[k] as number);
    x[j] = (x[j] as number) / (factor[j * n + j] as number);
  }
  return x;
}

function squaredError({ regressors, targets }: RegressionRows, { weights, intercept }: LinearFunction): number {
  const count = weights.length;
  let sum = 0;
  for (const [i, target] of targets.entries()) {
    let residual = target - intercept;
    for (let j = 0; j < count; j++) residual -= (weights[j] as number) * (regressors[i * count + j] as number);
    sum += residual ** 2;
  }
  return sum / targets.length;
}

/** Maximum rows for this start: with more rows, bins are more accurate. Minimum rows for a regression. */
export const MOST_LINEAR_ROWS = 2250;
const LEAST_ROWS = 16;
/** The share of the variance that may be left. */
const MOST_LEFT = 0.9;
/** Features of a column of numbers in a regression: its place on the normal quantile scale, and its standardized value. */
const PLACES = 2;
/** Largest absolute place; places farther out are clipped to it. */
const FAR = 4;
/** The units of the network that hold the linear function, and their signs. */
const UNITS = [
  [0, 1],
  [1, -1],
] as const;

/**
 * Initializes the mixture of a new network with a mean that is linear in its inputs, if a ridge regression on the normal
 * quantile scale explains enough of the validation rows: two units of the first layer are `±(w·x + b)`, and `silu(t) − silu(−t)
 * = t` passes both to the means. So few rows suffice for relations that a network would learn slowly.
 */
export function startLinear(density: ColumnDensity, network: ResidualMlp, task: NetworkTask): void {
  if (density.head.components === 0 || task.train.rows > MOST_LINEAR_ROWS) return;
  const inputs = inputsOf(task.form);
  const [train, validation] = [
    regressionRows(density, inputs, task.train),
    regressionRows(density, inputs, task.validation),
  ];
  if (Math.min(train.targets.length, 4 * validation.targets.length) < LEAST_ROWS) return;
  if (train.regressors.length === 0) return;
  const { error, ...found } = ridgeRegression(train, validation);
  const left = error / variance(validation.targets);
  if (!(left < MOST_LEFT)) return;
  writeUnits(network, inputs, found);
  writeHead(density, network, Math.sqrt(left));
}

/** The rows with cells of the mixture, and the regressors of the previous columns. */
function regressionRows(density: ColumnDensity, inputs: readonly Input[], part: NetworkRows): RegressionRows {
  const { rows, cells, context } = part;
  const table = density.table.read();
  const size = context.length / rows;
  const targets: number[] = [];
  const regressors: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [low, high, width] = [2, 3, 4].map((k) => cells[row * CELL_SIZE + k]) as [number, number, number];
    if (width === 0) continue;
    targets.push((near(low) + near(high)) / 2);
    for (const { isNumeric, from, count, at } of inputs) {
      const own = row * size + at;
      for (let j = 0; j < count; j++) {
        const value = isNumeric ? context[own + j] : table[from + (context[own] as number) * count + j];
        regressors.push(value as number);
      }
    }
  }
  return { regressors: Float64Array.from(regressors), targets: Float64Array.from(targets) };
}

function near(place: number): number {
  return Math.min(Math.max(place, -FAR), FAR);
}

/** A column that is read, and its regressors: the first features of numbers, the row of the embedding of a category. */
interface Input {
  readonly isNumeric: boolean;
  readonly count: number;
  /** Where in a context its features begin, or where the code of a category is. */
  readonly at: number;
  /** Where the rows of the column begin in the table of the embedding. */
  readonly from: number;
  /** Where its regressors begin in the inputs of the network: in the context for numbers, else in the rows. */
  readonly place: number;
}

function inputsOf({ embedding, featureCounts }: NetworkForm): Input[] {
  let [feature, from, place] = [0, 0, 0];
  return embedding.tables.map(({ codes, width }, k) => {
    const featureCount = featureCounts[k] as number;
    const isNumeric = featureCount > 0;
    const count = isNumeric ? Math.min(PLACES, featureCount) : width;
    const at = isNumeric ? featureCounts.length + feature : k;
    const input = { isNumeric, count, at, from, place: isNumeric ? feature : place };
    feature += featureCount;
    from += codes * width;
    place += width;
    return input;
  });
}

/** Makes two units of the network `±(w·x + b)`, which the blocks leave alone. */
function writeUnits(network: ResidualMlp, inputs: readonly Input[], { weights, intercept }: LinearFunction): void {
  const [first, ...others] = network.layers as ResidualMlp["layers"] & readonly [ResidualMlp["layers"][number]];
  const width = network.hidden[0] as number;
  const ofUnits = (parameter: Parameter | undefined, valueAt: (row: number) => number): void => {
    if (parameter === undefined) return;
    const values = Float32Array.from(parameter.read());
    for (const [unit, sign] of UNITS) {
      for (let at = unit; at < values.length; at += width) values[at] = sign * valueAt((at - unit) / width);
    }
    parameter.write(values);
  };
  const byRow = { context: new Map<number, number>(), rows: new Map<number, number>() };
  let at = 0;
  for (const { isNumeric, count, place } of inputs) {
    const target = isNumeric ? byRow.context : byRow.rows;
    for (let j = 0; j < count; j++) target.set(place + j, weights[at++] as number);
  }
  ofUnits(first.weight, (row) => byRow.rows.get(row) ?? 0);
  ofUnits(first.contextWeight, (row) => byRow.context.get(row) ?? 0);
  ofUnits(first.bias, () => intercept);
  // The second layer of each block adds to the units.
  for (const [k, layer] of others.slice(0, -1).entries()) {
    if (k % 2 === 0) continue;
    ofUnits(layer.weight, () => 0);
    ofUnits(layer.bias, () => 0);
  }
}

/**
 * Sets the means of all components to the units, and the scales to the residual deviation s of the regression. A more accurate
 * regression increases the weight of the mixture.
 */
function writeHead({ head }: ColumnDensity, network: ResidualMlp, s: number): void {
  const { codes, components } = head;
  const last = network.layers.at(-1) as ResidualMlp["layers"][number];
  const size = codes + 3 * components;
  const weight = Float32Array.from(last.weight.read());
  const bias = Float32Array.from(last.bias.read());
  const share = 1 - s / 2;
  // The frequencies of the other codes keep their proportions.
  bias[codes - 1] = logSumExp(bias.subarray(0, codes - 1)) + Math.log(share / (1 - share));
  for (let m = 0; m < components; m++) {
    const [mean, scale] = [codes + components + m, codes + 2 * components + m];
    for (const [unit, sign] of UNITS) weight[unit * size + mean] = sign;
    bias[mean] = (s - 1) * cellComponent(0, 0, m, components).mean;
    bias[scale] = Math.log(s);
  }
  last.weight.write(weight);
  last.bias.write(bias);
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  return values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
}
