import {
  type ConditionalDistribution,
  DataError,
  type Distribution,
  type NdArray,
  ndArray,
  OptionError,
} from "@pushforward/core";
import { checkOptions, readMatrix } from "@pushforward/core/extend";
import { cpuSeconds, mapEvents, runToEnd } from "@pushforward/core/plain";
import { splitIndices, takeColumns } from "@pushforward/datasets/extend";
import { joint } from "@pushforward/distributions";
import type { Joint } from "@pushforward/distributions/extend";
import { ConditionalFlow, distributionNetwork } from "@pushforward/flows";
import { type ConditionalTableRows, pickRows } from "@pushforward/tables/extend";
import { ConstantAffine, Identity, invert } from "@pushforward/transforms";
import { fitConditionalDensityEvents, type TrainedDensity } from "../conditional-density.ts";
import { finish } from "../fit-npe-nle.ts";
import {
  type DensityOptions,
  type InferenceEvent,
  type InferenceProblem,
  type InferenceReport,
  prepareProblem,
} from "../inference-problem.ts";
import { knownStatistics } from "../simulator.ts";
import { DEFENSIVE_WEIGHT, MANY_ROWS, trainingDefaults, trainModelEvents, VALIDATION } from "../train-model.ts";
import { MixedPosterior, priorCategories } from "./mixed-posterior.ts";

/** Options of {@link fitMnpe} and {@link fitMnpeEvents}. Only the key is required. */
export interface FitMnpeOptions extends Omit<DensityOptions, "embedding"> {
  /** Maximum number of concurrent calls of an asynchronous simulator. Default: 8. */
  readonly concurrency?: number | undefined;
}

/** Result of {@link fitMnpe}. */
export interface FitMnpeResult extends InferenceReport {
  /** The posterior for any observation, in the units of parameters and data, which the caller owns and which saves into one file. */
  readonly posterior: MixedPosterior;
}

/**
 * Neural posterior estimation of mixed parameters: categories (integer codes 0, 1, …) and numbers. The `Categorical`
 * and `Bernoulli` parts of a `joint` prior are categories. (sbi's MNPE; for likelihoods of mixed data, Boelts et al.
 * 2022, doi:10.7554/eLife.77220.)
 *
 * A network learns the probabilities of each category given the data and the previous categories. The density that
 * {@link fitNpe} would use, with its Student-t of a small weight, learns the numbers given the data and all categories.
 * Both minimize `−E log q`.
 *
 * @param problem as for `fitNpe`; without `support`, which follows from the parts of the prior.
 * @throws {OptionError} the prior has no categories or no numbers, or an option is out of range.
 * @throws {DataError} a table has a code outside of its category, or too few rows to learn from.
 * @throws {SimulationError} no simulation was usable.
 * @throws {ShapeError} parameters, data and prior do not fit each other.
 * @example
 * const ofBoth = joint([new Categorical({ probs: [[0.3, 0.7]] }), new StandardNormal({ features: 1 })]);
 * const noisy: RowSimulator = ([code = 0, mean = 0], key) => [mean + 3 * code + key.normal(1)[0]!];
 * const problem = { prior: ofBoth, simulator: noisy, simulations: 300 };
 * const { posterior } = await fitMnpe(problem, { key: createKey(0), density: "nsf", training: { maxSteps: 50 } });
 * posterior.given([2.5]).sample(createKey(1), [1000]); // → shape [1000, 2]
 */
export function fitMnpe(problem: InferenceProblem, options: FitMnpeOptions): Promise<FitMnpeResult> {
  return runToEnd(fitMnpeEvents(problem, options));
}

/**
 * {@link fitMnpe} as events: simulation events, notes in words, and training events.
 *
 * @throws the errors of `fitMnpe`.
 * @example
 * const ofBoth = joint([new Bernoulli({ probs: [0.5] }), new StandardNormal({ features: 1 })]);
 * const noisy: RowSimulator = ([code = 0, mean = 0], key) => [mean + 3 * code + key.normal(1)[0]!];
 * const problem = { prior: ofBoth, simulator: noisy, simulations: 300 };
 * for await (const event of fitMnpeEvents(problem, { key, density: "maf", training: { maxSteps: 50 } })) {
 *   if (event.type === "simulation") console.log(`${event.done} of ${event.total}`);
 * }
 */
export async function* fitMnpeEvents(
  problem: InferenceProblem,
  options: FitMnpeOptions,
): AsyncGenerator<InferenceEvent, FitMnpeResult, void> {
  checkOptions("fitMnpe", options, {
    key: true,
    density: true,
    auto: true,
    training: true,
    validation: true,
    threads: true,
    signal: true,
    concurrency: true,
  });
  const end = finish(performance.now(), cpuSeconds());
  const { key } = options;
  const categories = checkedCategories(problem);
  const prepared = yield* end.noting(prepareProblem("fitMnpe", problem, { ...options, categories }));
  const { prior, data, unbounded } = prepared;
  const columns = [...categories.keys()].filter((i) => categories[i] !== 0);
  const trained: TrainedDensity[] = [];
  const codes: ConditionalFlow[] = [];
  const count = columns.length;
  let context = data;
  let numbers: TrainedDensity | undefined;
  try {
    for (const [j, column] of columns.entries()) {
      const rows = { x: takeColumns(unbounded, [column]), context };
      const size = categories[column] as number;
      const own = { ...options, key: key.fold(`category.${j}`) };
      const part = yield* end.noting(numbered(fitCategory(rows, size, own), j, count));
      codes.push(part.model);
      trained.push(part);
      context = withCodes(context, rows.x, size);
    }
    const places = [...categories.keys()].filter((i) => categories[i] === 0);
    const rows = { x: takeColumns(unbounded, places), context };
    const { support } = joint(numberParts(prior));
    const own = { ...options, key: key.fold("density") };
    const events = fitConditionalDensityEvents("fitMnpe", rows, support, own, { defensiveWeight: DEFENSIVE_WEIGHT });
    numbers = yield* end.noting(numbered(events, count, count));
  } finally {
    if (numbers === undefined) for (const part of codes) part.dispose();
  }
  const posterior = new MixedPosterior({ categories, codes, numbers: numbers.model });
  const validationLoss = trained.reduce((sum, part) => sum + part.validationLoss, numbers.validationLoss);
  const aborted = [...trained, numbers].some(({ reason }) => reason === "aborted");
  return {
    posterior,
    ...end.report(prepared, { ...numbers, validationLoss, reason: aborted ? "aborted" : "completed" }),
  };
}

