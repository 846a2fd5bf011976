import type { Activation } from "./activation.ts";

/** Sizes of one linear layer. */
export interface LinearSizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** Sizes of a product of parts of matrices, and how far apart the rows of each matrix are, in numbers. */
export interface LinearPartSizes {
  readonly batch: number;
  readonly depth: number;
  readonly columns: number;
  readonly xStride: number;
  readonly weightStride: number;
  readonly yStride: number;
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

/** The spline of one call. */
export interface SplineSettings {
  readonly bins: number;
  readonly bound: number;
  readonly inverse: boolean;
}

/** The numbers of one step of Adam. */
export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** What the parameters are multiplied by first: `1 − rate · decay`. */
  readonly keep: number;
  /** `rate / (1 − β₁ᵗ)`. */
  readonly stepSize: number;
  /** `1 / √(1 − β₂ᵗ)`. */
  readonly rootScale: number;
  /** What the gradient is multiplied by first. */
  readonly scale: number;
  /** Below this a mean, and a mean square, becomes 0. */
  readonly floor1: number;
  readonly floor2: number;
}

/**
 * The arithmetic of flows on arrays of the caller. No kernel allocates; arrays are outputs where they are called y, h, d…
 * or `out`. There are two sets: WebAssembly, whose arrays must be views of its memory, and scalar TypeScript.
 *
 * Scratch holds {@link linearScratchSize}, {@link splineScratchSize} or {@link NORMALS_SCRATCH_SIZE} numbers.
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
   * `y = x·weight + bias` of parts of matrices, which begin where the arrays do: x `[batch, depth]`, weight
   * `[depth, columns]`, y `[batch, columns]`.
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
  activate(z: Float32Array, h: Float32Array, activation: Activation): void;
  /** `dz = dh ⊙ act′ (+ dz)`; `saved` is act(z), for silu z; dz may be dh. */
  activateGradient(
    saved: Float32Array,
    dh: Float32Array,
    dz: Float32Array,
    activation: Activation,
    accumulate?: boolean,
  ): void;
  /**
   * y and log dy/dx of x `[count]`, or x and log dx/dy of y with `inverse`, and identity tails; parameters
   * `[count, 3·bins − 1]`. What the gradient need not find out again is left in `saved`, where that is given.
   */
  splineForward(
    x: Float32Array,
    parameters: Float32Array,
    y: Float32Array,
    logDet: Float32Array,
    settings: SplineSettings,
    scratch: Float32Array,
    saved?: Float32Array,
  ): void;
  /** The gradients of x and of the parameters; `saved` is from the forward pass of the same x and parameters. */
  splineGradient(
    x: Float32Array,
    parameters: Float32Array,
    dValue: Float32Array,
    dLogDet: Float32Array,
    dx: Float32Array,
    dParameters: Float32Array,
    settings: SplineSettings,
    scratch: Float32Array,
    saved?: Float32Array,
  ): void;
  /** `y = x·eᵃ + t`, a = 5·tanh(raw/5), and a; or the inverse; parameters `[count, 2]` hold t and raw. */
  affineForward(
    x: Float32Array,
    parameters: Float32Array,
    y: Float32Array,
    logDet: Float32Array,
    inverse: boolean,
  ): void;
  /** The gradients of x and of the parameters. */
  affineGradient(
    x: Float32Array,
    parameters: Float32Array,
    dValue: Float32Array,
    dLogDet: Float32Array,
    dx: Float32Array,
    dParameters: Float32Array,
    inverse: boolean,
  ): void;
  /** `−½ Σ x² − (n/2)·log 2π` of x `[rows, n]`, where `out` has the rows. */
  normalLogProb(x: Float32Array, out: Float32Array): void;
  /** `dx = −x·d` with the d of its row. */
  normalLogProbGradient(x: Float32Array, d: Float32Array, dx: Float32Array): void;
  /** `to += values`. */
  add(values: Float32Array, to: Float32Array): void;
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
    outputs > 4 ? 0 : left * (8 * chunk + 16) + 4 * (chunk + inputs),
  );
}

/** Scratch of the spline and of its gradient, in numbers. */
export function splineScratchSize(bins: number): number {
  return 240 + 32 * bins;
}

/** What the forward pass of a spline may leave for the backward pass, in numbers. */
export function splineSavedSize(count: number, bins: number): number {
  return Math.ceil(count / 4) * (128 + 8 * bins);
}
