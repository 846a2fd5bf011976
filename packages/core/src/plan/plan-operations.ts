import {
  autoregressiveSizes,
  autoregressiveStructure,
  type EmbeddingTables,
  gaussianMixtureForm,
  gaussianMixturePerClassSizes,
  gaussianMixtureSizes,
  networkForm,
  networkSizes,
  rankSizes,
} from "./composite-operations.ts";
import type { GivenStep, StepSizes } from "./operation-data.ts";

/** How the scale of an affine map follows from a raw number r. */
export const affineForm = {
  /** `e^(limit·tanh(r/limit))`, `e^(r/(1 + |r|/limit))`, `softplus(r + offset) + least` or `sigmoid(r + offset) + least`. */
  scale: ["tanh", "clip", "softplus", "sigmoid"],
  limit: "number",
  offset: "number",
  least: "number",
} as const;

/** How the bins and slopes of a spline follow from raw numbers r. */
export const splineForm = {
  /** Bins are `minBin + (1 − minBin·bins)·softmax(clip(softmaxScale·r))` of the box, `clip(u) = u/(1 + |u|/softmaxLimit)`. */
  softmaxScale: "number",
  /** 0 for no clipping. */
  softmaxLimit: "number",
  minBin: "number",
  /** Slopes are `e^(r/(1 + |r|/slopeLimit))`, or where this is 0 `minSlope + softplus(r + slopeOffset)`. */
  slopeLimit: "number",
  slopeOffset: "number",
  minSlope: "number",
} as const;

/**
 * Operations of plans, as data. This data determines the types of `PlanBuilder.add` and of the kernels in
 * `@pushforward/kernels`, the matrix sizes that the builder assigns, and the checks of a plan in a file.
 */
