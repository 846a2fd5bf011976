import { type Distribution, type Key, type Module, ndArray, OptionError } from "@pushforward/core";
import { checkOptions, currentTraining, describeValue, tensorValues } from "@pushforward/core/extend";
import { cpuSeconds, runToEnd } from "@pushforward/core/plain";
import { logSumExp, stopGradient } from "@pushforward/ops";
import {
  cosineSchedule,
  type Loss,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  trainEvents,
  warmupSchedule,
} from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import { importanceMean } from "../map-estimate.ts";

/**
 * Divergence to minimize, between an approximation q and a density p:
 *
 * - `"reverse"`: `KL(q ‖ p)`, which prefers to miss mass over spreading too wide;
 * - `"forward"`: `KL(p ‖ q)`, which prefers to cover all mass, by draws of q with self-normalized importance weights
 *   (Müller et al. 2019, arXiv:1808.03856);
 * - a number α from 0 to below 1: the Rényi divergence, from covering to missing (Li and Turner 2016,
 * arXiv:1602.02311).
 */
export type Divergence = "reverse" | "forward" | number;

/** How a divergence is differentiated and approached. */
interface DivergenceOptions {
  readonly divergence: Divergence;
  readonly gradient: "path" | "full";
  /** The power of the density that the step of training that runs is made for, from 0 to 1. */
  readonly temper: () => number;
}

/**
 * The loss of a divergence from the draws of a step.
 *
 * @throws {OptionError} an unknown divergence, or an α out of range.
 */
function divergenceLoss(
  logDensity: UnnormalizedLogDensity,
  { divergence, gradient, temper }: DivergenceOptions,
): Loss<VariationalFamily> {
  const target = (x: tf.Tensor): tf.Tensor => {
    const power = currentTraining() === undefined ? 1 : temper();
    return power === 1 ? logDensity(x) : tf.mul(logDensity(x), power);
  };
  if (divergence === "reverse") return reverseKl(target, gradient);
  if (divergence === "forward") return forwardKl(target);
  if (typeof divergence === "number" && divergence >= 0 && divergence < 1) return renyi(target, divergence);
  throw new OptionError(
    `fitVariational: expected divergence to be "reverse", "forward" or a number from 0 to below 1, got ${JSON.stringify(divergence)}.`,
  );
}

/**
 * The mean of `log q(x) − log p̃(x)` over draws of q. The gradient of `log q` at draws that are held fixed is the score; it
 * is taken off, and its value put back.
 */
function reverseKl(logDensity: UnnormalizedLogDensity, gradient: "path" | "full"): Loss<VariationalFamily> {
  return (q, { size }, key) => {
    const [x, logQ] = q.sampleAndLogProb(key, [size]);
    const loss = tf.mean(tf.sub(logQ, logDensity(x)));
    if (gradient === "full") return loss;
    const score = tf.mean(q.logProb(stopGradient(x)));
    return tf.add(tf.sub(loss, score), stopGradient(score));
  };
}

/** `Σ w (log p̃(x) − log q(x))` over draws of q that are held fixed, with weights `w ∝ p̃(x)/q(x)` that sum to 1. */
function forwardKl(logDensity: UnnormalizedLogDensity): Loss<VariationalFamily> {
  return (q, { size }, key) => {
    const x = stopGradient(q.sample(key, [size]));
    const logQ = q.logProb(x);
    const logP = stopGradient(logDensity(x));
    const logWeights = stopGradient(tf.sub(logP, logQ));
    const weights = tf.exp(tf.sub(logWeights, logSumExp(logWeights, -1)));
    return tf.sum(tf.mul(weights, tf.sub(logP, logQ)));
  };
}

/** `−log(mean of (p̃(x)/q(x))^(1−α))/(1−α)` over draws of q: the negative bound of Rényi. */
function renyi(logDensity: UnnormalizedLogDensity, alpha: number): Loss<VariationalFamily> {
  return (q, { size }, key) => {
    const [x, logQ] = q.sampleAndLogProb(key, [size]);
    const powers = tf.mul(tf.sub(logDensity(x), logQ), 1 - alpha);
    return tf.div(tf.sub(Math.log(size), logSumExp(powers, -1)), 1 - alpha);
  };
}

