import type { autoregressiveStructure, networkForm } from "./composite-operations.ts";
import type { Fields, FieldValues, GivenStep, OperationData, StepSizes } from "./operation-data.ts";
import { type affineForm, planOperations, type splineForm } from "./plan-operations.ts";

/** The name of an operation. */
export type PlanOperation = keyof typeof planOperations;

type DataOf<K extends PlanOperation> = (typeof planOperations)[K];

/** Settings of an operation in addition to its matrices and parameters: plain data. */
export type PlanSettings<K extends PlanOperation> =
  DataOf<K> extends infer D
    ? Extract<keyof D, "form" | "settings"> extends never
      ? Readonly<Record<string, never>>
      : FieldValues<
          (D extends { readonly form: infer F } ? F : unknown) &
            (D extends { readonly settings: infer S } ? S : unknown)
        >
    : never;

/** A place for each name. */
type Slots<Names> = Names extends readonly [infer Name, ...infer Rest]
  ? Name extends `...${string}`
    ? unknown[]
    : Name extends `${string}?`
      ? [unknown?, ...Slots<Rest>]
      : [unknown, ...Slots<Rest>]
  : [];

/** The matrices and parameters of each operation, by role; the reader determines the type of an entry. */
export type PlanOperations = {
  readonly [K in PlanOperation]: {
    readonly inputs: Slots<DataOf<K>["inputs"]>;
    /** Matrices that it makes. */
    readonly outputs: Slots<DataOf<K>["outputs"]>;
    readonly parameters: DataOf<K> extends { readonly parameters: infer P } ? Slots<P> : [];
    /** Matrices that it writes into, in part. */
    readonly into: DataOf<K> extends { readonly into: infer I } ? Slots<I> : [];
    /** Output matrices, then matrices it writes to. */
    readonly written: [
      ...Slots<DataOf<K>["outputs"]>,
      ...(DataOf<K> extends { readonly into: infer I } ? Slots<I> : []),
    ];
  };
};

/** Something at each slot of a kind: arrays, for instance, at the inputs of an operation. */
export type AtSlots<Slots extends readonly unknown[], T> = { readonly [I in keyof Slots]: T };

/** How an affine map gets its scale from raw numbers; `affine` in `planOperations` has the formulas. */
export type AffineForm = FieldValues<typeof affineForm>;
export type AffineSettings = PlanSettings<"affine">;
/** Map from a raw number to a scale. */
export type ScaleMap = AffineForm["scale"];
/** How the bins and slopes of a spline follow from raw numbers. */
export type SplineForm = FieldValues<typeof splineForm>;
export type SplineSettings = PlanSettings<"rationalQuadraticSpline">;
export type SplineTails = SplineSettings["tails"];
export type GaussianizationSettings = PlanSettings<"gaussianization">;
export type SumOfSquaresSettings = PlanSettings<"sumOfSquares">;
/** How a learned scale follows from its raw number: `e^raw`, or `softplus(raw + offset) + smallest`. */
export type LearnedScale = PlanSettings<"learnedScale">["scale"];
/** A box with finite or infinite bounds, and the sharpness of its bounds. */
export type BoxSettings = Omit<PlanSettings<"boxConstraint">, "inverse">;
export type FixedMapSettings = Omit<PlanSettings<"fixedMap">, "inverse">;
export type EmbeddingSettings = PlanSettings<"embedding">;
export type CellSettings = PlanSettings<"cellLogProb">;
export type GaussianMixtureSettings = PlanSettings<"gaussianMixture">;
export type NetworkSettings = FieldValues<typeof networkForm>;
/** A layer of a network in a plan: its sizes, and where its values are among the parameters of the step. */
export type PlannedLayer = NetworkSettings["layers"][number];
export type AutoregressiveStructure = FieldValues<typeof autoregressiveStructure>;
/** Nonlinearity between the layers of a network. */
export type Activation = NetworkSettings["activation"];
/**
 * Use of the context in a layer, by a linear map `c = context·contextWeight + contextBias`: added to the outputs (`"add"`),
 * added after the activation (`"activate"`), or as a factor of the outputs, σ(c) (`"gate"`).
 */
export type ContextUse = NonNullable<PlannedLayer["contextUse"]>;

/** Form of a network layer in addition to its linear map. */
export interface NetworkLayerForm {
  /** Default: `"add"`. */
  readonly contextUse?: ContextUse | undefined;
  /** The layer reads its input without the activation. */
  readonly raw?: boolean | undefined;
  /**
   * The layer closes a residual block that the previous layer opened: its output is added to the input of the previous
   * layer. An activation separates the two layers. Not for the last layer.
   */
  readonly adds?: boolean | undefined;
}

/**
 * One linear layer, `h·(weight ⊙ mask) + bias`, with a context term by `contextWeight ⊙ contextMask`. Its values are tensors,
 * parameters or arrays.
 */
export interface NetworkLayer<Values> extends NetworkLayerForm {
  /** `[in, out]`. */
  readonly weight: Values;
  /** `[out]`. */
  readonly bias?: Values | undefined;
  /** `[in, out]` of zeros and ones. */
  readonly mask?: Values | undefined;
  /** `[contextSize, out]`. */
  readonly contextWeight?: Values | undefined;
  /** `[contextSize, out]` of zeros and ones, only with a `contextWeight`. */
  readonly contextMask?: Values | undefined;
  /** `[out]`, only with a `contextWeight`. */
  readonly contextBias?: Values | undefined;
}

