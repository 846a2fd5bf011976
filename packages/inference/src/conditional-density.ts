// A conditional density of rows given contexts, learned in standard units and put together in those of the rows.

import { fitAutoEvents } from "@pushforward/auto";
import { defensiveComponent } from "@pushforward/auto/extend";
import { MissingMask } from "@pushforward/conditioners";
import {
  type Bijection,
  type ConditionalDistribution,
  type Module,
  type NdArray,
  OptionError,
  ShapeError,
} from "@pushforward/core";
import { isConditionalDistribution, isModule, shapesEqual } from "@pushforward/core/extend";
import { mapEvents } from "@pushforward/core/plain";
import { standardize } from "@pushforward/datasets";
import { splitIndices } from "@pushforward/datasets/extend";
import { ConditionalMixture } from "@pushforward/distributions";
import { ConditionalFlow, cnf, flowMatching, maf, nsf } from "@pushforward/flows";
import { EmbeddedContext } from "@pushforward/flows/extend";
import {
  type ConditionalTableRows,
  meanNll,
  pickRows,
  rowStatistics,
  standardizeRows,
} from "@pushforward/tables/extend";
import { ConstantAffine, chain, invert } from "@pushforward/transforms";
import { Chain } from "@pushforward/transforms/extend";
import type { DensityFactory, DensityOptions, InferenceEvent } from "./inference-problem.ts";
import { knownStatistics, type MissingOptions, withMissing } from "./simulator.ts";
import { MANY_ROWS, trainingDefaults, trainModelEvents, VALIDATION } from "./train-model.ts";

/** A trained conditional density. */
export interface TrainedDensity {
  /** In the units of rows and contexts; the caller owns it. */
  readonly model: ConditionalFlow;
  readonly trainRows: number;
  readonly validationRows: number;
  readonly validationLoss: number;
  readonly reason: "completed" | "aborted";
}

/** Learned parts in addition to the density. */
export interface DensityExtras {
  /** How to learn from contexts with NaN, which the model then takes; absent: there are none. */
  readonly missing?: MissingOptions | undefined;
  /** The weight of a Student-t around all rows. Default: 0, none. */
  readonly defensiveWeight?: number | undefined;
}

/** Rows by which a density that was not trained by its likelihood is judged: each solves an equation. */
const JUDGED = 1000;
/** Of the Student-t around all rows: its mean and its variance are finite, and it is wide. */
const DEGREES_OF_FREEDOM = 5;

/**
 * Learns `p(x | context)`.
 *
 * @param support map of the rows to their support, the final map of the model.
 */
export async function* fitConditionalDensityEvents(
  where: string,
  rows: ConditionalTableRows,
  support: Bijection | undefined,
  options: DensityOptions,
  extras: DensityExtras = {},
): AsyncGenerator<InferenceEvent, TrainedDensity, void> {
  const { missing } = extras;
  const usual = options.embedding === undefined && missing === undefined ? "auto" : "nsf";
  const { density = usual } = options;
  if (density === "auto") {
    if (missing !== undefined) {
      throw new OptionError(`${where}: expected one density for missing numbers, such as "nsf", got "auto".`);
    }
    if (options.embedding !== undefined) {
      throw new OptionError(`${where}: expected one density with an embedding, such as "nsf", got "auto".`);
    }
    return yield* byAuto(rows, support, options, extras);
  }
  const factory = factoryOf(where, density, rows.x.shape[0] as number);
  return yield* byOne(where, rows, support, options, factory, extras);
}

async function* byAuto(
  { x, context }: ConditionalTableRows,
  support: Bijection | undefined,
  { key, auto, validation, threads, signal }: DensityOptions,
  { defensiveWeight }: DensityExtras,
): AsyncGenerator<InferenceEvent, TrainedDensity, void> {
  // Noise on integers would change what a simulator gives. Tails of a Cauchy would leave a posterior without a mean, put
  // mass on the faces of a box, and make a likelihood forget its parameters far out. Who wants either says so.
  const defaults = { dequantize: [], defensiveWeight: 0 };
  const events = fitAutoEvents({ x, context }, { ...defaults, ...auto, key, validation, threads, signal });
  const { model, trainRows, validationRows, validationNll, reason } = yield* mapEvents(
    events,
    (event): InferenceEvent => {
      if (event.type === "note") return event;
      if (event.type === "warning") return { type: "note", text: `${event.text} ${event.remedy}` };
      return { type: "training", index: event.index, count: event.count, event: event.event };
    },
  );
  const { base, transform, contextTransform } = model as ConditionalFlow;
  const layers = layersOf(transform);
  const parts = { base, layers: layers.slice(0, -1), units: layers.at(-1) as ConstantAffine, contextTransform };
  return {
    model: assembled(parts, support, x, defensiveWeight),
    trainRows,
    validationRows,
    validationLoss: validationNll,
    reason,
  };
}