/** Options of {@link fitVariational} and {@link fitVariationalEvents}. Only the key is required. */
export interface FitVariationalOptions {
  /** Decides every random number. */
  readonly key: Key;
  /** Samples per training step. Default: 128. */
  readonly samples?: number | undefined;
  /** Number of training steps. Default: 2,000. */
  readonly steps?: number | undefined;
  /** Draws, always the same ones, that the weights are judged by after every 50 steps. Default: 2,000. */
  readonly validationSamples?: number | undefined;
  /** Draws that the result is measured with. Default: 10,000. */
  readonly finalSamples?: number | undefined;
  /** Divergence to minimize. Default: `"reverse"`. */
  readonly divergence?: Divergence | undefined;
  /** For `"reverse"`: the full gradient in place of the path gradient. It is noisier near the end. */
  readonly gradient?: "path" | "full" | undefined;
  /**
   * The share of the steps, from 0 to 1, in which the density is raised to a power that grows from near 0 to 1, so that the
   * approximation meets all modes before it has to choose. Default: 0.
   */
  readonly annealing?: number | undefined;
  /** Further options of `train`. */
  readonly training?:
    | Omit<TrainOptions, "key" | "signal" | "validation" | "loss" | "maxEpochs" | "batchSize" | "resume" | "checkpoint">
    | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Quality of an approximation, from fresh draws of it. */
export interface FitVariationalResult {
  /** `E_q[log p̃ − log q] ≤ log Z`. */
  readonly elbo: number;
  readonly elboStandardError: number;
  /** Importance sampling's `log Z = log ∫ p̃`, and its standard error by the delta method. */
  readonly logZ: number;
  readonly logZStandardError: number;
  /** `(Σw)²/(n Σw²)`, from 0 to 1: the share of the draws that importance sampling is left with. 1 for an exact one. */
  readonly essFraction: number;
  readonly training: TrainResult;
  readonly reason: "completed" | "aborted";
  readonly seconds: number;
  readonly cpuSeconds?: number | undefined;
}

const STEPS_OF_EPOCH = 50;
const CHUNK = 2048;

/**
 * Fits an approximation to an unnormalized density by minimizing `KL(q ‖ p) = E_q[log q − log p̃] + log Z`. It uses
 * only the path gradient, without the score, which has mean 0 (Roeder et al. 2017, arXiv:1703.09194): its noise
 * vanishes as q reaches p. The model is changed in place.
 *
 * The draws of the approximation must be differentiable: use any flow over a fixed or learned normal. Match the support
 * of the density, for instance by a `BoxConstraint` of sharpness 0 as the last layer. This divergence finds one mode
 * rather than all modes; the other divergences and `annealing` help against this. Neither `logZ` nor its error sees
 * mass that the approximation misses.
 *
 * @throws {TrainingDivergedError} the density is not finite at a draw.
 * @throws {OptionError} an option is out of range.
 * @example
 * using q = nsf({ features: 2, coupling: true, key: createKey(0) });
 * const logDensity = (x: tf.Tensor) => tf.neg(tf.sum(tf.pow(x, 4), -1));
 * const { logZ, essFraction } = await fitVariational(q, logDensity, { key: createKey(1), steps: 200 });
 */
export function fitVariational(
  model: VariationalFamily,
  logDensity: UnnormalizedLogDensity,
  options: FitVariationalOptions,
): Promise<FitVariationalResult> {
  return runToEnd(fitVariationalEvents(model, logDensity, options));
}

/**
 * {@link fitVariational} as a stream of `trainEvents`, with losses of the divergence (by default the negative ELBO),
 * then the result.
 *
 * @throws the errors of `fitVariational`.
 * @example
 * using q = maf({ features: 2, key: createKey(0) });
 * const target = new StandardNormal({ features: 2 });
 * for await (const event of fitVariationalEvents(q, (x) => target.logProb(x), { key: createKey(1), steps: 100 })) {
 *   if (event.type === "epoch") console.log(event.epoch, event.validationLoss);
 * }
 */
export async function* fitVariationalEvents(
  model: VariationalFamily,
  logDensity: UnnormalizedLogDensity,
  options: FitVariationalOptions,
): AsyncGenerator<TrainEvent, FitVariationalResult, void> {
  checkOptions("fitVariational", options, {
    key: true,
    samples: true,
    steps: true,
    validationSamples: true,
    finalSamples: true,
    divergence: true,
    gradient: true,
    annealing: true,
    training: true,
    signal: true,
  });
  const { key, samples = 128, steps = 2000, validationSamples = 2000, finalSamples = 10_000, signal } = options;
  const { divergence = "reverse", gradient = "path", annealing = 0 } = options;
  if (!(annealing >= 0 && annealing <= 1)) {
    throw new OptionError(`fitVariational: expected annealing from 0 to 1, got ${annealing}.`);
  }
  for (const [name, value] of Object.entries({ samples, steps, validationSamples, finalSamples })) {
    if (Number.isSafeInteger(value) && value >= 2) continue;
    throw new OptionError(`fitVariational: expected ${name} to be an integer from 2, got ${describeValue(value)}.`);
  }
  const start = { time: performance.now(), cpu: cpuSeconds() };
  const perEpoch = Math.min(STEPS_OF_EPOCH, steps);
  // The rows only count draws: their numbers are not looked at.
  const rows = (count: number): Float32Array => new Float32Array(count);
  let training: TrainResult | undefined;
  let taken = 0;
  const events = trainEvents(model, ndArray([perEpoch * samples, 1], rows(perEpoch * samples)), {
    learningRate: warmupSchedule(cosineSchedule({ learningRate: 5e-3 }), Math.min(50, Math.ceil(steps / 10))),
    averaging: { decay: 0.99 },
    ...options.training,
    maxEpochs: Math.ceil(steps / perEpoch),
    maxSteps: steps,
    batchSize: samples,
    key: key.fold("fit"),
    loss: divergenceLoss(logDensity, {
      divergence,
      gradient,
      temper: () => Math.min(1, (taken + 1) / (annealing * steps)),
    }),
    validation: ndArray([validationSamples, 1], rows(validationSamples)),
    signal,
  });
  for await (const event of events) {
    if (event.type === "step") taken = event.step;
    if (event.type === "stop") training = event;
    yield event;
  }
  const cpu = cpuSeconds();
  return {
    ...measure(model, logDensity, finalSamples, key.fold("measure")),
    training: training as TrainResult,
    reason: training?.reason === "aborted" ? "aborted" : "completed",
    seconds: (performance.now() - start.time) / 1000,
    ...(cpu !== undefined && start.cpu !== undefined && { cpuSeconds: cpu - start.cpu }),
  };
}

function measure(
  q: VariationalFamily,
  logDensity: UnnormalizedLogDensity,
  count: number,
  key: Key,
): Pick<FitVariationalResult, "elbo" | "elboStandardError" | "logZ" | "logZStandardError" | "essFraction"> {
  const logWeights = new Float64Array(count);
  for (let from = 0; from < count; from += CHUNK) {
    const size = Math.min(CHUNK, count - from);
    const values = tensorValues(() => {
      const [x, logQ] = q.sampleAndLogProb(key.fold(from), [size]);
      return tf.sub(logDensity(x), logQ);
    });
    logWeights.set(values, from);
  }
  const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / count;
  const elbo = mean(logWeights);
  const spread = Math.sqrt(mean(logWeights.map((value) => (value - elbo) ** 2)));
  const { logMean, standardError, essFraction } = importanceMean(logWeights);
  return {
    elbo,
    elboStandardError: spread / Math.sqrt(count),
    logZ: logMean,
    logZStandardError: standardError,
    essFraction,
  };
}

/** A trainable approximation: a distribution with draws that are differentiable functions of its parameters. */
export type VariationalFamily = Distribution & Module;

/**
 * A log-density up to a constant, `log p̃(x)`: `[n, ...event]` → `[n]`. It is differentiated, so it is made of tensor
 * operations that have gradients, and finite wherever the approximation has mass.
 */
export type UnnormalizedLogDensity = (x: tf.Tensor) => tf.Tensor;
