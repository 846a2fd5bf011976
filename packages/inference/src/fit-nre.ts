import { ResidualMlp } from "@pushforward/conditioners";
import {
  type Bijection,
  type Codec,
  type Conditioner,
  type Json,
  type Key,
  type Module,
  OptionError,
  type ParameterTree,
  type Registry,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  asTensor,
  broadcastShapes,
  ConfigReader,
  checkOptions,
  defineCodec,
  describeValue,
  formatShape,
  isBijection,
  isConditioner,
  parameterTree,
} from "@pushforward/core/extend";
import { cpuSeconds, runToEnd } from "@pushforward/core/plain";
import { splitIndices } from "@pushforward/datasets/extend";
import { logSumExp, softplus } from "@pushforward/ops";
import { pickRows, rowStatistics, standardizeRows } from "@pushforward/tables/extend";
import { cosineSchedule, type Loss, type TrainOptions, warmupSchedule } from "@pushforward/training";
import { ConstantAffine, chain } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { finish } from "./fit-npe-nle.ts";
import {
  type InferenceEvent,
  type InferenceProblem,
  type InferenceReport,
  type PreparedProblem,
  prepareProblem,
} from "./inference-problem.ts";
import { McmcPosterior } from "./mcmc-posterior.ts";
import { trainModelEvents } from "./train-model.ts";

/** Parts of {@link RatioEstimator}. */
export interface RatioEstimatorOptions {
  /** Reads parameters in standard units as input and data in standard units as context; one output. */
  readonly network: Conditioner;
  /** From standard units to parameters (forward). */
  readonly parameterTransform: Bijection;
  /** From standard units to data (forward). */
  readonly dataTransform: Bijection;
}

/**
 * A classifier of matching pairs of parameters and data. Its output is `r(θ, x) ≈ log p(x | θ)/p(x)`, up to a constant
 * per x if trained against several alternatives.
 *
 * @throws {OptionError} the network has the wrong number of outputs, or no context.
 * @example
 * using estimator = new RatioEstimator({
 *   network: new Mlp({ inputSize: 2, context: 1, outputSize: 1, key: createKey(0) }),
 *   parameterTransform: new Identity(),
 *   dataTransform: new Identity(),
 * });
 * const logRatio = estimator.logRatio([[0.1, 0.2]], [[1.5]]); // → shape [1]
 */
export class RatioEstimator implements Module {
  readonly network: Conditioner;
  readonly parameterTransform: Bijection;
  readonly dataTransform: Bijection;

  constructor(options: RatioEstimatorOptions) {
    checkOptions("RatioEstimator", options, { network: true, parameterTransform: true, dataTransform: true });
    const { network, parameterTransform, dataTransform } = options;
    if (network.outputSize !== 1 || network.contextSize === 0) {
      throw new OptionError(
        `RatioEstimator: expected a network with a context and 1 output, got a context of ${network.contextSize} and ${network.outputSize} outputs.`,
      );
    }
    this.network = network;
    this.parameterTransform = parameterTransform;
    this.dataTransform = dataTransform;
  }

