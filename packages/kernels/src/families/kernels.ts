import type { ActivationKernels } from "./activation.ts";
import type { AffineKernels } from "./affine.ts";
import type { ArithmeticKernels } from "./arithmetic.ts";
import type { ColumnKernels } from "./columns.ts";
import type { DropoutKernels } from "./dropout.ts";
import type { GaussianizationKernels } from "./gaussianization.ts";
import type { LinearKernels } from "./linear.ts";
import type { MixtureKernels } from "./mixture.ts";
import type { NormalLogProbKernels } from "./normal-log-prob.ts";
import type { NormalsKernels } from "./normals.ts";
import type { SinhArcsinhKernels } from "./sinh-arcsinh.ts";
import type { SplineKernels } from "./spline.ts";
import type { SumOfSquaresKernels } from "./sum-of-squares.ts";
import type { UpdateKernels } from "./update.ts";

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
