import type { AffineForm, AffineSettings } from "./affine-settings.ts";
import type { GaussianizationSettings } from "./gaussianization-settings.ts";
import type { AutoregressiveStructure, NetworkSettings } from "./network-settings.ts";
import type { SplineForm, SplineSettings } from "./spline-settings.ts";
import type { SumOfSquaresSettings } from "./sum-of-squares-settings.ts";

/** The place of a matrix or of a parameter: what is there depends on who looks. */
type Slot = unknown;

/** What an operation of a plan takes, writes and is told. Labels of the slots say what they are. */
interface Operation<
  Inputs extends readonly Slot[],
  Outputs extends readonly Slot[],
  Settings extends object = NoSettings,
  Parameters extends readonly Slot[] = [],
  Into extends readonly Slot[] = [],
> {
  readonly inputs: Inputs;
  /** Matrices that it makes. */
  readonly outputs: Outputs;
  readonly settings: Settings;
  readonly parameters: Parameters;
  /** Matrices that it writes into, in part. */
  readonly into: Into;
  /** What it makes, then what it writes into. */
  readonly written: [...Outputs, ...Into];
}

type NoSettings = Readonly<Record<string, never>>;

/** An elementwise map whose parameters are a matrix: those of a column of the value side by side. */
type ElementwiseMap<Settings extends object> = Operation<
  [value: Slot, parameters: Slot],
  [value: Slot, logSlopes: Slot],
  Settings
>;

/** Some columns of a matrix, by their places. */
interface ColumnChoice {
  readonly columns: readonly number[];
}

interface Direction {
  readonly inverse: boolean;
}

/** How a learned scale follows from its raw number: `e^raw`, or `softplus(raw + offset) + smallest`. */
export type LearnedScale = "exp" | { readonly offset: number; readonly smallest: number };

/** A box, whose ends may be infinite, and how sharply its intervals end. */
export interface BoxSettings {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly sharpness: number;
}

/** A table of learned rows for each column of codes: how many codes it has, and how wide its rows are. */
export interface EmbeddingSettings {
  readonly tables: readonly { readonly codes: number; readonly width: number }[];
}

/**
 * The head of a cell: the logits of `codes` codes and, where there are `components`, of a mixture of logistics: logits,
 * means and log-scales, each of all components. With components the last code stands for the mixture.
 */
export interface CellSettings {
  readonly codes: number;
  readonly components: number;
}

/** A mixture of Gaussians; columns are those of the context. */
export interface GaussianMixtureSettings {
  /** Components, of each class where there are classes. */
  readonly components: number;
  /** Features of the components: of the context that they see, then of the value. */
  readonly features: number;
  readonly isLearnable: boolean;
  readonly contextColumns: readonly number[];
  readonly classColumns: readonly number[];
}

type GaussianParameters = [
  logits: Slot,
  mean: Slot,
  whitening: Slot,
  logDiagonal?: Slot,
  offDiagonal?: Slot,
  shift?: Slot,
];

/**
 * The operations of plans. `PlanBuilder.add` takes what is written here, and the kernels of `@pushforward/kernels` have one
 * for each of them: a misspelt name or setting compiles on neither side.
 */
