import type { ResidualMlp } from "@pushforward/conditioners";
import type { Parameter } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import { cellComponent } from "@pushforward/ops";
import { CELL_SIZE } from "../../coding/cell-coding.ts";
import type { ColumnDensity } from "../../column-density.ts";
import type { NetworkForm, NetworkRows, NetworkTask } from "./network-task.ts";
import { type LinearFunction, type RegressionRows, ridgeRegression } from "./ridge-regression.ts";

/** Rows up to which networks start so: from more, bins learn what a line would only blur. Fewest that tell anything. */
export const MOST_LINEAR_ROWS = 2250;
const LEAST_ROWS = 16;
/** The share of the variance that may be left. */
const MOST_LEFT = 0.9;
/** Features of a column of numbers in a regression: its place on the normal quantile scale, and its standardized value. */
const PLACES = 2;
/** Places farther out count for no more. */
const FAR = 4;
/** The units of the network that hold the linear function, and their signs. */
const UNITS = [
  [0, 1],
  [1, -1],
] as const;

/**
 * Gives the mixture of a new network a mean that is linear in the columns it reads, where a ridge regression on the normal
 * quantile scale tells enough of the validation rows: two units of the first layer are `±(w·x + b)`, and
 * `silu(t) − silu(−t) = t` takes them to the means as they are. So few rows suffice for relations that a network would take
 * long to find.
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

/** The rows whose cells the mixture can have, and the regressors of the columns before. */
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
 * Means of all components that follow the units, and components that are as narrow as what the regression leaves: a share
 * s of the deviation. The more it tells, the more of the cells the mixture has.
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
