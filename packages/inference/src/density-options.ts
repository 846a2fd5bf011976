import type { FitAutoOptions } from "@pushforward/auto";
import type { ConditionalDistribution, Conditioner, Key, Module } from "@pushforward/core";
import type { TrainOptions } from "@pushforward/training";

/** What a density of one's own is made for. */
export interface DensitySizes {
  /** Numbers of an event, in standard units: mean 0, standard deviation 1. */
  readonly features: number;
  /** Numbers of its context, in standard units as well, or those that an embedding gives. */
  readonly context: number;
  /** Where its initial weights come from. */
  readonly key: Key;
}

/** Makes an untrained conditional density, which the caller then owns. */
export type DensityFactory = (sizes: DensitySizes) => ConditionalDistribution & Module;

/** Makes an untrained network that reads `inputSize` numbers in standard units; its outputs are the context. */
export type EmbeddingFactory = (sizes: { readonly inputSize: number; readonly key: Key }) => Conditioner;

/** How a conditional density is learned. */
export interface DensityOptions {
  /** Decides every random number. */
  readonly key: Key;
  /**
   * What is trained: `fitAuto`, the mixture of flows that start as fitted densities, see `@pushforward/auto`; one spline flow
   * (`nsf`) or affine flow (`maf`); a continuous flow by flow matching (`flow-matching`), which for posteriors is FMPE
   * (Wildberger et al. 2023, arXiv:2305.17161); or one of your own. `fitAuto`, and `nsf` with an embedding.
   */
  readonly density?: "auto" | "nsf" | "maf" | "flow-matching" | DensityFactory | undefined;
  /** A network between the context and the density, trained with it. */
  readonly embedding?: EmbeddingFactory | undefined;
  /** Further options of `fitAuto`: `quality`, `members`, `epochs`, … */
  readonly auto?: Omit<FitAutoOptions, "key" | "signal" | "threads" | "validation"> | undefined;
  /** Further options of `train`, for one density: `epochs`, `batchSize`, `learningRate`, … */
  readonly training?: Omit<TrainOptions, "key" | "signal" | "threads" | "validation" | "loss"> | undefined;
  /** The fraction of validation rows, for early stopping and model selection. Default: 0.1. */
  readonly validation?: number | undefined;
  readonly threads?: "auto" | number | undefined;
  /** Ends the work soon: with the best model so far once one is being trained, before that by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
}