async function* byOne(
  where: string,
  { x, context }: ConditionalTableRows,
  support: Bijection | undefined,
  options: DensityOptions,
  factory: DensityFactory,
  { missing, defensiveWeight }: DensityExtras,
): AsyncGenerator<InferenceEvent, TrainedDensity, void> {
  const { key, validation = VALIDATION, threads, signal } = options;
  const count = x.shape[0] as number;
  const parts = splitIndices(count, { validation, key: key.fold("split") });
  const [train, held] = [pickRows({ x, context }, parts.train), pickRows({ x, context }, parts.validation)];
  const { x: ofX, logVolume, ...statistics } = rowStatistics({ x: train.x });
  const ofContext = knownStatistics(train.context);
  const inUnits = (part: ConditionalTableRows, name: string): ConditionalTableRows => {
    const standard = standardizeRows(part, {
      x: ofX,
      logVolume,
      ...statistics,
      context: ofContext,
    }) as ConditionalTableRows;
    return missing === undefined ? standard : withMissing(standard, missing, key.fold(`missing.${name}`));
  };
  const judged = inUnits(held, "validation");
  const learned = inUnits(train, "train");
  const model = densityModel(where, [x.shape[1] as number, learned.context.shape[1] as number], options, factory);
  const isMatched = options.density === "flow-matching";
  const settings = { ...trainingDefaults(learned.x.shape[0] as number, isMatched), ...options.training };
  const { validationLoss, reason } = yield* trainModelEvents(model, learned, {
    ...settings,
    ...(isMatched && { loss: flowMatching() }),
    key: key.fold("fit"),
    validation: judged,
    threads,
    signal,
  });
  const loss = isMatched ? meanNll(model, firstRows(judged, JUDGED)) : validationLoss;
  const units = new ConstantAffine({ shift: ofX.mean, scale: ofX.sd });
  const contextTransform = invert(new ConstantAffine({ shift: ofContext.mean, scale: ofContext.sd }));
  // Missing numbers are marked in the rows that are learned from, and from now on by the model.
  const marked =
    missing === undefined
      ? model
      : new EmbeddedContext({ embedding: new MissingMask({ inputSize: ofContext.mean.length }), distribution: model });
  // A flow of the library is taken apart, so that the model is one flow and not a flow over a flow.
  const isPlain = marked instanceof ConditionalFlow && marked.contextTransform === undefined;
  const base = isPlain ? (marked as ConditionalFlow).base : marked;
  const layers = isPlain ? layersOf((marked as ConditionalFlow).transform) : [];
  return {
    model: assembled({ base, layers, units, contextTransform }, support, x, defensiveWeight),
    trainRows: train.x.shape[0] as number,
    validationRows: held.x.shape[0] as number,
    validationLoss: loss + logVolume,
    reason,
  };
}

function firstRows(rows: ConditionalTableRows, most: number): ConditionalTableRows {
  const count = Math.min(most, rows.x.shape[0] as number);
  return pickRows(
    rows,
    Int32Array.from({ length: count }, (_, i) => i),
  );
}

/** The density that a factory makes, behind the network that summarizes its context. */
function densityModel(
  where: string,
  [features, inputSize]: readonly [features: number, inputSize: number],
  { key, embedding }: DensityOptions,
  factory: DensityFactory,
): ConditionalDistribution & Module {
  const network = embedding?.({ inputSize, key: key.fold("embedding") });
  try {
    const made = factory({ features, context: network?.outputSize ?? inputSize, key: key.fold("density") });
    if (!isConditionalDistribution(made) || !isModule(made)) {
      throw new OptionError(
        `${where}: expected the factory to make a conditional distribution with parameters, got none.`,
      );
    }
    const model = network === undefined ? made : new EmbeddedContext({ embedding: network, distribution: made });
    if (!shapesEqual(model.contextShape, [inputSize])) {
      throw new ShapeError(
        `${where}: expected a density with a context of ${inputSize} numbers, got [${model.contextShape.join(", ")}].`,
      );
    }
    return model;
  } catch (error) {
    network?.dispose();
    throw error;
  }
}

function layersOf(transform: Bijection): readonly Bijection[] {
  return transform instanceof Chain ? transform.layers : [transform];
}

/** A density in standard units, and the maps to the units of rows and contexts. */
interface DensityParts {
  readonly base: ConditionalFlow["base"];
  readonly layers: readonly Bijection[];
  readonly units: ConstantAffine;
  readonly contextTransform: Bijection | undefined;
}

/** The model in the units of rows and contexts, with the support as the final map; the Student-t is fitted to `x`. */
function assembled(
  { base, layers, units, contextTransform }: DensityParts,
  support: Bijection | undefined,
  x: NdArray,
  defensiveWeight = 0,
): ConditionalFlow {
  const ends = support === undefined ? [units] : [units, support];
  const options = contextTransform === undefined ? {} : { contextTransform };
  if (defensiveWeight === 0) return new ConditionalFlow(base, chain([...layers, ...ends]), options);
  const [mean, sd] = [Float64Array.from(units.shift), Float64Array.from(units.scale)];
  const component = defensiveComponent(standardize(x, { mean, sd }), DEGREES_OF_FREEDOM);
  const learned = layers.length === 0 ? base : new ConditionalFlow(base, chain(layers));
  const mixture = new ConditionalMixture({
    components: [learned, component],
    weights: [1 - defensiveWeight, defensiveWeight],
  });
  return new ConditionalFlow(mixture, chain(ends), options);
}

/** The named densities: layers with residual networks that drop where rows are few. */
function factoryOf(
  where: string,
  density: Exclude<DensityOptions["density"], "auto" | undefined>,
  rows: number,
): DensityFactory {
  if (typeof density === "function") return density;
  const dropout = rows < MANY_ROWS ? 0.1 : 0;
  if (density === "nsf") return (sizes) => nsf({ ...sizes, residual: true, dropout });
  if (density === "maf") return (sizes) => maf({ ...sizes, residual: true, dropout });
  if (density === "flow-matching") return (sizes) => cnf({ ...sizes, hidden: [128, 128] });
  throw new OptionError(
    `${where}: expected density to be "auto", "nsf", "maf", "flow-matching" or a function, got ${JSON.stringify(density)}.`,
  );
}
