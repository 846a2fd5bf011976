import type { ActivationKernels, ArithmeticKernels, ColumnKernels, DropoutKernels, UpdateKernels } from "./arrays.ts";
import type { LinearKernels } from "./linear.ts";
import type { AffineKernels, SplineKernels, SumOfSquaresKernels } from "./maps.ts";
import type { MixtureKernels } from "./mixture.ts";
import type { GaussianizationKernels, NormalLogProbKernels, NormalsKernels, SinhArcsinhKernels } from "./normals.ts";

/**
 * The arithmetic of flows on arrays of the caller. No kernel allocates. Output arrays are named y, h, d… or `out`. Two
 * sets exist: WebAssembly, which needs views of its memory, and scalar TypeScript. The file of a family documents the
 * size of its scratch.
 */
export interface Kernels
  extends LinearKernels,
    ActivationKernels,
    DropoutKernels,
    SplineKernels,
    AffineKernels,
    SinhArcsinhKernels,
    GaussianizationKernels,
    SumOfSquaresKernels,
    MixtureKernels,
    NormalLogProbKernels,
    ColumnKernels,
    ArithmeticKernels {
  /** Absent if the overhead of a call is negligible. */
  recorder?(): KernelRecorder;
}

/** Calls of kernels that are written down, with the addresses of their arrays, to be made again and again. */
export interface KernelRecorder {
  /** Kernels that compute only when a recording runs. Use them only within {@link record}. */
  readonly kernels: Kernels;
  /** Returns a function that replays the calls of `body`. `body` must only call kernels. */
  record(body: () => void): () => void;
}

/**
 * Kernels that only WebAssembly has. In TypeScript, Adam and averages are in `@pushforward/ops` and the draws of the
 * key in `@pushforward/core`; these kernels produce the same bits.
 */
export interface WasmKernels extends Kernels, UpdateKernels, NormalsKernels {}
