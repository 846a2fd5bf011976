import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import type { HostRows, MixtureNumbers, TimeSlice } from "@pushforward/core/plain";
import { lloydStep, type Seeds } from "./k-means.ts";
import { Maximization, type Shrinkage } from "./maximization.ts";
import { expectBlocks, Responsibilities } from "./responsibilities.ts";
import { BLOCK, orderByLabel, packRows, type RowBlocks, whitenMixture } from "./row-statistics.ts";

/** Rows with the components that they have shares in. */
export interface ExpectedRows {
  readonly rows: RowBlocks;
  /** Changed by each step. */
  readonly shares: Responsibilities;
  /** Means for components without rows: `[K, d]`. */
  readonly means: Float64Array;
}

/** Termination of the steps, and its callback. */
export interface StepSettings {
  readonly maxSteps: number;
  /** A step that gains less, in nats per row, is the last. */
  readonly tolerance: number;
  readonly slice: TimeSlice;
  readonly signal: AbortSignal | undefined;
  /** Called after each step, and with step 0 for the start. */
  readonly onStep: (step: number, meanLogProb: number) => void;
}

/** A mixture after some steps. */
export interface FittedMixture extends MixtureNumbers {
  /** Mean log-density of the rows, of exactly this mixture. */
  readonly meanLogProb: number;
  readonly steps: number;
  readonly aborted: boolean;
}

// Multiplications between two looks at the clock, some milliseconds.
const CHUNK = 4e6;
/** Gain of a step, in nats per row, below which components without a share in a block are not looked at again at once. */
const SLOW = 0.02;
/** Steps in a row that look only at the components that have a share in a block. */
const PARTIAL_STEPS = 3;

/**
 * Expectation-maximization (Dempster, Laird and Rubin 1977) from given shares on. Without shrinkage the mean log-density
 * never falls.
 */
export async function maximizeLikelihood(
  where: string,
  { rows, shares, means }: ExpectedRows,
  shrinkage: Shrinkage,
  settings: StepSettings,
): Promise<FittedMixture> {
  const { slice, signal } = settings;
  let mixture = await maximize(where, rows, shares, means, shrinkage, slice);
  let meanLogProb = await expect(rows, mixture, shares, slice, "all");
  settings.onStep(0, meanLogProb);
  let steps = 0;
  let aborted = false;
  let gain = Number.POSITIVE_INFINITY;
  // Steps since all components were looked at.
  let partial = 0;
  while (steps < settings.maxSteps && gain >= settings.tolerance) {
    aborted = signal?.aborted ?? false;
    if (aborted) break;
    mixture = await maximize(where, rows, shares, mixture.means, shrinkage, slice);
    const before = meanLogProb;
    partial = gain < SLOW && partial < PARTIAL_STEPS ? partial + 1 : 0;
    meanLogProb = await expect(rows, mixture, shares, slice, partial > 0 ? "present" : "all");
    if (partial > 0 && meanLogProb - before < settings.tolerance) {
      partial = 0;
      meanLogProb = await expect(rows, mixture, shares, slice, "all");
    }
    gain = meanLogProb - before;
    steps++;
    settings.onStep(steps, meanLogProb);
  }
  if (partial > 0) meanLogProb = await expect(rows, mixture, shares, slice, "all");
  return { ...mixture, meanLogProb, steps, aborted };
}

/** The maximization step. */
async function maximize(
  where: string,
  rows: RowBlocks,
  shares: Responsibilities,
  means: Float64Array,
  shrinkage: Shrinkage,
  slice: TimeSlice,
): Promise<MixtureNumbers> {
  const components = means.length / rows.features;
  const sums = new Maximization(rows, shares, components);
  await inChunks(rows, components, slice, (from, to) => sums.addToMeans(from, to));
  sums.finishMeans(means);
  await inChunks(rows, components, slice, (from, to) => sums.addToScatter(from, to));
  return sums.finish(where, shrinkage);
}

/** The expectation step; returns the mean log-density of the rows. */
async function expect(
  rows: RowBlocks,
  mixture: MixtureNumbers,
  shares: Responsibilities,
  slice: TimeSlice,
  which: "all" | "present",
): Promise<number> {
  const whitened = whitenMixture(mixture);
  let sum = 0;
  await inChunks(rows, mixture.components, slice, (from, to) => {
    sum += expectBlocks(rows, whitened, shares, from, to, which);
  });
  return sum / rows.rows;
}

/** Mean log-density of rows. */
export function meanLogDensity(rows: RowBlocks, mixture: MixtureNumbers, slice: TimeSlice): Promise<number> {
  return expect(rows, mixture, new Responsibilities(rows.blocks), slice, "all");
}

async function inChunks(
  { blocks, features }: RowBlocks,
  components: number,
  slice: TimeSlice,
  work: (from: number, to: number) => void,
): Promise<void> {
  const step = Math.max(1, Math.floor(CHUNK / (2 * components * features * (features + 2))));
  for (let from = 0; from < blocks; from += step) {
    work(from, Math.min(blocks, from + step));
    if (slice.isOver) await slice.breathe();
  }
}

