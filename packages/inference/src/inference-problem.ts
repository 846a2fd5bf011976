import type { FitAutoOptions } from "@pushforward/auto";
import {
  type Bijection,
  type ConditionalDistribution,
  type Conditioner,
  type Distribution,
  type Key,
  type Module,
  type NdArray,
  ndArray,
  OptionError,
  type RowsLike,
  ShapeError,
} from "@pushforward/core";
import { readMatrix, tensorValues } from "@pushforward/core/extend";
import type { TrainEvent, TrainOptions } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import { mapRows } from "./map-estimate.ts";
import { priorCategories } from "./mixed/mixed-posterior.ts";
import { type SimulateOptions, type SimulationEvent, type SimulationProblem, simulateEvents } from "./simulate.ts";
import {
  DropCounter,
  type DroppedSimulations,
  describeDropped,
  type OutsideSimulations,
  SimulationError,
  type Simulations,
} from "./simulator.ts";

/** Existing simulations. */
export interface SimulatedProblem {
  /** Where the parameters came from. */
  readonly prior: Distribution;
  /** Parameters `[n, parameters]` and the data that they led to, `[n, data]`. Rows that are not finite are dropped. */
  readonly simulations: { readonly parameters: RowsLike; readonly data: RowsLike };
}

/** A prior with a simulator, or with a table of simulations. */
export type InferenceProblem = (SimulationProblem | SimulatedProblem) & {
  /** Maps ℝᵈ onto the support of the prior, where the prior does not say so itself (`prior.support`). */
  readonly support?: Bijection | undefined;
};

/** Simulations ready to learn from. */
export interface PreparedProblem {
  readonly prior: Distribution;
  readonly support: Bijection | undefined;
  readonly parameters: NdArray;
  readonly data: NdArray;
  /** Data may be NaN. */
  readonly keepsMissing: boolean;
  /** The parameters in ℝᵈ. */
  readonly unbounded: NdArray;
  readonly attempted: number;
  readonly dropped: readonly DroppedSimulations[];
}

/** Rows of a chunk on the device. */
const CHUNK = 8192;

/** Options of {@link prepareProblem}. */
export interface PrepareOptions extends SimulateOptions {
  /** Number of categories expected in the prior, per parameter; 0 for a number. Default: none. */
  readonly categories?: readonly number[];
}

/** Simulates if necessary, and drops invalid simulations. */
export async function* prepareProblem(
  where: string,
  problem: InferenceProblem,
  { key, concurrency, keepsMissing = false, signal, categories = [] }: PrepareOptions,
): AsyncGenerator<InferenceEvent, PreparedProblem, void> {
  const { prior, support = prior?.support } = problem;
  let made: Simulations & { readonly attempted: number; readonly dropped: readonly DroppedSimulations[] };
  if (prior?.eventShape === undefined) throw new OptionError(`${where}: expected a prior, got none.`);
  refuseCategories(where, prior, categories);
  if (!("simulator" in problem) && typeof problem.simulations?.parameters !== "object") {
    throw new OptionError(
      `${where}: expected a simulator, or a table of simulations { parameters, data }, got neither.`,
    );
  }
  if ("simulator" in problem) {
    if (typeof problem.simulations !== "number") {
      throw new OptionError(`${where}: expected a simulator or a table of simulations, got both.`);
    }
    made = yield* simulateEvents(problem, { key: key.fold("simulate"), concurrency, keepsMissing, signal });
    signal?.throwIfAborted();
  } else {
    made = checkedTable(where, problem, keepsMissing);
    yield { type: "simulation", done: made.attempted, total: made.attempted, dropped: countOf(made.dropped) };
  }
  if (made.dropped.length > 0) {
    const text = `Dropped ${countOf(made.dropped)} of ${made.attempted} simulations: ${describeDropped(made.dropped)}.`;
    yield { type: "note", text };
  }
  const { parameters, data, attempted, dropped } = made;
  const unbounded = support === undefined ? parameters : mapRows(parameters, (x) => support.inverse(x));
  return { prior, support, parameters, data, keepsMissing, unbounded, attempted, dropped };
}

/** A density of numbers would be learned around the codes. */
function refuseCategories(where: string, prior: Distribution, expected: readonly number[]): void {
  const column = priorCategories(prior).findIndex((size, i) => size !== 0 && expected[i] !== size);
  if (column < 0) return;
  throw new OptionError(`${where}: expected a prior of numbers, got categories in column ${column}. Use mnpe.`);
}

function countOf(dropped: readonly DroppedSimulations[]): number {
  return dropped.reduce((sum, { count }) => sum + count, 0);
}

