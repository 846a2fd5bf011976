import {
  type ConditionalFlow,
  columnStatistics,
  createKey,
  type Flow,
  type Key,
  logProbRows,
  MultivariateNormal,
  maf,
  type NdArray,
  ndArray,
  nsf,
  realNvp,
  splitStandardisation,
  standardise,
  type TrainingSet,
} from "pushforward";
import type { Settings } from "../shared/settings.ts";
import type { Part } from "./table-rows.ts";

/** Rows as a model is trained on them. */
type StandardRows = TrainingSet & { readonly x: NdArray };

/** A new model, and its rows. */
export interface NewModel {
  readonly flow: Flow | ConditionalFlow;
  /** The flow without the units of the data at its ends, which shares its parameters: this is trained. */
  readonly inner: Flow | ConditionalFlow;
  readonly train: StandardRows;
  readonly validation: StandardRows;
  readonly key: Key;
  /** Log of the volume that standardizing takes away: the loss and this are nats in the units of the data. */
  readonly logVolume: number;
  readonly gaussianNll: number | undefined;
  /** Half the width of the box of the splines. */
  readonly bound: number;
  /** Names of columns that are constant, by number. */
  readonly constant: readonly number[];
}

/** The model of some settings, as the command line makes it: the same seed gives the same weights and batches. */
export function newModel(settings: Settings, train: Part, validation: Part): NewModel {
  const [initKey, key] = createKey(settings.seed).split(2);
  const { mean, sd, constant } = columnStatistics(train.x);
  const ofContext = train.context && columnStatistics(train.context);
  const standardised = (part: Part): StandardRows => ({
    x: standardise(part.x, { mean, sd }),
    context: part.context && ofContext && standardise(part.context, ofContext),
  });
  const rows = standardised(train);
  const bound = boxFor(rows.x);
  const flow = createFlow(settings, initKey, {
    features: train.x.shape[1] as number,
    context: train.context?.shape[1],
    bound,
    standardise: { mean, sd },
    standardiseContext: ofContext && { mean: ofContext.mean, sd: ofContext.sd },
  });
  let logVolume = 0;
  for (const value of sd) logVolume += Math.log(value);
  const held = standardised(validation);
  const gaussian = gaussianNll(rows.x, held.x);
  return {
    flow,
    inner: splitStandardisation(flow).inner,
    train: rows,
    validation: held,
    key,
    bound,
    logVolume,
    gaussianNll: constant.length > 0 || gaussian === undefined ? undefined : gaussian + logVolume,
    constant,
  };
}

interface Sizes {
  readonly features: number;
  readonly context: number | undefined;
  readonly bound: number;
  readonly standardise: { readonly mean: ArrayLike<number>; readonly sd: ArrayLike<number> };
  readonly standardiseContext: { readonly mean: ArrayLike<number>; readonly sd: ArrayLike<number> } | undefined;
}

function createFlow(settings: Settings, key: Key, { bound, ...sizes }: Sizes): Flow | ConditionalFlow {
  const { flow, transforms, width, depth, bins } = settings;
  const shared = { ...sizes, key, transforms, hidden: new Array<number>(depth).fill(width) };
  switch (flow) {
    case "nsf":
      return nsf({ ...shared, bins, bound });
    case "nsf-coupling":
      return nsf({ ...shared, bins, bound, coupling: true });
    case "maf":
      return maf(shared);
    case "realnvp":
      return realNvp(shared);
  }
}

const SMALLEST_BOX = 5;
const LARGEST_BOX = 8;

/** Half the width of the box of the splines: it holds the training rows, within limits, as on the command line. */
function boxFor({ data }: NdArray): number {
  let largest = 0;
  for (const z of data) largest = Math.max(largest, Math.abs(z));
  return Math.min(LARGEST_BOX, Math.max(SMALLEST_BOX, Math.ceil(largest)));
}

/** What a Gaussian of the training rows reaches on others; undefined where it has no density. */
function gaussianNll({ shape, data }: NdArray, validation: NdArray): number | undefined {
  const [rows, d] = shape as unknown as readonly [number, number];
  const covariance = Array.from({ length: d }, () => new Array<number>(d).fill(0));
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < d; j++) {
      const line = covariance[j] as number[];
      for (let k = 0; k < d; k++) {
        line[k] = (line[k] as number) + ((data[i * d + j] as number) * (data[i * d + k] as number)) / rows;
      }
    }
  }
  try {
    using normal = new MultivariateNormal({ mean: new Array<number>(d).fill(0), covariance });
    const values = logProbRows(normal, validation);
    const mean = -values.reduce((sum, value) => sum + value, 0) / values.length;
    return Number.isFinite(mean) ? mean : undefined;
  } catch {
    // Columns that are functions of others.
    return undefined;
  }
}

/** Mean −log p of rows in the units of the data. */
export function meanNll(flow: Flow | ConditionalFlow, { x, context }: Part): number {
  const values = logProbRows(flow, ndArray(x.shape, x.data), context);
  let sum = 0;
  for (const value of values) sum -= value;
  return sum / values.length;
}
