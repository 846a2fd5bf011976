import type { Activation } from "./activation.ts";

/** Sizes of one linear layer. */
export interface LinearSizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** One linear layer, `x·(weight ⊙ mask) + bias`; matrices are row-major `[inputs, outputs]`. */
export interface LinearLayer {
  readonly weight: Float32Array;
  /** Zeros and ones. */
  readonly mask?: Float32Array | undefined;
  readonly bias?: Float32Array | undefined;
}

/** What a product does with its sums: 0 where `gate` is not positive, plus the old values, then relu. */
export interface LinearFinish {
  readonly gate?: Float32Array | undefined;
  readonly accumulate?: boolean;
  readonly relu?: boolean;
}

/**
 * The arithmetic of flows on arrays of the caller. No kernel allocates; arrays are outputs where they are called y, h, d…
 * or `out`. There are two sets: WebAssembly, whose arrays must be views of its memory, and scalar TypeScript.
 *
 * Scratch holds {@link linearScratchSize} numbers.
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
  /** `dWeight = (xᵀ·dy) ⊙ mask`, `dBias = Σ dy`. */
  linearWeightGradient(
    x: Float32Array,
    dy: Float32Array,
    mask: Float32Array | undefined,
    dWeight: Float32Array,
    dBias: Float32Array | undefined,
    sizes: LinearSizes,
    scratch: Float32Array,
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
}

/** Rows of a batch that one pass of the weight gradient takes. */
const CHUNK = 512;

/** Scratch of the three linear kernels, in numbers. */
export function linearScratchSize({ batch, inputs, outputs }: LinearSizes): number {
  const [left, right] = [Math.ceil(inputs / 8), Math.ceil(outputs / 8)];
  const chunk = Math.min(batch, CHUNK);
  return Math.max(right * (8 * inputs + 2), left * (8 * outputs + 2), right * (8 * chunk + 2) + inputs * (chunk + 16));
}
