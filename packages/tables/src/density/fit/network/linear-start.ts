import type { ResidualMlp } from "@pushforward/conditioners";
import type { Parameter } from "@pushforward/core";
import type { CellSettings } from "@pushforward/core/extend";
import { logSumExp } from "@pushforward/core/plain";
import { cellComponent } from "@pushforward/ops";
import { CELL_SIZE, headSize } from "../../coding/category-coding.ts";
import type { CodeRange } from "../../coding/number-coding.ts";
import type { ColumnDensity } from "../../column-density.ts";
import { headsLogProb, memberHeads } from "../../column-heads.ts";
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
const MOST_ROWS = 5000;
const LEAST_ROWS = 16;
/** Maximum share of the variance that is left. Networks learn wide distributions of codes well. */
const MOST_LEFT = { mixture: 0.9, codes: 0.5 };
/** Features of a number in a regression with many regressors: its place on the normal quantile scale, and its standardized value. */
const PLACES = 2;
/** Maximum number of regressors with all features of numbers, and with a regressor for each category. */
const MOST_REGRESSORS = 200;
/** Maximum error of a regression with all regressors, as a share of the error with few: a penalty shrinks all weights. */
const LEAST_BETTER = 0.9;
/** Up to this number of rows, codes start as their frequencies, and a regression has few regressors: imputations are better. */
const FEW_ROWS = 2250;
const ROWS_PER_REGRESSOR = 40;
/** Minimum number of codes for a start by their places. A network learns fewer codes in few steps. */
const LEAST_CODES = 5;
/** Minimum residual deviation. Logits of codes would be too large below it. */
const LEAST_DEVIATION = 0.1;
/** Largest absolute place; places farther out are clipped to it. */
const FAR = 4;
/** The units of the network that hold the linear function, and their signs. */
const UNITS = [
  [0, 1],
  [1, -1],
] as const;

/**
 * Initializes a new network with a mean that is linear in its inputs, if a ridge regression on the normal quantile scale
 * explains enough of the validation rows; returns `false` otherwise. Two units of the first layer are `±(w·x + b)`, and
 * `silu(t) − silu(−t) = t` passes both to the means of the mixture. A category has a weight for each of its values, which becomes
 * a coordinate of its embedding. In a column without a mixture, the logits of the ordered codes become the log-probabilities of a
 * normal with this mean. So few rows suffice for relations that a network would learn slowly.
 */
export function startLinear(density: ColumnDensity, network: ResidualMlp, task: NetworkTask): boolean {
  const { places, bins } = task;
  const { rows } = task.train;
  const mayStartCodes = rows > FEW_ROWS && places !== undefined && places.length >= LEAST_CODES;
  if (bins === undefined && !mayStartCodes) return false;
  if (rows > MOST_ROWS) return false;
  const plain = regress(density, inputsOf(task.form, false), task);
  if (plain === undefined) return false;
  const detailed = isDetailed(task.form, rows) ? regress(density, inputsOf(task.form, true), task) : undefined;
  const isBetter = detailed !== undefined && detailed.error < LEAST_BETTER * plain.error;
  const { inputs, error, ...found } = isBetter ? detailed : plain;
  const left = error / found.variance;
  if (!(left < MOST_LEFT[bins !== undefined ? "mixture" : "codes"])) return false;
  writeUnits(density, network, inputs, found);
  if (bins !== undefined) {
    writeHead(density, network, Math.sqrt(left));
    writeShare(density, network, bins, task);
  } else writeCodes(network, places as Float64Array, Math.max(LEAST_DEVIATION, Math.sqrt(error)));
  return true;
}

interface Regression extends LinearFunction {
  readonly inputs: readonly Input[];
  /** Mean squared error on the validation rows, and the variance there. */
  readonly error: number;
  readonly variance: number;
}

/** The regression on some inputs; undefined for too few rows or no inputs. */
function regress(density: ColumnDensity, inputs: readonly Input[], task: NetworkTask): Regression | undefined {
  const rowsOf = (part: NetworkRows): RegressionRows => regressionRows(density, inputs, part, task.places);
  const [train, validation] = [rowsOf(task.train), rowsOf(task.validation)];
  if (Math.min(train.targets.length, 4 * validation.targets.length) < LEAST_ROWS) return undefined;
  if (train.regressors.length === 0) return undefined;
  return { ...ridgeRegression(train, validation), inputs, variance: variance(validation.targets) };
}

