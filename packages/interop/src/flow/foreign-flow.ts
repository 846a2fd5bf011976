import type { Activation } from "@pushforward/core";
import type { Floats } from "../file/state-dict.ts";

/** A linear layer as PyTorch stores it: weight `[outputs, inputs]`, row-major, and bias `[outputs]`. */
export interface ForeignLinear {
  readonly outputs: number;
  readonly inputs: number;
  readonly weight: Floats;
  readonly bias: Floats;
  /** 1 where a weight counts; absent for a plain layer. */
  readonly mask?: Uint8Array;
}

/** A block between the first and the last layer of a network. */
export interface ForeignBlock {
  /** One linear layer, or the two of a residual block (`zuko-residual` has one where the width changes). */
  readonly linears: readonly ForeignLinear[];
  /** Layer of the context that adds to the block or gates it. */
  readonly context?: ForeignLinear;
}

/**
 * How the layers of a network are put together:
 *
 * - `"zuko"`: linear layers with activations between, over (x, c); masked in an autoregressive transform.
 * - `"zuko-residual"`: `h ← h + L₂(act(L₁(act … )))` without activations outside blocks, masked, over (x, c).
 * - `"made"`, `"made-residual"`: nflows' MADE with feed-forward or residual blocks; the context has layers of its own.
 * - `"resnet"`: nflows' ResidualNet over (x, c), blocks gated by the context.
 */
export type NetworkStyle = "zuko" | "zuko-residual" | "made" | "made-residual" | "resnet";

/** A network from inputs and context to the parameters of a family. */
export interface ForeignNetwork {
  readonly style: NetworkStyle;
  readonly activation: Activation;
  /** Inputs without the context; 0 in a network of the context alone. */
  readonly inputSize: number;
  readonly contextSize: number;
  readonly first: ForeignLinear;
  /** The separate layer of the context of a MADE. */
  readonly context?: ForeignLinear;
  readonly blocks: readonly ForeignBlock[];
  /** Absent in a network that is one linear layer. */
  readonly last?: ForeignLinear;
}

/** Family of maps of a single variable. */
export type ForeignFamily =
  | ForeignSpecial
  | { readonly kind: "affine"; readonly parameterization: "zuko"; readonly slope: number }
  | { readonly kind: "affine"; readonly parameterization: "nflows" | "nflows-coupling" }
  | { readonly kind: "additive" }
  /** zuko's MNN and UMNN: networks of a variable and its signal, weights `[variables, outputs, inputs]` one after the other. */
  | {
      readonly kind: "monotone";
      readonly variables: number;
      readonly signal: number;
      readonly hidden: readonly number[];
      readonly layers: readonly { readonly weight: Floats; readonly bias: Floats }[];
      /** Of an integral: the bound of its log-slopes. Absent: the network itself, of positive weights. */
      readonly limit?: number;
    }
  | {
      readonly kind: "spline";
      readonly parameterization: "zuko";
      readonly bins: number;
      readonly bound: number;
      readonly slope: number;
    }
  | {
      readonly kind: "spline";
      readonly parameterization: "nflows";
      readonly bins: number;
      readonly bound: number;
      readonly softmaxScale: number;
    };

/** Families that only one library has. */
type ForeignSpecial =
  /** zuko's `CircularRQSTransform`. */
  | { readonly kind: "circular"; readonly bins: number; readonly slope: number }
  /** zuko's `BoundedBernsteinTransform` with `count` numbers. */
  | { readonly kind: "bernstein"; readonly count: number; readonly bound: number }
  /** zuko's `SOSPolynomialTransform` and a shift. */
  | { readonly kind: "sum-of-squares"; readonly polynomials: number; readonly degree: number; readonly slope: number }
  /** nflows' splines of other kinds, with linear tails. */
  | { readonly kind: "linear-spline"; readonly bins: number; readonly bound: number }
  | {
      readonly kind: "quadratic-spline";
      readonly bins: number;
      readonly bound: number;
      readonly softmaxScale: number;
      readonly slopeScale: number;
    }
  | { readonly kind: "cubic-spline"; readonly bins: number; readonly bound: number; readonly softmaxScale: number }
  /** zuko's `GaussianizationTransform`. */
  | { readonly kind: "gaussianization"; readonly components: number };