/**
 * Shrinks the covariance of each component to a target S₀. The target is `K^(−2/d) S`, the covariance of all rows,
 * scaled to the volume of a single component among K; or, pooled, the mean covariance within the components of each
 * step, `Σₖ scatterₖ / n`.
 */
export interface CovariancePrior {
  /** ν, the weight of S₀ in rows: `S = (scatter + ν S₀) / (N + ν)`. With 0 no prior is used. */
  readonly strength: number;
  /** The diagonal of S, the full S, or the pooled covariance within components. */
  readonly shape: "diagonal" | "full" | "pooled";
}

/** Checks priors of an option. */
export function checkPriors(where: string, priors: readonly CovariancePrior[]): readonly CovariancePrior[] {
  if (priors.length === 0) throw new OptionError(`${where}: expected at least one prior, got none.`);
  for (const { strength, shape } of priors) {
    if (!(strength >= 0 && strength < Number.POSITIVE_INFINITY)) {
      throw new OptionError(
        `${where}: expected priors of a finite strength of at least 0, got ${describeValue(strength)}.`,
      );
    }
    if (shape !== "diagonal" && shape !== "full" && shape !== "pooled") {
      throw new OptionError(
        `${where}: expected priors of shape diagonal, full or pooled, got ${JSON.stringify(shape)}.`,
      );
    }
  }
  return priors;
}

/** S₀ for K components: `[d, d]`; undefined where each step has its own. */
export function priorTarget(
  covariance: Float64Array,
  features: number,
  components: number,
  prior: CovariancePrior,
): Float64Array | undefined {
  if (prior.shape === "pooled") return undefined;
  const factor = components ** (-2 / features);
  return covariance.map((value, i) => (prior.shape === "full" || i % (features + 1) === 0 ? factor * value : 0));
}

/** A weak prior that only prevents the collapse of components. */
export const weakPrior: CovariancePrior = { strength: 0.1, shape: "diagonal" };

/** Priors for few rows: as strong as a covariance needs rows. */
export function strongPriors(features: number): [diagonal: CovariancePrior, full: CovariancePrior] {
  const strength = weakPrior.strength + features + 2;
  return [
    { strength, shape: "diagonal" },
    { strength, shape: "full" },
  ];
}

const LLOYD_STEPS = 10;

/** Where expectation-maximization begins: rows in the order of their components, and the centers. */
export interface MixtureStart {
  readonly rows: RowBlocks;
  /** The component of each row. */
  readonly labels: Int32Array;
  readonly means: Float64Array;
}

/** The clusters of k-means: from seeds, by ten of Lloyd's steps. */
export async function mixtureStart(
  table: HostRows,
  seeds: Seeds,
  components: number,
  slice: TimeSlice,
  signal: AbortSignal | undefined,
): Promise<MixtureStart> {
  const centers = await seeds.extend(components, slice);
  // Neighbors share a block, for the searches end early where the rows of a block are alike.
  const first = orderByLabel(seeds.nearest, components);
  const rows = packRows(table.data, table.columns, first);
  const labels = first.map((row) => seeds.nearest[row] as number);
  for (let step = 0; step < LLOYD_STEPS && !signal?.aborted; step++) {
    if (!lloydStep(rows, centers, labels)) break;
    await slice.breathe();
  }
  const second = orderByLabel(labels, components);
  sortClusters(rows, labels, second, components);
  const packed = packRows(
    table.data,
    table.columns,
    second.map((slot) => first[slot] as number),
  );
  return { rows: packed, labels: second.map((slot) => labels[slot] as number), means: centers };
}

/**
 * Sorts the rows of each cluster, contiguous in `order`, by the column with the largest variance: neighbors belong to fewer
 * components than random rows, so a block needs less computation.
 */
function sortClusters(rows: RowBlocks, labels: Int32Array, order: Int32Array, components: number): void {
  const { features: d, values } = rows;
  const cell = (slot: number, j: number): number =>
    values[(Math.floor(slot / BLOCK) * d + j) * BLOCK + (slot % BLOCK)] as number;
  const sizes = new Float64Array(components);
  const means = new Float64Array(components * d);
  // Sums of squared deviations, updated row by row.
  const spread = new Float64Array(components * d);
  for (const slot of order) {
    const k = labels[slot] as number;
    const size = (sizes[k] as number) + 1;
    sizes[k] = size;
    for (let j = 0; j < d; j++) {
      const at = k * d + j;
      const value = cell(slot, j);
      const difference = value - (means[at] as number);
      means[at] = (means[at] as number) + difference / size;
      spread[at] = (spread[at] as number) + difference * (value - (means[at] as number));
    }
  }
  let from = 0;
  for (let k = 0; k < components; k++) {
    const to = from + (sizes[k] as number);
    let widest = 0;
    for (let j = 1; j < d; j++) if ((spread[k * d + j] as number) > (spread[k * d + widest] as number)) widest = j;
    order.subarray(from, to).sort((a, b) => cell(a, widest) - cell(b, widest) || a - b);
    from = to;
  }
}
