import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";

/** Sizes of a linear layer. */
export interface LinearSizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Sizes of a product of parts of matrices, the distance between the rows of each matrix, and the offsets of the parts
 * in their arrays, by default 0, in numbers.
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

/** One linear layer, `x·(weight ⊙ mask) + bias`; matrices are row-major `[inputs, outputs]`. */
export interface LinearLayer {
  readonly weight: Float32Array;
  /** Zeros and ones. */
  readonly mask?: Float32Array | undefined;
  /** Ranges of the mask, from {@link linearRanges}. Without ranges the kernels search the mask in each call. */
  readonly ranges?: Int32Array | undefined;
  readonly bias?: Float32Array | undefined;
}

/** Final operations of a product on its sums: 0 where `gate` is not positive, plus the old values, then relu. */
export interface LinearFinish {
  readonly gate?: Float32Array | undefined;
  readonly accumulate?: boolean;
  readonly relu?: boolean;
}

/** The linear layers. */
export interface LinearKernels {
  /** y `[batch, outputs]` of x `[batch, inputs]`. */
  linearForward(
    x: Float32Array,
    layer: LinearLayer,
    y: Float32Array,
    sizes: LinearSizes,
    scratch: Float32Array,
    finish?: Omit<LinearFinish, "gate">,
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
  /** `dx = dy·(weight ⊙ mask)ᵀ`; the gate is laid out like dx. */
  linearInputGradient(
    dy: Float32Array,
    layer: LinearLayer,
    dx: Float32Array,
    sizes: LinearSizes,
    scratch: Float32Array,
    finish?: Omit<LinearFinish, "relu">,
  ): void;
  /** `dWeight = (xᵀ·dy) ⊙ mask`, `dBias = Σ dy`; `ranges` are the ranges of the mask. */
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
}

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

/** How they are computed by the functions of a module. */
export function linearCalls(calls: KernelExports): Pick<LinearKernels, "linearForward" | "linearPart"> {
  return {
    linearForward(x, { weight, mask, ranges, bias }, y, { batch, inputs, outputs }, scratch, finish) {
      calls.linearForward(
        at(x),
        at(weight),
        at(mask),
        at(ranges),
        at(bias),
        at(y),
        batch,
        inputs,
        outputs,
        flag(finish?.accumulate),
        flag(finish?.relu),
        at(scratch),
      );
    },
    linearPart(x, weight, bias, y, sizes, scratch, finish) {
      const { batch, depth, columns, xStart = 0, xStride, weightStart = 0, weightStride } = sizes;
      const { biasStart = 0, yStart = 0, yStride } = sizes;
      calls.linearPart(
        at(x, xStart),
        xStride,
        at(weight, weightStart),
        weightStride,
        at(bias, biasStart),
        at(y, yStart),
        yStride,
        batch,
        depth,
        columns,
        flag(finish?.accumulate),
        flag(finish?.relu),
        at(scratch),
      );
    },
  };
}

/** Their gradients. */
export function linearGradientCalls(
  calls: KernelExports,
): Pick<LinearKernels, "linearInputGradient" | "linearWeightGradient"> {
  return {
    linearInputGradient(dy, { weight, mask, ranges }, dx, { batch, inputs, outputs }, scratch, finish) {
      calls.linearInputGradient(
        at(dy),
        at(weight),
        at(mask),
        at(ranges),
        at(finish?.gate),
        at(dx),
        batch,
        inputs,
        outputs,
        flag(finish?.accumulate),
        at(scratch),
      );
    },
    linearWeightGradient(x, dy, mask, dWeight, dBias, { batch, inputs, outputs }, scratch, ranges) {
      calls.linearWeightGradient(
        at(x),
        at(dy),
        at(mask),
        at(ranges),
        at(dWeight),
        at(dBias),
        batch,
        inputs,
        outputs,
        at(scratch),
      );
    },
  };
}