export const planOperations = {
  /** x and, with a context, its rows; parameters of all layers. */
  network: {
    inputs: ["x", "context?"],
    outputs: ["y"],
    parameters: ["...values"],
    form: networkForm as typeof networkForm,
    sizes: networkSizes as typeof networkSizes,
  },
  /** Begins to evaluate an autoregressive network rank by rank. */
  autoregressiveBegin: {
    inputs: ["context?"],
    outputs: [],
    parameters: ["...values"],
    form: networkForm as typeof networkForm,
    settings: autoregressiveStructure as typeof autoregressiveStructure,
    hasGradient: false,
    sizes: autoregressiveSizes as typeof autoregressiveSizes,
  },
  /** Outputs for the variables of one rank, given the values of the previous rank, then the context, if present. */
  autoregressiveStep: {
    inputs: ["...given"],
    outputs: ["y"],
    settings: { rank: { count: { min: 0 } } },
    hasGradient: false,
    sizes: rankSizes as typeof rankSizes,
  },
  /**
   * An affine map, `y = x·scale + t`, or its inverse. The parameters of a value column are adjacent, here and below.
   */
  affine: {
    inputs: ["value", "parameters"],
    outputs: ["value", "logSlopes"],
    form: affineForm as typeof affineForm,
    settings: { inverse: "boolean" },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n, 2 * n], outputs: [n, n] }),
  },
  /** A rational-quadratic spline on `[−bound, bound]²`, or its inverse. */
  rationalQuadraticSpline: {
    inputs: ["value", "parameters"],
    outputs: ["value", "logSlopes"],
    form: splineForm as typeof splineForm,
    settings: {
      bins: "count",
      bound: "number",
      /** Continuation outside the box: identity, or lines with the end slopes, which are then free. */
      tails: ["identity", "linear"],
      inverse: "boolean",
    },
    sizes: ({ n, settings }: GivenStep<{ readonly bins: number; readonly tails: string }>): StepSizes => {
      const count = 3 * settings.bins + (settings.tails === "linear" ? 1 : -1);
      return { inputs: [n, n * count], outputs: [n, n] };
    },
  },
  /** An affine map, and then a spline with linear tails. */
  affineSpline: {
    inputs: ["value", "parameters"],
    outputs: ["value", "logSlopes"],
    settings: {
      bins: "count",
      bound: "number",
      inverse: "boolean",
      affine: { fields: affineForm as typeof affineForm },
      spline: { fields: splineForm as typeof splineForm },
    },
    sizes: ({ n, settings: { bins } }: GivenStep<{ readonly bins: number }>): StepSizes => ({
      inputs: [n, n * (3 * bins + 3)],
      outputs: [n, n],
    }),
  },
  /** A map that makes a mixture of normals normal, `Φ⁻¹(Σ w Φ(e^a·x + b))`; see `GaussianizationForm`. */
  gaussianization: {
    inputs: ["value", "parameters"],
    outputs: ["value", "logSlopes"],
    settings: {
      components: "count",
      weights: ["learned", "equal"],
      limit: "number",
      spread: "number",
      epsilon: "number",
    },
    sizes: ({ n, settings }: GivenStep<{ readonly components: number; readonly weights: string }>): StepSizes => {
      const count = (settings.weights === "learned" ? 3 : 2) * settings.components;
      return { inputs: [n, n * count], outputs: [n, n] };
    },
  },
  /** The integral of a mean of squared polynomials on [−bound, bound], and straight lines outside; see `SumOfSquaresForm`. */
  sumOfSquares: {
    inputs: ["value", "parameters"],
    outputs: ["value", "logSlopes"],
    settings: {
      scale: "number",
      slope: "number",
      constants: ["spread", "ones"],
      polynomials: { count: { max: 1024 } },
      degree: { count: { min: 0, max: 1024 } },
      bound: "number",
      /** The unit in which the polynomials take x. */
      unit: "number",
    },
    sizes: ({ n, settings }: GivenStep<{ readonly polynomials: number; readonly degree: number }>): StepSizes => ({
      inputs: [n, n * (settings.polynomials * (settings.degree + 1) + 1)],
      outputs: [n, n],
    }),
  },
  /** A spline for each column. */
  columnSpline: {
    inputs: ["value"],
    outputs: ["value", "logDet"],
    parameters: ["corners", "logWidths", "logHeights", "logSlopes"],
    settings: { inverse: "boolean", knots: { count: { min: 2 } } },
    sizes: ({ n, settings: { knots } }: GivenStep<{ readonly knots: number }>): StepSizes => ({
      inputs: [n],
      outputs: [n, 1],
      parameters: [2 * n, n * (knots - 1), n * (knots - 1), n * knots],
    }),
  },
  /** Both triangles in a single weight matrix. The diagonal is the raw scale, `softplus(raw + offset) + smallest`. */
  luLinear: {
    inputs: ["value"],
    outputs: ["value", "logDet"],
    parameters: ["weight", "shift"],
    settings: { inverse: "boolean", offset: "number", smallest: "number" },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n], outputs: [n, 1], parameters: [n * n, n] }),
  },
  /** The product with the exponential of `generator − generatorᵀ`. */
  rotation: {
    inputs: ["value"],
    outputs: ["value"],
    parameters: ["generator"],
    settings: { inverse: "boolean" },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n], outputs: [n], parameters: [n * n] }),
  },
  /** `value ± shift`. */
  shift: {
    inputs: ["value", "shift"],
    outputs: ["value"],
    settings: { inverse: "boolean" },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n, n], outputs: [n] }),
  },
  /** `value·scale + shift` with a learned scale of each column: `e^raw`, or `softplus(raw + offset) + smallest`. */
  learnedScale: {
    inputs: ["value"],
    outputs: ["value", "logDet"],
    parameters: ["rawScale", "shift"],
    settings: { inverse: "boolean", scale: { either: "exp", or: { offset: "number", smallest: "number" } } },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n], outputs: [n, 1], parameters: [n, n] }),
  },
  /** `value·scale + shift` with given numbers for each column. */
  constantScale: {
    inputs: ["value"],
    outputs: ["value", "logDet"],
    settings: { inverse: "boolean", scale: { each: "value" }, shift: { each: "value" } },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n], outputs: [n, 1] }),
  },
  /**
   * Maps the real line onto a side of a box, in each column. The bounds of the box may be infinite. The sharpness of
   * the bounds is a setting.
   */
  boxConstraint: {
    inputs: ["value"],
    outputs: ["value", "logSlopes"],
    settings: {
      inverse: "boolean",
      low: { each: "value", isInfinite: true },
      high: { each: "value", isInfinite: true },
      sharpness: { number: { min: 0 } },
    },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n], outputs: [n, n] }),
  },
  /** `bound·f(value/bound)` for a function f without parameters, or its inverse: `log(1 + eᵛ)`, `tanh v` or `v/(1 + |v|)`. */
  fixedMap: {
    inputs: ["value"],
    outputs: ["value", "logSlopes"],
    settings: {
      inverse: "boolean",
      map: ["softplus", "tanh", "softClip"],
      bound: { number: { min: 1e-38 } },
    },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n], outputs: [n, n] }),
  },
  /** `sinh(δ (asinh value + ε))` in each column, or its inverse. */
  sinhArcsinh: {
    inputs: ["value"],
    outputs: ["value", "logSlopes"],
    parameters: ["skewness", "logTailWeight"],
    settings: { inverse: "boolean" },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n], outputs: [n, n], parameters: [n, n] }),
  },
  /** Some columns, in any order. */
  columns: {
    inputs: ["x"],
    outputs: ["y"],
    settings: { columns: { places: "x" } },
    sizes: ({ n, settings }: GivenStep<{ readonly columns: readonly number[] }>): StepSizes => ({
      inputs: [n],
      outputs: [settings.columns.length],
    }),
  },
  /** x with some columns replaced by the columns of `part`. */
  replaceColumns: {
    inputs: ["x", "part"],
    outputs: ["y"],
    settings: { columns: { places: "x" } },
    sizes: ({ n, settings }: GivenStep<{ readonly columns: readonly number[] }>): StepSizes => ({
      inputs: [n, settings.columns.length],
      outputs: [n],
    }),
  },
  /** Columns of a matrix that is filled in parts. */
  fillColumns: {
    inputs: ["part"],
    outputs: [],
    into: ["target"],
    settings: { columns: { places: "target" } },
    hasGradient: false,
    sizes: ({ outputs, settings, fail }: GivenStep<{ readonly columns: readonly number[] }>): StepSizes => ({
      inputs: [settings.columns.length],
      outputs: [outputs[0] ?? fail("a matrix to write into", "none")],
    }),
  },
  /** A parameter as each row. */
  parameterRows: {
    inputs: [],
    outputs: ["y"],
    parameters: ["row"],
    sizes: ({ parameters, fail }: GivenStep): StepSizes => {
      const size = parameters[0] ?? fail("a parameter", "none");
      return { inputs: [], outputs: [size], parameters: [size] };
    },
  },
  /** The sum of all columns of all matrices; 0 without any, except in a file. */
  sumColumns: {
    inputs: ["...x"],
    outputs: ["y"],
    sizes: ({ inputs }: GivenStep): StepSizes => ({ inputs, outputs: [1] }),
  },
  /** `log Σ wₖ eᵃᵏ` of columns a; the weights are the softmax of a parameter, or given. */
  mixtureLogProb: {
    inputs: ["...a"],
    outputs: ["y"],
    parameters: ["logits?"],
    settings: { logWeights: { optional: { list: "number" } } },
    sizes: (step: GivenStep<{ readonly logWeights?: readonly number[] | undefined }>): StepSizes => {
      const { inputs, parameters, settings, fail } = step;
      const count = inputs.length;
      if (count === 0) fail("an input", "none");
      const isLearned = parameters.length > 0;
      const given = settings.logWeights?.length;
      if (given !== (isLearned ? undefined : count)) fail(`${isLearned ? "no" : count} weights`, `${given}`);
      return { inputs: inputs.map(() => 1), outputs: [1], ...(isLearned && { parameters: [count] }) };
    },
  },
  standardNormalLogProb: {
    inputs: ["x"],
    outputs: ["y"],
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n], outputs: [1] }),
  },
  /**
   * Table rows of the codes, one table after the other. The settings give the number of codes of each column and the
   * width of its rows.
   */
  embedding: {
    inputs: ["codes"],
    outputs: ["y"],
    parameters: ["table"],
    settings: { tables: { list: { fields: { codes: "count", width: "count" } } } },
    sizes: ({ settings: { tables } }: GivenStep<EmbeddingTables>): StepSizes => ({
      inputs: [tables.length],
      outputs: [tables.reduce((sum, { width }) => sum + width, 0)],
      parameters: [tables.reduce((sum, { codes, width }) => sum + codes * width, 0)],
    }),
  },
  /**
   * The log-probability of cells, `[rows, 5]`: code, log-weight, both ends of an interval, its width; see
   * `cellLogProb`. The head has the logits of the codes. With components, it also has a mixture of logistics: logits,
   * means and log-scales for all components, and the last code is the mixture.
   */
  cellLogProb: {
    inputs: ["cells", "head"],
    outputs: ["y"],
    settings: { codes: "count", components: { count: { min: 0 } } },
    sizes: ({ settings }: GivenStep<{ readonly codes: number; readonly components: number }>): StepSizes => ({
      inputs: [5, settings.codes + 3 * settings.components],
      outputs: [1],
    }),
  },
  bernoulliLogProb: {
    inputs: ["labels", "logits"],
    outputs: ["y"],
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n, n], outputs: [1] }),
  },
  studentTLogProb: {
    inputs: ["x"],
    outputs: ["y"],
    parameters: ["location", "whitening"],
    settings: { degreesOfFreedom: { number: { min: 1e-6 } }, logConstant: "number" },
    sizes: ({ n }: GivenStep): StepSizes => ({ inputs: [n], outputs: [1], parameters: [n, n * n] }),
  },
  /** The log-density of a mixture of Gaussians. Some of its features may be columns of a context. */
  gaussianMixture: {
    inputs: ["value", "context?"],
    outputs: ["y"],
    parameters: ["logits", "mean", "whitening", "logDiagonal?", "offDiagonal?", "shift?"],
    form: gaussianMixtureForm as typeof gaussianMixtureForm,
    sizes: gaussianMixtureSizes as typeof gaussianMixtureSizes,
  },
  /**
   * `log Σ weight·density` over classes, each with its own mixture. The weights of the classes are columns of the
   * context.
   */
  gaussianMixturePerClass: {
    inputs: ["value", "context"],
    outputs: ["y"],
    parameters: ["logits", "mean", "whitening", "logDiagonal?", "offDiagonal?", "shift?"],
    form: gaussianMixtureForm as typeof gaussianMixtureForm,
    sizes: gaussianMixturePerClassSizes as typeof gaussianMixturePerClassSizes,
  },
} as const;