/** The rows with cells that have a place, and the regressors of the previous columns. */
function regressionRows(
  density: ColumnDensity,
  inputs: readonly Input[],
  part: NetworkRows,
  places: Float64Array | undefined,
): RegressionRows {
  const { rows, cells, context } = part;
  const table = density.table.read();
  const size = context.length / rows;
  const count = inputs.reduce((sum, input) => sum + input.count, 0);
  const targets = Float64Array.from({ length: rows }, (_, row) => targetOf(cells, row, places));
  const kept = Array.from(targets.keys()).filter((row) => !Number.isNaN(targets[row]));
  const regressors = new Float64Array(kept.length * count);
  let to = 0;
  for (const row of kept) {
    for (const { kind, from, count: own, at } of inputs) {
      const first = row * size + at;
      const code = context[first] as number;
      if (kind === "category") regressors[to + code] = 1;
      else {
        for (let j = 0; j < own; j++)
          regressors[to + j] = (kind === "number" ? context[first + j] : table[from + code * own + j]) as number;
      }
      to += own;
    }
  }
  return { regressors, targets: Float64Array.from(kept, (row) => targets[row] as number) };
}

/** The place of a cell on the normal quantile scale; NaN for a cell without a place. */
function targetOf(cells: Float32Array, row: number, places: Float64Array | undefined): number {
  const [code, , low, high, width] = cells.subarray(row * CELL_SIZE, (row + 1) * CELL_SIZE) as unknown as readonly [
    ...[code: number, weight: number],
    ...[low: number, high: number, width: number],
  ];
  if (places !== undefined) return places[code] ?? Number.NaN;
  return width === 0 ? Number.NaN : (near(low) + near(high)) / 2;
}

function near(place: number): number {
  return Math.min(Math.max(place, -FAR), FAR);
}

/** A column that is read, and its regressors. */
interface Input {
  /** Features of a number, an indicator of each category, or the row of the embedding. */
  readonly kind: "number" | "category" | "embedding";
  readonly count: number;
  /** Where in a context its features begin, or where its code is. */
  readonly at: number;
  /** Where the rows of the column begin in the table of the embedding, and their width. */
  readonly from: number;
  readonly width: number;
  /** Where its regressors begin in the inputs of the network: in the context for numbers, else in the rows. */
  readonly place: number;
}

/** `true` if a regression on all features, and on a weight for each category, is not too large. */
function isDetailed({ embedding, featureCounts }: NetworkForm, rows: number): boolean {
  const sizes = embedding.tables.map(({ codes }, k) => (featureCounts[k] as number) || codes);
  const size = sizes.reduce((sum, one) => sum + one, 0);
  return size <= MOST_REGRESSORS && (rows > FEW_ROWS || size * ROWS_PER_REGRESSOR <= rows);
}

function inputsOf({ embedding, featureCounts }: NetworkForm, hasDetails: boolean): Input[] {
  let [feature, from, place] = [0, 0, 0];
  return embedding.tables.map(({ codes, width }, k): Input => {
    const features = featureCounts[k] as number;
    const kind = features > 0 ? "number" : hasDetails ? "category" : "embedding";
    const counts = { number: hasDetails ? features : Math.min(PLACES, features), category: codes, embedding: width };
    const input = {
      ...({ kind, count: counts[kind], from, width } as const),
      at: kind === "number" ? featureCounts.length + feature : k,
      place: kind === "number" ? feature : place,
    };
    feature += features;
    from += codes * width;
    place += width;
    return input;
  });
}

/** Makes two units of the network `±(w·x + b)`, which the blocks leave alone. */
function writeUnits(
  density: ColumnDensity,
  network: ResidualMlp,
  inputs: readonly Input[],
  { weights, intercept }: LinearFunction,
): void {
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
  const table = Float32Array.from(density.table.read());
  let [at, constant] = [0, intercept];
  for (const { kind, count, place, from, width } of inputs) {
    const own = weights.subarray(at, at + count);
    at += count;
    if (kind === "category") {
      const mean = own.reduce((sum, w) => sum + w / count, 0);
      const scale = Math.sqrt(variance(own));
      constant += mean;
      if (scale === 0) continue;
      for (const [code, w] of own.entries()) table[from + code * width] = (w - mean) / scale;
      byRow.rows.set(place, scale);
      continue;
    }
    const target = kind === "number" ? byRow.context : byRow.rows;
    for (const [j, w] of own.entries()) target.set(place + j, w);
  }
  density.table.write(table);
  ofUnits(first.weight, (row) => byRow.rows.get(row) ?? 0);
  ofUnits(first.contextWeight, (row) => byRow.context.get(row) ?? 0);
  ofUnits(first.bias, () => constant);
  // The second layer of each block adds to the units.
  for (const [k, layer] of others.slice(0, -1).entries()) {
    if (k % 2 === 0) continue;
    ofUnits(layer.weight, () => 0);
    ofUnits(layer.bias, () => 0);
  }
}

