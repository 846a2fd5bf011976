import type { MixtureNumbers, TimeSlice } from "@pushforward/core/plain";
import { Maximization, type Shrinkage } from "./maximization.ts";
import { whitenMixture } from "./mixture-numbers.ts";
import { expectBlocks, Responsibilities } from "./responsibilities.ts";
import type { RowBlocks } from "./row-blocks.ts";

/** Rows with the components that they have shares in. */
export interface ExpectedRows {
  readonly rows: RowBlocks;
  /** Changed by each step. */
  readonly shares: Responsibilities;
  /** Means for components without rows: `[K, d]`. */
  readonly means: Float64Array;
}

/** When the steps end, and who is told of them. */
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

/** The expectation step; gives the mean log-density of the rows. */
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
