import type { Key } from "@pushforward/core";
import { mapEvents } from "@pushforward/core/plain";
import { ConditionalMixture } from "@pushforward/distributions";
import { ConditionalFlow } from "@pushforward/flows";
import { Identity } from "@pushforward/transforms";
import type { TrainedDensity } from "./conditional-density.ts";
import type { InferenceEvent } from "./inference-problem.ts";

/**
 * Trains densities one after the other and mixes the densities with equal weights. Row counts refer to the first
 * member. The loss is the mean loss of the members, an upper bound for the loss of the mixture. No member follows an
 * aborted one.
 *
 * @param train creates the events of a member.
 */
export async function* fitEnsembleEvents(
  count: number,
  train: (member: number) => AsyncGenerator<InferenceEvent, TrainedDensity, void>,
): AsyncGenerator<InferenceEvent, TrainedDensity, void> {
  const members: TrainedDensity[] = [];
  let isComplete = false;
  try {
    for (let i = 0; i < count && members.at(-1)?.reason !== "aborted"; i++) {
      const member = yield* mapEvents(train(i), (event): InferenceEvent => {
        if (event.type !== "training") return event;
        // Densities of several members of their own are counted through.
        return { ...event, index: i * event.count + event.index, count: count * event.count };
      });
      members.push(member);
    }
    isComplete = true;
  } finally {
    if (!isComplete) for (const { model } of members) model.dispose();
  }
  const [first] = members as [TrainedDensity];
  const mixture = new ConditionalMixture({ components: members.map(({ model }) => model) });
  return {
    ...first,
    model: new ConditionalFlow(mixture, new Identity()),
    validationLoss: members.reduce((sum, { validationLoss }) => sum + validationLoss, 0) / members.length,
    reason: members.at(-1)?.reason ?? first.reason,
  };
}

/** Log-densities, up to a constant, of points `[count · dimensions]`. */
export type LogDensity = (points: Float64Array, count: number) => ArrayLike<number>;

/** Options of {@link sampleEnsemble}. */
export interface EnsembleOptions {
  readonly key: Key;
  /** Initial positions of the chains, `[chains · dimensions]`; an even number of chains. */
  readonly start: Float64Array;
  readonly chains: number;
  /** Steps that are thrown away, and steps that are kept. */
  readonly warmUp: number;
  readonly steps: number;
}

/** States visited by an ensemble. */
export interface EnsembleRun {
  /** `[steps · chains · dimensions]`. */
  readonly states: Float64Array;
  /** The share of the proposals after the warm-up that were accepted. */
  readonly acceptance: number;
}

/**
 * Shares of the moves: jumps by the full difference of two other chains (from mode to mode), and stretch moves. All
 * other moves follow a scaled difference of two other chains.
 */
const JUMP = 0.1;
const STRETCH = 0.2;
/** Noise that keeps the ensemble from staying in a plane, relative to the differences. */
const NOISE = 1e-4;

/**
 * Markov chains that learn the shape of a density from each other: differential evolution (ter Braak 2006,
 * doi:10.1007/s11222-006-8769-1) and the stretch move (Goodman and Weare 2010, doi:10.2140/camcos.2010.5.65), alternating
 * between two halves of the chains, so each half is one call of the density. The method is affine invariant.
 */
export function sampleEnsemble(logDensity: LogDensity, options: EnsembleOptions): EnsembleRun {
  const { key, chains, warmUp, steps } = options;
  const points = Float64Array.from(options.start);
  const d = points.length / chains;
  const half = chains / 2;
  const density = Float64Array.from(logDensity(points, chains), orImpossible);
  const states = new Float64Array(steps * points.length);
  let accepted = 0;
  for (let step = 0; step < warmUp + steps; step++) {
    for (const from of [0, half]) {
      const [uniformKey, normalKey] = key.fold(2 * step + (from === 0 ? 0 : 1)).split();
      const uniform = uniformKey.uniform(1 + 4 * half);
      const normal = normalKey.normal(1 + half * d);
      const proposal = new Float64Array(half * d);
      const logFactor = new Float64Array(half);
      const move = uniform[0] as number;
      const isStretch = move >= 1 - STRETCH;
      const scale = move < JUMP ? 1 : (2.38 / Math.sqrt(2 * d)) * Math.exp(0.5 * (normal[0] as number));
      for (let i = 0; i < half; i++) {
        const draw = (k: number): number => uniform[1 + 4 * i + k] as number;
        const other = half - from;
        const first = Math.floor(draw(0) * half);
        const second = (first + 1 + Math.floor(draw(1) * (half - 1))) % half;
        const [mine, a, b] = [(from + i) * d, (other + first) * d, (other + second) * d];
        // The density of the stretch z is ∝ 1/√z on [1/2, 2].
        const z = (1 + draw(2)) ** 2 / 2;
        if (isStretch) logFactor[i] = (d - 1) * Math.log(z);
        for (let j = 0; j < d; j++) {
          const [x, xa, xb] = [points[mine + j] as number, points[a + j] as number, points[b + j] as number];
          const difference = xa - xb;
          proposal[i * d + j] = isStretch
            ? xa + z * (x - xa)
            : x + scale * difference + NOISE * Math.max(Math.abs(difference), 1e-3) * (normal[1 + i * d + j] as number);
        }
      }
      const found = logDensity(proposal, half);
      for (let i = 0; i < half; i++) {
        const value = orImpossible(found[i] as number);
        const gain = value - (density[from + i] as number) + (logFactor[i] as number);
        if (!(Math.log(uniform[4 + 4 * i] as number) < gain)) continue;
        density[from + i] = value;
        points.set(proposal.subarray(i * d, (i + 1) * d), (from + i) * d);
        if (step >= warmUp) accepted++;
      }
    }
    if (step >= warmUp) states.set(points, (step - warmUp) * points.length);
  }
  return { states, acceptance: accepted / (steps * chains) };
}

function orImpossible(value: number): number {
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
}

/**
 * Systematic resampling: the rows at evenly spaced points of the sum of the weights, in ascending order.
 *
 * @param offset of the points, from 0 to below 1.
 */
export function systematicRows(weights: ArrayLike<number>, count: number, offset: number): Int32Array {
  const n = weights.length;
  let total = 0;
  for (let i = 0; i < n; i++) total += weights[i] as number;
  let [row, sum] = [0, weights[0] as number];
  return new Int32Array(count).map((_, i) => {
    const target = ((i + offset) / count) * total;
    while (sum <= target && row < n - 1) sum += weights[++row] as number;
    return row;
  });
}