export interface PlanOperations {
  /** x and, with a context, its rows; parameters those of all layers. */
  network: Operation<[x: Slot, context?: Slot], [y: Slot], NetworkSettings, Slot[]>;
  /** Begins to evaluate an autoregressive network rank by rank. */
  autoregressiveBegin: Operation<[context?: Slot], [], NetworkSettings & AutoregressiveStructure, Slot[]>;
  /** The outputs for the variables of one rank, given the values of those of the rank before, then the context, if there are any. */
  autoregressiveStep: Operation<Slot[], [y: Slot], { readonly rank: number }>;
  affine: ElementwiseMap<AffineSettings>;
  rationalQuadraticSpline: ElementwiseMap<SplineSettings>;
  /** An affine map, and then a spline with linear tails. */
  affineSpline: ElementwiseMap<
    Pick<SplineSettings, "bins" | "bound" | "inverse"> & { readonly affine: AffineForm; readonly spline: SplineForm }
  >;
  gaussianization: ElementwiseMap<GaussianizationSettings>;
  sumOfSquares: ElementwiseMap<SumOfSquaresSettings>;
  /** A spline for each column. */
  columnSpline: Operation<
    [value: Slot],
    [value: Slot, logDet: Slot],
    Direction & { readonly knots: number },
    [corners: Slot, logWidths: Slot, logHeights: Slot, logSlopes: Slot]
  >;
  /** Both triangles in one weight, whose diagonal is the raw scale `softplus(raw + offset) + smallest`. */
  luLinear: Operation<
    [value: Slot],
    [value: Slot, logDet: Slot],
    Direction & { readonly offset: number; readonly smallest: number },
    [weight: Slot, shift: Slot]
  >;
  /** The product with the exponential of `generator − generatorᵀ`. */
  rotation: Operation<[value: Slot], [value: Slot], Direction, [generator: Slot]>;
  /** `value ± shift`. */
  shift: Operation<[value: Slot, shift: Slot], [value: Slot], Direction>;
  /** `value·scale + shift` with a learned scale of each column. */
  learnedScale: Operation<
    [value: Slot],
    [value: Slot, logDet: Slot],
    Direction & { readonly scale: LearnedScale },
    [rawScale: Slot, shift: Slot]
  >;
  /** `value·scale + shift` with given numbers for each column. */
  constantScale: Operation<
    [value: Slot],
    [value: Slot, logDet: Slot],
    Direction & { readonly scale: readonly number[]; readonly shift: readonly number[] }
  >;
  /** The real line onto the side of a box, in each column. */
  boxConstraint: Operation<[value: Slot], [value: Slot, logSlopes: Slot], Direction & BoxSettings>;
  /** `sinh(δ (asinh value + ε))` in each column, or its inverse. */
  sinhArcsinh: Operation<
    [value: Slot],
    [value: Slot, logSlopes: Slot],
    Direction,
    [skewness: Slot, logTailWeight: Slot]
  >;
  /** Some columns, in any order. */
  columns: Operation<[x: Slot], [y: Slot], ColumnChoice>;
  /** x with some columns replaced by those of `part`. */
  replaceColumns: Operation<[x: Slot, part: Slot], [y: Slot], ColumnChoice>;
  /** Columns of a matrix that is filled in parts. */
  fillColumns: Operation<[part: Slot], [], ColumnChoice, [], [target: Slot]>;
  /** A parameter as each row. */
  parameterRows: Operation<[], [y: Slot], NoSettings, [row: Slot]>;
  /** The sum of all columns of all matrices. */
  sumColumns: Operation<Slot[], [y: Slot]>;
  /** `log Σ wₖ eᵃᵏ` of columns a; the weights are the softmax of a parameter, or given. */
  mixtureLogProb: Operation<Slot[], [y: Slot], { readonly logWeights?: readonly number[] }, [logits?: Slot]>;
  standardNormalLogProb: Operation<[x: Slot], [y: Slot]>;
  /** The rows of codes, one table after the other. */
  embedding: Operation<[codes: Slot], [y: Slot], EmbeddingSettings, [table: Slot]>;
  /** The log-probability of cells, `[rows, 5]`: code, log-weight, both ends of an interval, its width; see `cellLogProb`. */
  cellLogProb: Operation<[cells: Slot, head: Slot], [y: Slot], CellSettings>;
  bernoulliLogProb: Operation<[labels: Slot, logits: Slot], [y: Slot]>;
  studentTLogProb: Operation<
    [x: Slot],
    [y: Slot],
    { readonly degreesOfFreedom: number; readonly logConstant: number },
    [location: Slot, whitening: Slot]
  >;
  /** The log-density of a mixture of Gaussians, of which some features may be columns of a context. */
  gaussianMixture: Operation<[value: Slot, context?: Slot], [y: Slot], GaussianMixtureSettings, GaussianParameters>;
  /** `log Σ weight·density` over classes with mixtures of their own, whose weights are columns of the context. */
  gaussianMixturePerClass: Operation<
    [value: Slot, context: Slot],
    [y: Slot],
    GaussianMixtureSettings,
    GaussianParameters
  >;
}

/** The name of an operation. */
export type PlanOperation = keyof PlanOperations;

/** What an operation needs beside its matrices and parameters: plain data. */
export type PlanSettings<K extends PlanOperation> = PlanOperations[K]["settings"];

/** Something at each slot of a kind: arrays, for instance, at the inputs of an operation. */
export type AtSlots<Slots extends readonly unknown[], T> = { readonly [I in keyof Slots]: T };

/** One call of an operation. Matrices and parameters are given by their places in the plan. */
export interface PlanStepOf<K extends PlanOperation> {
  readonly op: K;
  readonly inputs: readonly number[];
  /** Of the matrices that it makes, then of those that it writes into. */
  readonly outputs: readonly number[];
  readonly parameters: readonly number[];
  readonly settings: PlanSettings<K>;
  /** The step whose working memory this one goes on with. */
  readonly continues?: number;
}

/** One call of any operation. */
export type PlanStep = { readonly [K in PlanOperation]: PlanStepOf<K> }[PlanOperation];

/** A list of calls over matrices, as plain data. */
export interface PlanData {
  /** Columns of each matrix. */
  readonly columns: readonly number[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly steps: readonly PlanStep[];
}