/** The rows of a table that are finite and possible under the prior. */
function checkedTable(
  where: string,
  { prior, simulations }: SimulatedProblem,
  keepsMissing: boolean,
): Simulations & { readonly attempted: number; readonly dropped: readonly DroppedSimulations[] } {
  const parameters = readMatrix(simulations.parameters, where, "parameters", { numbers: "any" });
  const data = readMatrix(simulations.data, where, "data", { numbers: "any" });
  const [rows, width] = parameters.shape as unknown as readonly [number, number];
  const size = data.shape[1] as number;
  if (data.shape[0] !== rows) {
    throw new ShapeError(
      `${where}: expected ${rows} rows of data, one for each row of parameters, got ${data.shape[0]}.`,
    );
  }
  if (prior.eventShape.length !== 1 || prior.eventShape[0] !== width) {
    throw new ShapeError(
      `${where}: expected ${prior.eventShape.join(" × ")} columns of parameters, those of the prior, got ${width}.`,
    );
  }
  const dropped = new DropCounter();
  const kept: number[] = [];
  const areFinite = (values: ArrayLike<number>): boolean =>
    Array.prototype.every.call(values, (value: number) => Number.isFinite(Math.fround(value)));
  const isUsable = (row: NdArray["data"]): boolean => {
    const known = keepsMissing ? Float64Array.from(row).filter((value) => !Number.isNaN(value)) : row;
    return known.length > 0 && areFinite(known);
  };
  const isPossible = possibleRows(prior, parameters);
  for (let i = 0; i < rows; i++) {
    if (!areFinite(parameters.data.subarray(i * width, (i + 1) * width)))
      dropped.add("parameters that are not finite", i);
    else if (!isUsable(data.data.subarray(i * size, (i + 1) * size))) dropped.add("data that are not finite", i);
    else if (!isPossible(i)) dropped.add("parameters outside the support of the prior", i);
    else kept.push(i);
  }
  const report = dropped.report();
  if (kept.length === 0) {
    throw new SimulationError(
      `${where}: expected simulations to learn from, got none of ${rows}: ${describeDropped(report)}.`,
      report,
    );
  }
  const take = ({ data: values }: NdArray, columns: number): NdArray => {
    const taken = new Float64Array(kept.length * columns);
    for (const [to, i] of kept.entries()) taken.set(values.subarray(i * columns, (i + 1) * columns), to * columns);
    return ndArray([kept.length, columns], taken);
  };
  return { parameters: take(parameters, width), data: take(data, size), attempted: rows, dropped: report };
}

function possibleRows(prior: Distribution, { shape, data }: NdArray): (row: number) => boolean {
  const [rows, width] = shape as unknown as readonly [number, number];
  const possible = new Uint8Array(rows);
  for (let from = 0; from < rows; from += CHUNK) {
    const count = Math.min(CHUNK, rows - from);
    const chunk = Float32Array.from(data.subarray(from * width, (from + count) * width));
    const values = tensorValues(() => prior.logProb(tf.tensor2d(chunk, [count, width])));
    for (const [i, value] of values.entries()) possible[from + i] = value > Number.NEGATIVE_INFINITY ? 1 : 0;
  }
  return (row) => possible[row] === 1;
}

/** A sentence about a decision and its reason. */
export interface InferenceNote {
  readonly type: "note";
  readonly text: string;
}

/** Training event of a member, out of `count` members. */
export interface TrainingEvent {
  readonly type: "training";
  readonly index: number;
  readonly count: number;
  readonly event: TrainEvent;
}

/** Events of inference. */
export type InferenceEvent = SimulationEvent | InferenceNote | TrainingEvent;

/** Common results of all inference methods. */
export interface InferenceReport {
  /** Rows that were learned from and that were held out. */
  readonly trainRows: number;
  readonly validationRows: number;
  /** Number of simulations, and the number of dropped ones. */
  readonly attempted: number;
  readonly dropped: readonly DroppedSimulations[];
  /** The loss on the rows held out; for a density the mean of −log p, in nats. */
  readonly validationLoss: number;
  /**
   * The numbers of an observation that lie outside the range of the simulations; empty for one that the simulations
   * cover. A posterior at an observation outside extrapolates and is not to be trusted.
   */
  outside(observation: ArrayLike<number>): OutsideSimulations[];
  readonly reason: "completed" | "aborted";
  /** All notes. */
  readonly log: readonly string[];
  readonly seconds: number;
  readonly cpuSeconds?: number | undefined;
}

/** Requirements for a custom density. */
export interface DensitySizes {
  /** Numbers of an event, in standard units: mean 0, standard deviation 1. */
  readonly features: number;
  /** Size of its context, in standard units, or the output size of the embedding. */
  readonly context: number;
  /** Key of the initial weights. */
  readonly key: Key;
}

/** Makes an untrained conditional density, which the caller then owns. */
export type DensityFactory = (sizes: DensitySizes) => ConditionalDistribution & Module;

/** Makes an untrained network that reads `inputSize` numbers in standard units; its outputs are the context. */
export type EmbeddingFactory = (sizes: { readonly inputSize: number; readonly key: Key }) => Conditioner;

/** How a conditional density is learned. */
export interface DensityOptions {
  /** Decides every random number. */
  readonly key: Key;
  /**
   * The density estimator: `fitAuto`, a mixture of flows that start as fitted densities, see `@pushforward/auto`; one spline
   * flow (`nsf`) or affine flow (`maf`); a continuous flow by flow matching (`flow-matching`; for posteriors FMPE, Wildberger
   * et al. 2023, arXiv:2305.17161); or a custom density. Default: `fitAuto`, and `nsf` with an embedding.
   */
  readonly density?: "auto" | "nsf" | "maf" | "flow-matching" | DensityFactory | undefined;
  /** A network between the context and the density, trained with it. */
  readonly embedding?: EmbeddingFactory | undefined;
  /** Further options of `fitAuto`: `quality`, `members`, `maxEpochs`, … */
  readonly auto?: Omit<FitAutoOptions, "key" | "signal" | "threads" | "validation"> | undefined;
  /** Further options of `train`, for one density: `maxEpochs`, `batchSize`, `learningRate`, … */
  readonly training?: Omit<TrainOptions, "key" | "signal" | "threads" | "validation" | "loss"> | undefined;
  /** The fraction of validation rows, for early stopping and model selection. Default: 0.1. */
  readonly validation?: number | undefined;
  readonly threads?: "auto" | number | undefined;
  /** Stops the work soon. During training the best model so far is kept. Before training the abort reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}
