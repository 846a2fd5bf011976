import type { KernelExports } from "../generated/kernel-abi.ts";
import { at } from "../wasm/addresses.ts";

/** Sizes of a mixture of Gaussians. */
export interface MixtureSizes {
  readonly components: number;
  readonly features: number;
  /**
   * Number of features, from the first on, on which the density of the rest is conditioned. 0: joint density of all
   * features.
   */
  readonly given: number;
}

/** Factors of the weights of a mixture, `V = A·W`, lower triangular; without `diagonal`, A is the identity. */
export interface MixtureFactors {
  /** W, `[components, features, features]`; only its lower triangle counts. */
  readonly whitening: Float32Array;
  /** Diagonal of A, `[components, features]`. */
  readonly diagonal?: Float32Array | undefined;
  /** Entries of A below its diagonal, `[components, features, features]`. */
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
  /** The logarithm of the factor of a component's exponential, `[components]`. */
  readonly offsets: Float32Array;
  /** The same for the gates, where features are given. */
  readonly gateOffsets?: Float32Array | undefined;
}

/** Targets for the gradients of a mixture; absent gradients are not computed. */
export interface MixtureGradients {
  readonly x?: Float32Array | undefined;
  readonly offsets: Float32Array;
  /** Where features are given. */
  readonly gateOffsets?: Float32Array | undefined;
  /** These two together. */
  readonly shift?: Float32Array | undefined;
  readonly weights?: Float32Array | undefined;
}

/** The mixtures of Gaussians. */
export interface MixtureKernels {
  /** The triangles of all components, {@link mixtureWeightsSize} numbers. */
  mixtureWeights(factors: MixtureFactors, weights: Float32Array, sizes: MixtureSizes, scratch: Float32Array): void;
  /** The gradients of diagonal and offDiagonal, from the gradients of the triangles. */
  mixtureWeightsGradient(
    factors: MixtureFactors,
    dWeights: Float32Array,
    dDiagonal: Float32Array,
    dOffDiagonal: Float32Array,
    sizes: MixtureSizes,
    scratch: Float32Array,
  ): void;
  /**
   * `out = log Σ exp(offset − |z|²/2)` over the components, of x `[rows, features]`; `out` has one number per row. With
   * given features it is `log Σ g·exp(offset − |z of the others|²/2)`, g the softmax of
   * `gateOffset − |z of the given|²/2`.
   *
   * @param shares data for the gradient, {@link mixtureSharesSize} numbers.
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
   * The gradients of `Σ d·out`, after {@link mixtureForward} of the same x. It reads the shares of that call. A row
   * does not contribute to a component with a share below 1e-14.
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
}

/** Returns the size of the triangles of a mixture, in numbers. They are stored as whole tiles of four by four. */
export function mixtureWeightsSize({ components, features }: MixtureSizes): number {
  return components * triangleSize(features);
}

function triangleSize(features: number): number {
  const tiles = Math.ceil(features / 4);
  return 8 * tiles * (tiles + 1);
}

/** Returns the size of the data that the forward pass of a mixture saves for the backward pass, in numbers. */
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

/** How they are computed by the functions of a module. */
export function mixtureCalls(calls: KernelExports): Pick<MixtureKernels, "mixtureForward" | "mixtureGradient"> {
  return {
    mixtureForward(x, mixture, out, shares, { components, features, given }, scratch) {
      calls.mixtureForward(
        at(x),
        at(mixture.mean),
        at(mixture.shift),
        at(mixture.weights),
        at(mixture.offsets),
        at(mixture.gateOffsets),
        at(out),
        at(shares),
        out.length,
        components,
        features,
        given,
        at(scratch),
      );
    },
    mixtureGradient(x, mixture, shares, d, gradients, { components, features, given }, scratch) {
      calls.mixtureGradient(
        at(x),
        at(mixture.mean),
        at(mixture.shift),
        at(mixture.weights),
        at(shares),
        at(d),
        at(gradients.x),
        at(gradients.offsets),
        at(gradients.gateOffsets),
        at(gradients.shift),
        at(gradients.weights),
        d.length,
        components,
        features,
        given,
        at(scratch),
      );
    },
  };
}

/** Their weights, and the gradients of these. */
export function mixtureWeightCalls(
  calls: KernelExports,
): Pick<MixtureKernels, "mixtureWeights" | "mixtureWeightsGradient"> {
  return {
    mixtureWeights({ whitening, diagonal, offDiagonal }, weights, { components, features }, scratch) {
      calls.mixtureWeights(
        at(whitening),
        at(diagonal),
        at(offDiagonal),
        at(weights),
        components,
        features,
        at(scratch),
      );
    },
    mixtureWeightsGradient({ whitening }, dWeights, dDiagonal, dOffDiagonal, { components, features }, scratch) {
      calls.mixtureWeightsGradient(
        at(whitening),
        at(dWeights),
        at(dDiagonal),
        at(dOffDiagonal),
        components,
        features,
        at(scratch),
      );
    },
  };
}
