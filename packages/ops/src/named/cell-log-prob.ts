import type { TensorLike } from "@pushforward/core";
import { asTensor, type CellSettings, type PlanBuilder, type PlanMatrix } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { log1mexp } from "../maths/elementwise.ts";
import { logSumExp } from "../maths/reductions.ts";

const SPREAD = 1.5;
const LOWEST_SCALE = -6;
const HIGHEST_SCALE = 3;
const SCALE_SHIFT = -1.2;
/** Finite, so that its gradient is 0 and not NaN. */
const NEVER = -1e9;

/**
 * The log-probability of cells of a table, in nats. A cell has a code, or lies in an interval of a mixture of
 * logistics, or both:
 *
 *     log p = log( softmax(l)[code]·e^logWeight + softmax(l)[last]·Σₘ softmax(w)[m]·massₘ )
 *     massₘ = σ((high − μₘ)/sₘ) − σ((low − μₘ)/sₘ)
 *
 * with `μₘ = rawₘ + cₘ`, c evenly spaced from −1.5 to 1.5, and `log sₘ = clip(rawₘ, −6, 3) − 1.2`. The discretized
 * mixture of logistics was introduced by Salimans et al. 2017 (arXiv:1701.05517).
 *
 * @param cells `[..., 5]`: code (−1: none), log-weight, low, high, width. A width of 0 switches the mixture off. A
 *   negative width `−w` requests the density at `low = high`, times w, instead of the mass of an interval.
 * @param head `[..., codes + 3·components]`: logits of the codes, then logits, means and log-scales of the components.
 *   With components the last code represents the mixture.
 * @returns `[...]`.
 * @example
 * cellLogProb([[1, 0, 0, 0, 0]], [[0, 0]], { codes: 2, components: 0 }); // [log ½]
 */
export function cellLogProb(cells: TensorLike, head: TensorLike, { codes, components }: CellSettings): tf.Tensor {
  return tf.tidy(() => {
    const cell = asTensor(cells, "cellLogProb");
    const raw = asTensor(head, "cellLogProb");
    const batch = raw.shape.slice(0, -1);
    const rows = raw.size / (codes + 3 * components);
    const rest = tf.reshape(raw, [rows, codes + 3 * components]);
    const column = (i: number): tf.Tensor => tf.slice(tf.reshape(cell, [rows, 5]), [0, i], [rows, 1]);
    const logits = tf.slice(rest, [0, 0], [rows, codes]);
    const logShares = tf.sub(logits, logSumExp(logits, 1, true));
    const code = column(0);
    const hasCode = tf.greaterEqual(code, 0);
    const isChosen = tf.cast(tf.equal(code, tf.reshape(tf.range(0, codes), [1, codes])), "float32");
    const chosen = tf.add(tf.sum(tf.mul(isChosen, logShares), 1, true), column(1));
    if (components === 0) return tf.reshape(tf.where(hasCode, chosen, Number.NEGATIVE_INFINITY), batch);
    const part = (i: number): tf.Tensor => tf.slice(rest, [0, codes + i * components], [rows, components]);
    const width = column(4);
    const isSmooth = tf.notEqual(width, 0);
    // Where the mixture is off it is given an interval at which all of its derivatives are finite.
    const interval = { low: column(2), high: column(3), width: tf.where(isSmooth, width, 1) };
    const mass = logMass(part(0), part(1), part(2), interval);
    const smooth = tf.add(tf.slice(logShares, [0, codes - 1], [rows, 1]), mass);
    const both = tf.concat([tf.where(hasCode, chosen, NEVER), tf.where(isSmooth, smooth, NEVER)], 1);
    const any = tf.reshape(tf.logicalOr(hasCode, isSmooth), [rows]);
    return tf.reshape(tf.where(any, logSumExp(both, 1), Number.NEGATIVE_INFINITY), batch);
  });
}

/** `log Σ softmax(logits)ₘ·massₘ`, `[rows, 1]`. */
function logMass(
  logits: tf.Tensor,
  rawMeans: tf.Tensor,
  rawScales: tf.Tensor,
  { low, high, width }: { readonly low: tf.Tensor; readonly high: tf.Tensor; readonly width: tf.Tensor },
): tf.Tensor {
  const components = logits.shape[1] as number;
  const centers = Array.from({ length: components }, (_, m) => cellComponent(0, 0, m, components).mean);
  const means = tf.add(rawMeans, tf.tensor2d([centers]));
  const inverse = tf.exp(tf.neg(tf.add(tf.minimum(tf.maximum(rawScales, LOWEST_SCALE), HIGHEST_SCALE), SCALE_SHIFT)));
  const a = tf.mul(tf.sub(low, means), inverse);
  const b = tf.mul(tf.sub(high, means), inverse);
  const d = tf.mul(tf.abs(width), inverse);
  // σ(b) − σ(a) = σ(b)·σ(−a)·(1 − e^(a − b)) loses nothing, however small or far away the interval is.
  const last = tf.where(tf.less(tf.add(width, tf.zerosLike(d)), 0), tf.log(d), log1mexp(d));
  const masses = tf.sub(tf.sub(last, tf.softplus(tf.neg(b))), tf.softplus(a));
  return tf.sub(logSumExp(tf.add(logits, masses), 1, true), logSumExp(logits, 1, true));
}

/**
 * The mean and the scale of a component of {@link cellLogProb}, from its raw numbers: to draw from it.
 *
 * @example
 * cellComponent(0.5, 1.2, 0, 1).scale; // → 1
 */
export function cellComponent(
  rawMean: number,
  rawScale: number,
  m: number,
  components: number,
): { readonly mean: number; readonly scale: number } {
  const center = components === 1 ? 0 : SPREAD * ((2 * m) / (components - 1) - 1);
  const scale = Math.exp(Math.min(Math.max(rawScale, LOWEST_SCALE), HIGHEST_SCALE) + SCALE_SHIFT);
  return { mean: rawMean + center, scale };
}

/** {@link cellLogProb} as a step of a plan: cells `[rows, 5]`, head `[rows, n]` → `[rows, 1]`. */
export function cellLogProbStep(
  plan: PlanBuilder,
  cells: PlanMatrix,
  head: PlanMatrix,
  settings: CellSettings,
): PlanMatrix {
  return plan.add("cellLogProb", { inputs: [cells, head], settings })[0];
}
