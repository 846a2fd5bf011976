import type { AdamSettings, AffineSettings, SplineSettings } from "@pushforward/core";
import type { Nonlinearity } from "./activation.ts";

/** Sizes of one linear layer. */
export interface LinearSizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Sizes of a product of parts of matrices, how far apart the rows of each matrix are, and where the parts begin in their
 * arrays, by default 0, in numbers.
 */
export interface LinearPartSizes {
  readonly batch: number;
  readonly depth: number;
  readonly columns: number;
  readonly xStart?: number;
  readonly xStride: number;
  readonly weightStart?: number;
  readonly weightStride: number;
  readonly biasStart?: number;
  readonly yStart?: number;
  readonly yStride: number;
}

/** The same for a part that is copied. */
export interface CopyPartSizes {
  readonly rows: number;
  readonly columns: number;
  readonly fromStart?: number;
  readonly fromStride: number;
  readonly toStart?: number;
  readonly toStride: number;
}

/** One linear layer, `x·(weight ⊙ mask) + bias`; matrices are row-major `[inputs, outputs]`. */
export interface LinearLayer {
  readonly weight: Float32Array;
  /** Zeros and ones. */
  readonly mask?: Float32Array | undefined;
  /** Of the mask, from {@link linearRanges}; without them the kernels search the mask in each call. */
  readonly ranges?: Int32Array | undefined;
  readonly bias?: Float32Array | undefined;
}

/** What a product does with its sums: 0 where `gate` is not positive, plus the old values, then relu. */
export interface LinearFinish {
  readonly gate?: Float32Array | undefined;
  readonly accumulate?: boolean;
  readonly relu?: boolean;
}

/** How far apart the parameters of elements are. */
interface Strided {
  /** Numbers from the parameters of one element to those of the next. Default: as many as they are. */
  readonly stride?: number;
}

/** The spline of one call. */
export type StridedSpline = SplineSettings & Strided;

/** The affine map of one call. */
export type StridedAffine = AffineSettings & Strided;

/** The sinh-arcsinh map of each column, `sinh(δ (asinh x + ε))`, or its inverse. */
export interface SinhArcsinhMap {
  /** ε, `[columns]`. */
  readonly skewness: Float32Array;
  /** log δ, `[columns]`. */
  readonly logTailWeight: Float32Array;
  readonly inverse: boolean;
}

/** Where the gradients of a sinh-arcsinh map go; those that are absent are not written. */
export interface SinhArcsinhGradients {
  readonly x?: Float32Array | undefined;
  readonly skewness?: Float32Array | undefined;
  readonly logTailWeight?: Float32Array | undefined;
}

/** Sizes of a mixture of Gaussians. */
export interface MixtureSizes {
  readonly components: number;
  readonly features: number;
  /** How many features, the first, the density of the others is conditioned on; 0: it is that of all. */
  readonly given: number;
}

/** What the weights of a mixture are made of, `V = A·W`, lower triangular; without `diagonal`, A is the identity. */
export interface MixtureFactors {
  /** W, `[components, features, features]`; only its lower triangle counts. */
  readonly whitening: Float32Array;
  /** That of A, `[components, features]`. */
  readonly diagonal?: Float32Array | undefined;
  /** What A has below its diagonal, `[components, features, features]`. */
  readonly offDiagonal?: Float32Array | undefined;
}

/** A mixture of Gaussians, `z = V·(x − mean) + shift`. */
export interface MixtureArrays {
  /** `[components, features]`. */
  readonly mean: Float32Array;
  /** `[components, features]`. Default: 0. */
  readonly shift?: Float32Array | undefined;
  /** V, as {@link Kernels.mixtureWeights} lays it out. */
  readonly weights: Float32Array;
  /** The logarithm of what a component's exponential is multiplied by, `[components]`. */
  readonly offsets: Float32Array;
  /** The same for the gates, where features are given. */
  readonly gateOffsets?: Float32Array | undefined;
}

/** Where the gradients of a mixture go; those that are absent are not computed. */
export interface MixtureGradients {
  readonly x?: Float32Array | undefined;
  readonly offsets: Float32Array;
  /** Where features are given. */
  readonly gateOffsets?: Float32Array | undefined;
  /** These two together. */
  readonly shift?: Float32Array | undefined;
  readonly weights?: Float32Array | undefined;
}