  /**
   * Computes `r(θ, x)` for `[..., parameters]` and `[..., data]` with broadcast batch axes → `[...]`.
   *
   * @throws {ShapeError} parameters or data have the wrong size.
   */
  logRatio(parameters: TensorLike, data: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const where = "RatioEstimator.logRatio";
      const { inputSize, contextSize } = this.network;
      const [theta, x] = [asTensor(parameters, where), asTensor(data, where)];
      const batch = broadcastShapes(theta.shape.slice(0, -1), x.shape.slice(0, -1));
      if (theta.shape.at(-1) !== inputSize || x.shape.at(-1) !== contextSize || batch === undefined) {
        throw new ShapeError(
          `${where}: expected parameters [..., ${inputSize}] and data [..., ${contextSize}], got ` +
            `${formatShape(theta.shape)} and ${formatShape(x.shape)}.`,
        );
      }
      const whole = (value: tf.Tensor): tf.Tensor => tf.broadcastTo(value, [...batch, value.shape.at(-1) as number]);
      const logits = this.network.apply(
        this.parameterTransform.inverse(whole(theta)),
        this.dataTransform.inverse(whole(x)),
      );
      return tf.reshape(logits, [...batch]);
    });
  }

  parameters(): ParameterTree {
    const { network, parameterTransform, dataTransform } = this;
    return parameterTree({ network, parameterTransform, dataTransform });
  }

  dispose(): void {
    for (const parameter of this.parameters().values()) parameter.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Codec of {@link RatioEstimator}. */
export const ratioEstimatorCodec: Codec<RatioEstimator> = defineCodec<RatioEstimator>({
  type: "pushforward/ratio-estimator",
  version: 1,
  is: (value): value is RatioEstimator => value instanceof RatioEstimator,
  encode: ({ network, parameterTransform, dataTransform }, registry: Registry): Json => ({
    network: { ...registry.encode(network) },
    parameterTransform: { ...registry.encode(parameterTransform) },
    dataTransform: { ...registry.encode(dataTransform) },
  }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/ratio-estimator", config);
    const network = c.object("network", registry, isConditioner, "a conditioner");
    const parameterTransform = c.object("parameterTransform", registry, isBijection, "a bijection");
    const dataTransform = c.object("dataTransform", registry, isBijection, "a bijection");
    c.end();
    return new RatioEstimator({ network, parameterTransform, dataTransform });
  },
});

/** Options of {@link fitNre} and {@link fitNreEvents}. Only the key is required. */
export interface FitNreOptions {
  /** Decides every random number. */
  readonly key: Key;
  /**
   * Number of candidate parameters of the classifier: 10. With 2 it is binary (Hermans et al. 2020, arXiv:1903.04057), with a
   * normalized ratio; with more contrastive (Durkan et al. 2020, arXiv:2002.03712), which learns faster, up to a constant per
   * observation.
   */
  readonly atoms?: number | undefined;
  /** Makes the network: parameters in, data as context, one output. Default: a residual network of three layers of 64. */
  readonly network?: NetworkFactory | undefined;
  /** Further options of `train`. */
  readonly training?: Omit<TrainOptions, "key" | "signal" | "threads" | "validation" | "loss"> | undefined;
  /** The fraction of validation rows. Default: 0.1. */
  readonly validation?: number | undefined;
  /** Maximum number of concurrent calls of an asynchronous simulator. Default: 8. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Makes an untrained classifier. */
export type NetworkFactory = (sizes: {
  readonly inputSize: number;
  readonly context: number;
  readonly outputSize: 1;
  readonly key: Key;
}) => Conditioner;

/** Result of {@link fitNre}. */
export interface FitNreResult extends InferenceReport {
  /** The classifier, which the caller owns. */
  readonly ratio: RatioEstimator;
  /** Sampled by Markov chains; it borrows the classifier. */
  readonly posterior: McmcPosterior;
}

const ATOMS = 10;
const STEPS = 3000;
const BATCH = 64;

/**
 * Neural ratio estimation, in one round: learns `log p(x | θ)/p(x)` by separating simulated pairs from mismatched
 * pairs.
 *
 * @param problem a prior with a simulator and a number of simulations, or with a table of simulations.
 * @throws the errors of `fitNpe`.
 * @example
 * const problem = { prior, simulator, simulations: 200 };
 * const { posterior } = await fitNre(problem, { key: createKey(0), training: { maxSteps: 50 } });
 * const { draws, rHat } = posterior.given(observation).draw(createKey(1), 1000);
 */
export function fitNre(problem: InferenceProblem, options: FitNreOptions): Promise<FitNreResult> {
  return runToEnd(fitNreEvents(problem, options));
}

/**
 * {@link fitNre} as events.
 *
 * @throws the errors of `fitNpe`.
 * @example
 * const problem = { prior, simulator, simulations: 200 };
 * for await (const event of fitNreEvents(problem, { key, training: { maxSteps: 20 } })) {
 *   if (event.type === "training" && event.event.type === "epoch") console.log(event.event.validationLoss);
 * }
 */
export async function* fitNreEvents(
  problem: InferenceProblem,
  options: FitNreOptions,
): AsyncGenerator<InferenceEvent, FitNreResult, void> {
  checkOptions("fitNre", options, {
    key: true,
    atoms: true,
    network: true,
    training: true,
    validation: true,
    concurrency: true,
    signal: true,
  });
  const { atoms = ATOMS } = options;
  if (!(Number.isSafeInteger(atoms) && atoms >= 2)) {
    throw new OptionError(`fitNre: expected atoms to be an integer from 2, got ${describeValue(atoms)}.`);
  }
  const end = finish(performance.now(), cpuSeconds());
  const prepared = yield* end.noting(prepareProblem("fitNre", problem, options));
  const { ratio, ...trained } = yield* end.noting(fitRatio(prepared, atoms, options));
  const { prior, support } = prepared;
  return { ratio, posterior: ratioPosterior({ prior, support, ratio }), ...end.report(prepared, trained) };
}

/** Parts of {@link ratioPosterior}. */
export interface RatioPosteriorOptions
  extends Pick<ConstructorParameters<typeof McmcPosterior>[0], "prior" | "support"> {
  /** The classifier, for instance one read from a file. */
  readonly ratio: RatioEstimator;
}

/**
 * Builds the posterior of a prior and a classifier.
 *
 * @throws {ShapeError} the events of the prior are not vectors.
 * @example
 * const problem = { prior, simulator, simulations: 200 };
 * using ratio = (await fitNre(problem, { key: createKey(0), training: { maxSteps: 50 } })).ratio;
 * const posterior = ratioPosterior({ prior, ratio });
 */
export function ratioPosterior(options: RatioPosteriorOptions): McmcPosterior {
  checkOptions("ratioPosterior", options, { prior: true, support: true, ratio: true });
  const { prior, support, ratio } = options;
  return new McmcPosterior({
    prior,
    support,
    dataSize: ratio.network.contextSize,
    logLikelihood: (parameters, data) => ratio.logRatio(parameters, data),
  });
}

/** A trained classifier. */
type TrainedRatio = { readonly ratio: RatioEstimator } & Pick<
  InferenceReport,
  "trainRows" | "validationRows" | "validationLoss" | "reason"
>;

async function* fitRatio(
  { unbounded, data, support }: PreparedProblem,
  atoms: number,
  options: FitNreOptions,
): AsyncGenerator<InferenceEvent, TrainedRatio, void> {
  const { validation = 0.1, signal, training } = options;
  const key = options.key.fold("ratio");
  const parts = splitIndices(unbounded.shape[0] as number, { validation, key: key.fold("split") });
  const pairs = { x: unbounded, context: data };
  const train = pickRows(pairs, parts.train);
  const statistics = rowStatistics(train);
  const { x: ofParameters, context: ofData } = statistics;
  const make = options.network ?? ((sizes) => new ResidualMlp({ ...sizes, hidden: [64, 64, 64], dropout: 0.1 }));
  const units = new ConstantAffine({ shift: ofParameters.mean, scale: ofParameters.sd });
  const ratio = new RatioEstimator({
    network: make({
      inputSize: unbounded.shape[1] as number,
      context: data.shape[1] as number,
      outputSize: 1,
      key: key.fold("network"),
    }),
    parameterTransform: chain(support === undefined ? [units] : [units, support]),
    dataTransform: new ConstantAffine({ shift: ofData.mean, scale: ofData.sd }),
  });
  const rows = parts.train.length;
  const batchSize = Math.min(rows, BATCH);
  const epochs = Math.max(1, Math.min(200, Math.round(STEPS / Math.ceil(rows / batchSize))));
  const trained = yield* trainModelEvents(ratio, standardizeRows(train, statistics), {
    maxEpochs: epochs,
    batchSize,
    learningRate: warmupSchedule(cosineSchedule({ learningRate: 2e-3 }), 50),
    averaging: { decay: 0.99 },
    patience: Math.max(10, Math.ceil(epochs / 5)),
    ...training,
    key: key.fold("fit"),
    loss: ratioLoss(atoms),
    validation: standardizeRows(pickRows(pairs, parts.validation), statistics),
    signal,
  });
  return {
    ratio,
    trainRows: rows,
    validationRows: parts.validation.length,
    ...trained,
  };
}

/**
 * `−log softmax` of the matching pair among pairs of the data with the parameters of other rows of the batch. For two
 * atoms, the binary cross-entropy of a matching and a mismatched pair. Both are computed from the logits alone.
 */
function ratioLoss(atoms: number): Loss<RatioEstimator> {
  return ({ network }, { x, context, size }, key) => {
    const shifts = Array.from(key.permutation(Math.max(0, size - 1)).subarray(0, atoms - 1), (shift) => shift + 1);
    const sets = [x, ...shifts.map((shift) => tf.concat([tf.slice(x, shift), tf.slice(x, 0, shift)], 0))];
    const data = tf.tile(context as tf.Tensor, [sets.length, ...Array((context as tf.Tensor).rank - 1).fill(1)]);
    const logits = tf.reshape(network.apply(tf.concat(sets, 0), data), [sets.length, size]);
    const own = tf.slice(logits, [0, 0], [1, size]);
    if (atoms > 2) return tf.mean(tf.sub(logSumExp(logits, 0), tf.reshape(own, [size])));
    const others = tf.slice(logits, [1, 0], [sets.length - 1, size]);
    return tf.add(tf.mean(softplus(tf.neg(own))), tf.mean(softplus(others)));
  };
}
