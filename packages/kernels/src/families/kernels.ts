import type { ActivationKernels, ArithmeticKernels, ColumnKernels, DropoutKernels, UpdateKernels } from "./arrays.ts";
import type { LinearKernels } from "./linear.ts";
import type { AffineKernels, SplineKernels, SumOfSquaresKernels } from "./maps.ts";
import type { MixtureKernels } from "./mixture.ts";
import type { GaussianizationKernels, NormalLogProbKernels, NormalsKernels, SinhArcsinhKernels } from "./normals.ts";

/**
 * The arithmetic of flows on arrays of the caller. No kernel allocates; arrays are outputs where they are called y, h, d…
 * or `out`. There are two sets: WebAssembly, whose arrays must be views of its memory, and scalar TypeScript.
 * The file of a family says how many numbers its scratch holds.
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
export interface WasmKernels extends Kernels, UpdateKernels, NormalsKernels {}