/**
 * The arithmetic of flows on arrays of the caller. No kernel allocates; arrays are outputs where they are called y, h, d…
 * or `out`. There are two sets: WebAssembly, whose arrays must be views of its memory, and scalar TypeScript.
 *
 * Scratch holds {@link linearScratchSize}, {@link splineScratchSize}, {@link sinhArcsinhScratchSize},
 * {@link mixtureScratchSize} or {@link NORMALS_SCRATCH_SIZE} numbers.
 */
export interface Kernels {
  /** y `[batch, outputs]` of x `[batch, inputs]`. */
  linearForward(
    x: Float32Array,
    layer: LinearLayer,
    y: Float32Array,
    sizes: LinearSizes,
    scratch: Float32Array,
    finish?: Omit<LinearFinish, "gate">,
  ): void;
  /** `dx = dy·(weight ⊙ mask)ᵀ`; the gate is laid out like dx. */
  linearInputGradient(
    dy: Float32Array,
    layer: LinearLayer,
    dx: Float32Array,
    sizes: LinearSizes,
    scratch: Float32Array,
    finish?: Omit<LinearFinish, "relu">,
  ): void;
  /**
   * `y = x·weight + bias` of parts of matrices: x `[batch, depth]`, weight `[depth, columns]`, y `[batch, columns]`.
   */
  linearPart(
    x: Float32Array,
    weight: Float32Array,
    bias: Float32Array | undefined,
    y: Float32Array,
    sizes: LinearPartSizes,
    scratch: Float32Array,
    finish?: Omit<LinearFinish, "gate">,
  ): void;
  /** `dWeight = (xᵀ·dy) ⊙ mask`, `dBias = Σ dy`; `ranges` are those of the mask. */
  linearWeightGradient(
    x: Float32Array,
    dy: Float32Array,
    mask: Float32Array | undefined,
    dWeight: Float32Array,
    dBias: Float32Array | undefined,
    sizes: LinearSizes,
    scratch: Float32Array,
    ranges?: Int32Array,
  ): void;
  /** `h = act(z)`; h may be z. */
  activate(z: Float32Array, h: Float32Array, activation: Nonlinearity): void;
  /** `dz = dh ⊙ act′ (+ dz)`; `saved` is act(z), for silu z; dz may be dh. */
  activateGradient(
    saved: Float32Array,
    dh: Float32Array,
    dz: Float32Array,
    activation: Nonlinearity,
    accumulate?: boolean,
  ): void;
  /**
   * y and log dy/dx of x `[count]`, or x and log dx/dy of y with `inverse`; parameters `[count, 3·bins − 1]`, with linear
   * tails `[count, 3·bins + 1]`. What the gradient need not find out again is left in `saved`, where that is given.
   */
  splineForward(
    x: Float32Array,
    parameters: Float32Array,
    y: Float32Array,
    logDet: Float32Array,
    settings: StridedSpline,
    scratch: Float32Array,
    saved?: Float32Array,
  ): void;
  /**
   * The gradients of x and of the parameters, which have one stride; `saved` is from the forward pass of the same x and
   * parameters.
   */
  splineGradient(
    x: Float32Array,
    parameters: Float32Array,
    dValue: Float32Array,
    dLogDet: Float32Array,
    dx: Float32Array,
    dParameters: Float32Array,
    settings: StridedSpline,
    scratch: Float32Array,
    saved?: Float32Array,
  ): void;
  /** `y = x·eᵃ + t` and a; or the inverse; parameters `[count, 2]` hold t and what eᵃ is made of, by the form. */
  affineForward(
    x: Float32Array,
    parameters: Float32Array,
    y: Float32Array,
    logDet: Float32Array,
    settings: StridedAffine,
  ): void;
  /** The gradients of x and of the parameters, which have one stride. */
  affineGradient(
    x: Float32Array,
    parameters: Float32Array,
    dValue: Float32Array,
    dLogDet: Float32Array,
    dx: Float32Array,
    dParameters: Float32Array,
    settings: StridedAffine,
  ): void;
  /** y and log dy/dx of x `[rows, columns]`. */
  sinhArcsinhForward(
    x: Float32Array,
    map: SinhArcsinhMap,
    y: Float32Array,
    logSlopes: Float32Array,
    scratch: Float32Array,
  ): void;
  /** The gradients of x and of the parameters, after {@link sinhArcsinhForward}, whose y it reads. */
  sinhArcsinhGradient(
    x: Float32Array,
    y: Float32Array,
    map: SinhArcsinhMap,
    dValue: Float32Array,
    dLogSlopes: Float32Array,
    gradients: SinhArcsinhGradients,
    scratch: Float32Array,
  ): void;
  /** The triangles of all components, {@link mixtureWeightsSize} numbers. */
  mixtureWeights(factors: MixtureFactors, weights: Float32Array, sizes: MixtureSizes, scratch: Float32Array): void;
  /** The gradients of diagonal and offDiagonal from those of the triangles. */
  mixtureWeightsGradient(
    factors: MixtureFactors,
    dWeights: Float32Array,
    dDiagonal: Float32Array,
    dOffDiagonal: Float32Array,
    sizes: MixtureSizes,
    scratch: Float32Array,
  ): void;
  /**
   * `out = log Σ exp(offset − |z|²/2)` over the components, of x `[rows, features]`, where `out` has the rows. With given
   * features it is `log Σ g·exp(offset − |z of the others|²/2)`, g the softmax of `gateOffset − |z of the given|²/2`.
   *
   * @param shares what the gradient needs, {@link mixtureSharesSize} numbers.
   */
  mixtureForward(
    x: Float32Array,
    mixture: MixtureArrays,
    out: Float32Array,
    shares: Float32Array | undefined,
    sizes: MixtureSizes,
    scratch: Float32Array,
  ): void;
  /**
   * The gradients of `Σ d·out`, after {@link mixtureForward} of the same x, whose shares it reads. A component whose share of
   * a row is below 1e-14 gets none from it.
   */
  mixtureGradient(
    x: Float32Array,
    mixture: MixtureArrays,
    shares: Float32Array,
    d: Float32Array,
    gradients: MixtureGradients,
    sizes: MixtureSizes,
    scratch: Float32Array,
  ): void;
  /** `−½ Σ x² − (n/2)·log 2π` of x `[rows, n]`, where `out` has the rows. */
  normalLogProb(x: Float32Array, out: Float32Array): void;
  /** `dx = −x·d` with the d of its row. */
  normalLogProbGradient(x: Float32Array, d: Float32Array, dx: Float32Array): void;
  /** `to = from`, or `to += from`, of parts of matrices `[rows, columns]`. */
  copyPart(from: Float32Array, to: Float32Array, sizes: CopyPartSizes, accumulate?: boolean): void;
  /** `to[r, k] = from[r, columns[k]]`; `to` `[rows, columns]` tells the number of rows. */
  gatherColumns(from: Float32Array, columns: Int32Array, to: Float32Array): void;
  /** `to[r, columns[k]] = from[r, k] (+ to)`, of `to` `[rows, width]`; zeros where `from` is absent. */
  scatterColumns(
    from: Float32Array | undefined,
    columns: Int32Array,
    to: Float32Array,
    width: number,
    accumulate?: boolean,
  ): void;
  /** The sum in float64 of all columns of some matrices, where `to` has the rows; scratch has twice as many numbers. */
  sumColumns(matrices: readonly Float32Array[], to: Float32Array, scratch: Float32Array): void;
  /** Each number as all columns of its row. */
  spreadColumns(from: Float32Array, to: Float32Array): void;
  /** The sums of the columns in float64, where `to` has the columns. */
  sumRows(from: Float32Array, to: Float32Array): void;
  /** One row as each row of `to`; it may be the first of them. */
  repeatRow(row: Float32Array, to: Float32Array): void;
  /** Each row less one row. */
  subtractRow(from: Float32Array, row: Float32Array, to: Float32Array): void;
  /** `to = from`. */
  copy(from: Float32Array, to: Float32Array): void;
  /** `to = 0`. */
  clear(to: Float32Array): void;
  /** `to += values`. */
  add(values: Float32Array, to: Float32Array): void;
  /** `to = values ⊙ factors`; to may be either. */
  multiply(values: Float32Array, factors: Float32Array, to: Float32Array): void;
  /**
   * What dropout multiplies by: 0 where 16 bits of a key are below the rate, and 1/(1 − rate) elsewhere; the rate is
   * rounded to a multiple of 2⁻¹⁶. The key has the words k0 and k1. A block of its draws is for four numbers; the first
   * of them is `firstBlock`. Scratch holds 16 numbers.
   */
  dropoutMask(k0: number, k1: number, firstBlock: number, rate: number, out: Float32Array, scratch: Float32Array): void;
  /** Absent where a call costs nothing beside what it computes. */
  recorder?(): KernelRecorder;
}