/** Sets the means of all components to the units, and the scales to the residual deviation s of the regression. */
function writeHead({ head }: ColumnDensity, network: ResidualMlp, s: number): void {
  const { codes, components } = head;
  const last = network.layers.at(-1) as ResidualMlp["layers"][number];
  const size = codes + 3 * components;
  const weight = Float32Array.from(last.weight.read());
  const bias = Float32Array.from(last.bias.read());
  for (let m = 0; m < components; m++) {
    const [mean, scale] = [codes + components + m, codes + 2 * components + m];
    for (const [unit, sign] of UNITS) weight[unit * size + mean] = sign;
    bias[mean] = (s - 1) * cellComponent(0, 0, m, components).mean;
    bias[scale] = Math.log(s);
  }
  last.weight.write(weight);
  last.bias.write(bias);
}

/** Passes of expectation–maximization for the share of the mixture, and its least distance from 0 and 1, in training rows. */
const PASSES = 50;
const LEAST_SHARE = 1e-4;

/**
 * Divides the numbers between the bins and the mixture by the share that is best on the validation rows. The bins keep their
 * proportions; missing cells and atoms keep their frequencies. Bins that had too large a share would put numbers where the
 * regression has none.
 */
function writeShare(density: ColumnDensity, network: ResidualMlp, bins: CodeRange, task: NetworkTask): void {
  const { validation } = task;
  const least = LEAST_SHARE / task.train.rows;
  const { codes } = density.head;
  const heads = memberHeads(density, validation.context, validation.rows);
  const ofBins = logProbWithout(density.head, heads, validation.cells, codes - 1, codes);
  const ofMixture = logProbWithout(density.head, heads, validation.cells, bins.from, bins.to);
  const rows = Array.from(ofBins.keys()).filter((row) => validation.cells[row * CELL_SIZE + 4] !== 0);
  const odds = rows.map((row) => Math.exp((ofBins[row] as number) - (ofMixture[row] as number)));
  let share = 0.5;
  for (let pass = 0; pass < PASSES; pass++) {
    const mean = odds.reduce((sum, one) => sum + share / (share + (1 - share) * one), 0) / odds.length;
    share = Math.min(Math.max(mean, least), 1 - least);
  }
  const bias = Float32Array.from((network.layers.at(-1) as ResidualMlp["layers"][number]).bias.read());
  const logBins = logSumExp(bias.slice(bins.from, bins.to));
  const both = logSumExp([logBins, bias[codes - 1] as number]);
  for (let code = bins.from; code < bins.to; code++) {
    bias[code] = (bias[code] as number) - logBins + both + Math.log1p(-share);
  }
  bias[codes - 1] = both + Math.log(share);
  network.layers.at(-1)?.bias.write(bias);
}

/** Log-probabilities of cells by heads without some codes, whose share the remaining ones get. */
function logProbWithout(
  head: CellSettings,
  heads: Float32Array,
  cells: Float32Array,
  from: number,
  to: number,
): Float32Array {
  const size = headSize(head);
  const left = heads.slice();
  for (let at = 0; at < left.length; at += size) left.fill(-1e9, at + from, at + to);
  return headsLogProb(cells, left, head);
}

/**
 * Adds the logits of a normal with the units as its mean, and the deviation s, to the frequencies of ordered codes:
 * `log f + q²/2 − (q − μ)²/(2s²)` at the places q, because `f ∝ φ(q)` times the width of a code.
 */
function writeCodes(network: ResidualMlp, places: Float64Array, s: number): void {
  const last = network.layers.at(-1) as ResidualMlp["layers"][number];
  const size = last.bias.shape[0] as number;
  const weight = Float32Array.from(last.weight.read());
  const bias = Float32Array.from(last.bias.read());
  for (const [code, place] of places.entries()) {
    if (Number.isNaN(place)) continue;
    for (const [unit, sign] of UNITS) weight[unit * size + code] = (sign * place) / s ** 2;
    bias[code] = (bias[code] as number) + (place ** 2 / 2) * (1 - 1 / s ** 2);
  }
  last.weight.write(weight);
  last.bias.write(bias);
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  return values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
}
