import type { Activation, AdamArithmetic } from "@pushforward/core/plain";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";

/** Arithmetic on numbers one by one. */
export interface ArithmeticKernels {
  /** `to += values`. */
  add(values: Float32Array, to: Float32Array): void;
  /** `to = values ⊙ factors`; to may be either. */
  multiply(values: Float32Array, factors: Float32Array, to: Float32Array): void;
}

/** How they are computed by the functions of a module. */
export function arithmeticCalls(calls: KernelExports): ArithmeticKernels {
  return {
    add(values, to) {
      calls.add(at(values), at(to), to.length);
    },
    multiply(values, factors, to) {
      calls.multiply(at(values), at(factors), at(to), to.length);
    },
  };
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

/** Columns and rows of matrices, and their sums. */
export interface ColumnKernels {
  /** `to = from`, or `to += from`, of parts of matrices `[rows, columns]`. */
  copyPart(from: Float32Array, to: Float32Array, sizes: CopyPartSizes, accumulate?: boolean): void;
  /** `to[r, k] = from[r, columns[k]]`; `to` `[rows, columns]` determines the number of rows. */
  gatherColumns(from: Float32Array, columns: Int32Array, to: Float32Array): void;
  /** `to[r, columns[k]] = from[r, k] (+ to)`, of `to` `[rows, width]`; zeros where `from` is absent. */
  scatterColumns(
    from: Float32Array | undefined,
    columns: Int32Array,
    to: Float32Array,
    width: number,
    accumulate?: boolean,
  ): void;
  /** Sums all columns of some matrices in float64. `to` has one number per row; scratch has twice this size. */
  sumColumns(matrices: readonly Float32Array[], to: Float32Array, scratch: Float32Array): void;
  /** Each number as all columns of its row. */
  spreadColumns(from: Float32Array, to: Float32Array): void;
  /** The sums of the columns in float64, where `to` has the columns. */
  sumRows(from: Float32Array, to: Float32Array): void;
  /** Copies one row to each row of `to`. The source may be the first row of `to`. */
  repeatRow(row: Float32Array, to: Float32Array): void;
  /** Each row less one row. */
  subtractRow(from: Float32Array, row: Float32Array, to: Float32Array): void;
  /** `to = from`. */
  copy(from: Float32Array, to: Float32Array): void;
  /** `to = 0`. */
  clear(to: Float32Array): void;
}

/** How they are computed by the functions of a module. */
export function columnsCalls(calls: KernelExports): ColumnKernels {
  return {
    copyPart(from, to, { rows, columns, fromStart = 0, fromStride, toStart = 0, toStride }, accumulate) {
      calls.copyPart(at(from, fromStart), fromStride, at(to, toStart), toStride, rows, columns, flag(accumulate));
    },
    gatherColumns(from, columns, to) {
      const rows = to.length / columns.length;
      calls.gatherColumns(at(from), from.length / rows, at(columns), columns.length, at(to), rows);
    },
    scatterColumns(from, columns, to, width, accumulate) {
      const rows = to.length / width;
      calls.scatterColumns(at(from), at(columns), columns.length, at(to), width, rows, flag(accumulate));
    },
    sumColumns(matrices, to, scratch) {
      const rows = to.length;
      calls.clear(at(scratch), 2 * rows);
      for (const matrix of matrices) calls.addColumns(at(matrix), matrix.length / rows, at(scratch), rows);
      calls.roundSums(at(scratch), at(to), rows);
    },
    spreadColumns(from, to) {
      calls.spreadColumns(at(from), at(to), to.length / from.length, from.length);
    },
    sumRows(from, to) {
      calls.sumRows(at(from), to.length, at(to), from.length / to.length);
    },
    repeatRow(row, to) {
      calls.repeatRow(at(row), row.length, at(to), to.length / row.length);
    },
    subtractRow(from, row, to) {
      calls.subtractRow(at(from), at(row), at(to), row.length, from.length / row.length);
    },
    copy(from, to) {
      calls.copy(at(from), at(to), to.length);
    },
    clear(to) {
      calls.clear(at(to), to.length);
    },
  };
}

/** Functions that the kernels can apply to each number: the nonlinearities, and the sigmoid of gates. */
export type Nonlinearity = Activation | "sigmoid";

/** The codes of the nonlinearities in the WebAssembly kernels. */
const nonlinearityKinds: Readonly<Record<Nonlinearity, number>> = {
  relu: 0,
  tanh: 1,
  elu: 2,
  silu: 3,
  sigmoid: 4,
};

/** The activations. */
export interface ActivationKernels {
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
}

/** How they are computed by the functions of a module. */
export function activationCalls(calls: KernelExports): ActivationKernels {
  return {
    activate(z, h, activation) {
      calls.activate(at(z), at(h), h.length, nonlinearityKinds[activation]);
    },
    activateGradient(saved, dh, dz, activation, accumulate) {
      calls.activateGradient(at(saved), at(dh), at(dz), dz.length, nonlinearityKinds[activation], flag(accumulate));
    },
  };
}

/** Kernel for the factors of dropout. */
export interface DropoutKernels {
  /**
   * Writes the factors of dropout: 0 where 16 bits of a key are below the rate, and 1/(1 − rate) elsewhere. The rate is
   * rounded to a multiple of 2⁻¹⁶. The key has the words k0 and k1. A block of its draws covers four numbers; the first
   * block is `firstBlock`. The scratch has 16 numbers.
   */
  dropoutMask(k0: number, k1: number, firstBlock: number, rate: number, out: Float32Array, scratch: Float32Array): void;
}

/** Returns the limit for 16 random bits, below which the dropout factor is 0, and the factor `kept` elsewhere. */
export function dropoutValues(rate: number): { readonly limit: number; readonly kept: number } {
  const limit = Math.min(Math.round(rate * 2 ** 16), 2 ** 16 - 1);
  return { limit, kept: 2 ** 16 / (2 ** 16 - limit) };
}

/** How they are computed by the functions of a module. */
export function dropoutCalls(calls: KernelExports): DropoutKernels {
  return {
    dropoutMask(k0, k1, firstBlock, rate, out, scratch) {
      const { limit, kept } = dropoutValues(rate);
      calls.dropoutMask(k0, k1, firstBlock, limit, kept, at(out), out.length, at(scratch));
    },
  };
}

/** Updates of parameters. */
export interface UpdateKernels extends AdamArithmetic {
  /** `average ← decay·average + (1 − decay)·values` for the averages from `start` on. */
  moveAverage(averages: Float32Array, start: number, values: Float32Array, decay: number): void;
}

/** How they are computed by the functions of a module. */
export function updateCalls(calls: KernelExports): UpdateKernels {
  return {
    squaredNorm(values) {
      return calls.squaredNorm(at(values), values.length);
    },
    adamStep(values, gradient, first, second, next, settings) {
      const { beta1, beta2, epsilon, keep, stepSize, rootScale, scale, floor1, floor2 } = settings;
      const allFinite = calls.adamStep(
        at(values),
        at(gradient),
        at(first),
        at(second),
        at(next),
        values.length,
        beta1,
        beta2,
        epsilon,
        keep,
        stepSize,
        rootScale,
        scale,
        floor1,
        floor2,
      );
      return allFinite === 1;
    },
    moveAverage(averages, start, values, decay) {
      calls.moveAverage(at(averages, start), at(values), values.length, decay);
    },
  };
}