function checkedCategories({ prior, support, ...problem }: InferenceProblem): readonly number[] {
  if (prior?.eventShape === undefined) throw new OptionError("fitMnpe: expected a prior, got none.");
  if (support !== undefined) {
    throw new OptionError("fitMnpe: expected only the supports of the parts of the prior, got an additional one.");
  }
  const categories = priorCategories(prior);
  const count = categories.filter((size) => size !== 0).length;
  if (count === 0 || count === categories.length) {
    throw new OptionError(
      `fitMnpe: expected a joint prior of categories (Categorical, Bernoulli) and numbers, got ${count} categories among ` +
        `${categories.length} parameters. ${count === 0 ? "Use npe." : "Train a distributionNetwork on the simulations."}`,
    );
  }
  if (!("simulator" in problem) && typeof problem.simulations?.parameters === "object") {
    checkCodes(readMatrix(problem.simulations.parameters, "fitMnpe", "parameters", { numbers: "any" }), categories);
  }
  return categories;
}

/** A code that no category has is a mistake, where a number outside of its support may be one row that failed. */
function checkCodes({ shape, data }: NdArray, categories: readonly number[]): void {
  const [rows, width] = shape as unknown as readonly [number, number];
  // Another width is refused with the rest of the table.
  if (width !== categories.length) return;
  for (let row = 0; row < rows; row++) {
    for (const [column, size] of categories.entries()) {
      const code = data[row * width + column] as number;
      if (size === 0 || (Number.isInteger(code) && code >= 0 && code < size)) continue;
      throw new DataError(
        `fitMnpe: expected codes 0 to ${size - 1} in column ${column} of the parameters, got ${code} in row ${row}.`,
      );
    }
  }
}

/** Learns the probabilities of the codes `[rows, 1]` of a category. */
async function* fitCategory(
  { x, context }: ConditionalTableRows,
  size: number,
  { key, validation = VALIDATION, training, threads, signal }: FitMnpeOptions,
): AsyncGenerator<InferenceEvent, TrainedDensity, void> {
  const count = x.shape[0] as number;
  const parts = splitIndices(count, { validation, key: key.fold("split") });
  const [train, held] = [pickRows({ x, context }, parts.train), pickRows({ x, context }, parts.validation)];
  const statistics = knownStatistics(train.context);
  const network = distributionNetwork({
    categories: [size],
    context: context.shape[1] as number,
    dropout: count < MANY_ROWS ? 0.1 : 0,
    key: key.fold("network"),
  });
  const contextTransform = invert(new ConstantAffine({ shift: statistics.mean, scale: statistics.sd }));
  const model = new ConditionalFlow(network as ConditionalDistribution, new Identity(), { contextTransform });
  const settings = { ...trainingDefaults(parts.train.length, false), ...training };
  const trained = yield* trainModelEvents(model, train, {
    ...settings,
    key: key.fold("fit"),
    validation: held,
    threads,
    signal,
  });
  return { model, trainRows: parts.train.length, validationRows: parts.validation.length, ...trained };
}

/** Continuous numbering of trainings: `before` counts earlier category trainings, of `categories` in total. */
function numbered<R>(
  events: AsyncGenerator<InferenceEvent, R, void>,
  before: number,
  categories: number,
): AsyncGenerator<InferenceEvent, R, void> {
  return mapEvents(events, (event): InferenceEvent => {
    if (event.type !== "training") return event;
    const ofNumbers = before === categories ? event.count : 1;
    return { ...event, index: before + event.index, count: categories + ofNumbers };
  });
}

function numberParts(prior: Distribution): readonly Distribution[] {
  const { parts } = prior as Joint;
  return parts.flatMap((part) => {
    const categories = priorCategories(part);
    if (categories.every((size) => size === 0)) return [part];
    return categories.every((size) => size !== 0) ? [] : numberParts(part);
  });
}

/** Contexts followed by the one-hot codes. */
function withCodes(context: NdArray, codes: NdArray, size: number): NdArray {
  const [rows, width] = context.shape as unknown as readonly [number, number];
  const wide = new Float64Array(rows * (width + size));
  for (let i = 0; i < rows; i++) {
    wide.set(context.data.subarray(i * width, (i + 1) * width), i * (width + size));
    wide[i * (width + size) + width + (codes.data[i] as number)] = 1;
  }
  return ndArray([rows, width + size], wide);
}