/** Calls of kernels that are written down, with the addresses of their arrays, to be made again and again. */
export interface KernelRecorder {
  /** Kernels that compute nothing within {@link record}, and may be used nowhere else. */
  readonly kernels: Kernels;
  /** What makes the calls of `body`, which itself must do nothing but call kernels. */
  record(body: () => void): () => void;
}

/**
 * What only WebAssembly has. In TypeScript, Adam and averages are in `@pushforward/ops` and the draws are those of the key
 * in `@pushforward/core`; here they come out with the same bits.
 */
export interface WasmKernels extends Kernels {
  /** The sum of squares, in float64. */
  squaredNorm(values: Float32Array): number;
  /** One step of Adam; `next` may be `values`. False when a new value is not finite; the moments have moved all the same. */
  adamStep(
    values: Float32Array,
    gradient: Float32Array,
    first: Float32Array,
    second: Float32Array,
    next: Float32Array,
    settings: AdamSettings,
  ): boolean;
  /** `average ← decay·average + (1 − decay)·values` for the averages from `start` on. */
  moveAverage(averages: Float32Array, start: number, values: Float32Array, decay: number): void;
  /** The normal draws of a key of two words, from draw `2·firstBlock` on. */
  normals(key: readonly [number, number], firstBlock: number, out: Float32Array, scratch: Float32Array): void;
}