/** One transform of a flow of a different library, data → noise. */
export type ForeignTransform =
  /** `z = scale · x + shift`. */
  | { readonly kind: "standardize"; readonly shift: Floats; readonly scale: Floats }
  /**
   * `dx/dt = network(cos(kπt), sin(kπt), x, c)` for k from 1 to `frequencies`, from the data at t = 0 to the noise at
   * 1. The activation is applied between the layers.
   */
  | {
      readonly kind: "continuous";
      readonly features: number;
      readonly context: number;
      readonly frequencies: number;
      readonly activation: Activation;
      readonly layers: readonly ForeignLinear[];
    }
  /** `z_i = x_order[i]`. */
  | { readonly kind: "permutation"; readonly order: readonly number[] }
  /** `z = weight (x − mean)/√(variance + 1e-5) + bias`, `weight = softplus(raw) + 1e-5`. */
  | {
      readonly kind: "batch-norm";
      readonly features: number;
      readonly raw: Floats;
      readonly bias: Floats;
      readonly mean: Floats;
      readonly variance: Floats;
    }
  /** `z = L U x + bias`, entries below and above the diagonal row by row, `diag U = softplus(diagonal) + 1e-3`. */
  | {
      readonly kind: "lu";
      readonly features: number;
      readonly lower: Floats;
      readonly upper: Floats;
      readonly diagonal: Floats;
      readonly bias: Floats;
    }
  /** `z = H_K … H₁ R x + bias`, H reflections at the rows of `vectors`, `diag R = exp(logDiagonal)`, entries above row by row. */
  | {
      readonly kind: "qr";
      readonly features: number;
      readonly upper: Floats;
      readonly logDiagonal: Floats;
      readonly vectors: Floats;
      readonly bias: Floats;
    }
  /** `z = U diag(softplus(diagonal) + 1e-3) V x + bias`, U and V of reflections as Q is. */
  | {
      readonly kind: "svd";
      readonly features: number;
      readonly left: Floats;
      readonly right: Floats;
      readonly diagonal: Floats;
      readonly bias: Floats;
    }
  /** `z = x/(1 + |x|/bound)`. */
  | { readonly kind: "soft-clip"; readonly bound: number }
  /** `z = exp(A − Aᵀ) x`, A row by row. */
  | { readonly kind: "rotation"; readonly features: number; readonly generator: Floats }
  /** Variable i depends on the variables of smaller order. */
  | {
      readonly kind: "autoregressive";
      readonly order: readonly number[];
      readonly network: ForeignNetwork;
      readonly family: ForeignFamily;
    }
  | {
      readonly kind: "coupling";
      readonly transformed: readonly boolean[];
      readonly network: ForeignNetwork;
      readonly family: ForeignFamily;
    }
  /** Each variable on its own: learned parameters `[features, count]`, or a network of the context. */
  | {
      readonly kind: "elementwise";
      readonly features: number;
      readonly parameters: Floats;
      readonly family: ForeignFamily;
    }
  | {
      readonly kind: "elementwise";
      readonly features: number;
      readonly network: ForeignNetwork;
      readonly family: ForeignFamily;
    }
  | { readonly kind: "composite"; readonly members: readonly ForeignTransform[] };

/** A flow of a different library, read from a file and checked for consistency, before any object is built. */
export interface ForeignFlow {
  readonly kind: "flow";
  readonly features: number;
  /** 0 without a context. */
  readonly context: number;
  /** In the order of the library: the first is applied to the data. */
  readonly transforms: readonly ForeignTransform[];
  /** False: the flow is a single transform, with keys that are not list keys. */
  readonly isList: boolean;
  /** Default: a standard normal. */
  readonly base?: { readonly loc: Floats; readonly scale: Floats };
  /** A uniform base between these, in place of that. */
  readonly box?: { readonly low: Floats; readonly high: Floats };
  /** The transforms take `(c − mean) / sd`. */
  readonly standardizeContext?: { readonly mean: Floats; readonly sd: Floats };
}

/** The shape of the covariances of a mixture of normals. */
export type Covariance = "full" | "diagonal" | "spherical";

/** A Gaussian mixture of zuko: logits, means, logarithms of diagonals and, if full, the entries below the diagonals. */
export interface ForeignMixture {
  readonly kind: "mixture";
  readonly features: number;
  readonly context: number;
  readonly components: number;
  readonly covariance: Covariance;
  /** One covariance for all components. */
  readonly tied: boolean;
  /** Added to each standard deviation. */
  readonly epsilon: number;
  /** From the context to all numbers of the mixture. */
  readonly network?: ForeignNetwork;
  /** The numbers themselves: logits, loc, diag and, full, tril. */
  readonly numbers?: readonly Floats[];
  /** As of a flow. */
  readonly standardizeContext?: { readonly mean: Floats; readonly sd: Floats };
}