/** How a mixture of normals follows from raw numbers; see `gaussianization`. */
export interface GaussianizationForm {
  /** `"learned"`: each component has its own weight. `"equal"`: all weights are equal. Default: `"learned"`. */
  readonly weights: "learned" | "equal";
  /** Soft bound of log-scales, `limit·tanh(a/limit)`; 0 for no bound. Default: 5. */
  readonly limit: number;
  /** Initial distance of the components from 0, in standard deviations. Default: 1.5, which makes components different. */
  readonly spread: number;
  /**
   * Probabilities are taken to be in (ε/2, 1 − ε/2). Default: 0. Above 0 the map reaches only an interval, (−4.89, 4.89) for 1e-6.
   */
  readonly epsilon: number;
}

/** How the slope of a sum of squares follows from its parameters; see `sumOfSquares`. */
export interface SumOfSquaresForm {
  /** Factor of the mean of the squares. Default: 1 − `slope`. */
  readonly scale: number;
  /** The smallest slope. Default: 1e-3. */
  readonly slope: number;
  /** Constants c of the polynomials: all 1, or different values with a mean square of 1. Default: `"spread"`. */
  readonly constants: "spread" | "ones";
}

/** One call of an operation. Matrices and parameters are given by their places in the plan. */
export interface PlanStepOf<K extends PlanOperation> {
  readonly op: K;
  readonly inputs: readonly number[];
  /** Sizes of its output matrices, then of the matrices it writes to. */
  readonly outputs: readonly number[];
  readonly parameters: readonly number[];
  readonly settings: PlanSettings<K>;
  /** The operation with shared working memory. */
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

/** The data of each operation, for generic code. The compiler checks the sizes against the settings. */
export const operationData: { readonly [K in PlanOperation]: OperationData<PlanSettings<K>> } = planOperations;

/** Returns `true` if an operation is differentiable. */
export function hasGradient(op: PlanOperation): boolean {
  return operationData[op].hasGradient !== false;
}

/** The settings that steps of an operation have. */
export function settingsOf(op: PlanOperation): Fields {
  const { form, settings } = operationData[op];
  return { ...form, ...settings };
}

/**
 * The sizes of an operation with valid inputs, parameters, columns and settings.
 *
 * @param step the operation; if incomplete, `outputs` has only the matrices it writes to.
 */
export function checkedSizes(op: PlanOperation, step: Omit<GivenStep, "n">): StepSizes {
  const { inputs: names, into, sizes: sizesOf } = operationData[op] as OperationData;
  const { inputs, outputs, parameters, fail } = step;
  if (inputs.length === 0 && /^\w+$/.test(names[0] ?? "")) fail("an input", "none");
  for (const [name, field] of Object.entries(settingsOf(op))) {
    if (typeof field !== "object" || !("places" in field || "each" in field)) continue;
    const list = (step.settings as { readonly [name: string]: readonly number[] })[name] ?? [];
    const matrix = "places" in field ? field.places : field.each;
    const input = names.findIndex((known) => known.replace("?", "") === matrix);
    const columns = (into?.includes(matrix) ? outputs.at(-1) : inputs[input]) ?? 0;
    if ("each" in field && list.length !== columns) fail(`${columns} numbers as ${name}`, `${list.length}`);
    const wrong =
      "places" in field && list.find((place) => !(Number.isInteger(place) && place >= 0 && place < columns));
    if (wrong !== false && wrong !== undefined) fail(`${name} from 0 to ${columns - 1}`, `${wrong}`);
  }
  const sizes = sizesOf({ ...step, n: inputs[0] ?? 0 } as GivenStep<never>);
  expectSizes("columns of inputs", inputs, sizes.inputs, fail);
  expectSizes("sizes of parameters", parameters, sizes.parameters ?? [], fail);
  return sizes;
}

/** Refuses other sizes than there must be. */
export function expectSizes(
  what: string,
  got: readonly number[],
  expected: readonly number[],
  fail: GivenStep["fail"],
): void {
  if (got.length === expected.length && got.every((size, i) => size === expected[i])) return;
  fail(`${what} [${expected.join(", ")}]`, `[${got.join(", ")}]`);
}

/**
 * Sampling of a distribution as data: the random numbers from a key, and the plans applied to these numbers. Each kind draws
 * the same numbers from a key as the method `sample` of its distribution. `P` is a parameter and `L` a plan: of a model, or an
 * index in a file.
 */
export type RecipeOf<P, L> =
  | NormalRecipe
  | GaussianMixtureRecipe<P>
  | StudentTRecipe<P>
  | MixtureRecipe<P, L>
  | PushedRecipe<P, L>;

/** Independent standard normals. */
export interface NormalRecipe {
  readonly kind: "normal";
  readonly columns: number;
}

/** A Gaussian mixture; the arrays equal the arrays of the operation `gaussianMixture`. */
export interface GaussianMixtureRecipe<P> {
  readonly kind: "gaussianMixture";
  readonly columns: number;
  readonly components: number;
  readonly logits: P;
  readonly mean: P;
  readonly whitening: P;
  readonly correction?: { readonly logDiagonal: P; readonly offDiagonal: P; readonly shift: P };
}

/** A multivariate Student-t; the arrays equal the arrays of the operation `studentTLogProb`. */
export interface StudentTRecipe<P> {
  readonly kind: "studentT";
  readonly columns: number;
  readonly degreesOfFreedom: number;
  readonly location: P;
  readonly whitening: P;
}

/** A mixture: one distribution per row; the weights are numbers, or the softmax of a parameter. */
export interface MixtureRecipe<P, L> {
  readonly kind: "mixture";
  readonly columns: number;
  readonly weights: readonly number[] | P;
  readonly components: readonly RecipeOf<P, L>[];
}

/** Base samples through a plan, which also reads the context if it has two inputs. */
export interface PushedRecipe<P, L> {
  readonly kind: "pushed";
  readonly columns: number;
  readonly base: RecipeOf<P, L>;
  readonly plan: L;
}