/** How 16 bits decide what dropout multiplies by: 0 below the limit, and what the others are. */
export function dropoutValues(rate: number): { readonly limit: number; readonly kept: number } {
  const limit = Math.min(Math.round(rate * 2 ** 16), 2 ** 16 - 1);
  return { limit, kept: 2 ** 16 / (2 ** 16 - limit) };
}

/** Scratch of the normal draws, in numbers. */
export const NORMALS_SCRATCH_SIZE = 2052;

/** Rows of a batch that one pass of the weight gradient takes. */
const CHUNK = 256;

/** Scratch of the linear kernels, in numbers; for a part, inputs and outputs are its depth and columns. */
export function linearScratchSize({ batch, inputs, outputs }: LinearSizes): number {
  const [left, right] = [Math.ceil(inputs / 8), Math.ceil(outputs / 8)];
  const chunk = Math.min(batch, CHUNK);
  return Math.max(
    right * (8 * inputs + 4),
    left * (8 * outputs + 4),
    right * (8 * chunk + 20) + Math.ceil(inputs / 4) * (4 * chunk + 16),
    left * (8 * chunk + 16) + 4 * (chunk + inputs),
  );
}

/** How many parameters an element of a spline has. */
export function splineParameterCount({ bins, tails }: Pick<SplineSettings, "bins" | "tails">): number {
  return tails === "linear" ? 3 * bins + 1 : 3 * bins - 1;
}

/** Scratch of the spline and of its gradient, in numbers. */
export function splineScratchSize(bins: number): number {
  return 960 + 128 * bins;
}

/** What the forward pass of a spline may leave for the backward pass, in numbers. */
export function splineSavedSize(count: number, bins: number): number {
  return Math.ceil(count / 4) * (128 + 8 * bins);
}

/** Scratch of the sinh-arcsinh map and of its gradient, in numbers. */
export function sinhArcsinhScratchSize(columns: number): number {
  return 28 * columns;
}

/** The triangles of a mixture, in numbers: those that are stored are of whole tiles of four by four. */
export function mixtureWeightsSize({ components, features }: MixtureSizes): number {
  return components * triangleSize(features);
}

function triangleSize(features: number): number {
  const tiles = Math.ceil(features / 4);
  return 8 * tiles * (tiles + 1);
}

/** What the forward pass of a mixture leaves for the backward pass, in numbers. */
export function mixtureSharesSize({ components, given }: MixtureSizes, rows: number): number {
  return Math.ceil(rows / 8) * 8 * components * (given > 0 ? 2 : 1);
}

/** Scratch of the mixture kernels, in numbers. */
export function mixtureScratchSize(sizes: MixtureSizes): number {
  const { features } = sizes;
  const tiles = Math.ceil(features / 4);
  return Math.max(
    2 * triangleSize(features),
    96 * tiles + mixtureSharesSize(sizes, 8),
    192 + 64 * features + 544 * (tiles + 1),
  );
}
