import type { Kernels } from "../families/kernels.ts";
import { type MixtureArrays, type MixtureSizes, mixtureWeightsSize } from "../families/mixture.ts";

/** Groups of Gaussians, `z = A·W·(x − mean) + shift`, with a softmax of the logits over each group. */
export interface MixtureGroups extends MixtureSizes {
  /** Components of a group; `components` is the number of all. */
  readonly groupSize: number;
}

/** Arrays in the order of the step's parameters; the arrays of A and of the shift may be missing. */
export type MixtureParameterArrays = readonly [
  logits: Float32Array,
  mean: Float32Array,
  whitening: Float32Array,
  logDiagonal?: Float32Array,
  offDiagonal?: Float32Array,
  shift?: Float32Array,
];

/** Where the gradients of the parameters go, in the same order. */
export type MixtureParameterGradients = readonly (Float32Array | undefined)[];

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Arguments of the mixture kernels, computed from the parameters in each run. */
export class BoundMixture {
  readonly arrays: MixtureArrays;
  /** Gradients of `arrays`, written by the kernels. */
  readonly gradients: {
    readonly offsets: Float32Array;
    readonly gateOffsets?: Float32Array | undefined;
    readonly shift: Float32Array;
    readonly weights: Float32Array;
  };
  private readonly kernels: Kernels;
  private readonly sizes: MixtureGroups;
  private readonly parameters: MixtureParameterArrays;
  private readonly diagonal: Float32Array | undefined;
  private readonly dDiagonal: Float32Array;
  private readonly dOffDiagonal: Float32Array;
  private readonly scratch: Float32Array;
  private readonly logWeights: Float64Array;

  /** @param memory {@link boundMixtureSize} numbers. */
  constructor(
    kernels: Kernels,
    sizes: MixtureGroups,
    parameters: MixtureParameterArrays,
    memory: Float32Array,
    scratch: Float32Array,
  ) {
    const { components, features, given } = sizes;
    let end = 0;
    const next = (size: number): Float32Array => {
      end += size;
      return memory.subarray(end - size, end);
    };
    const size = components * features;
    this.kernels = kernels;
    this.sizes = sizes;
    this.parameters = parameters;
    this.scratch = scratch;
    const [, mean, , logDiagonal, , shift] = parameters;
    this.diagonal = logDiagonal && next(size);
    const gates = (): Float32Array | undefined => (given > 0 ? next(components) : undefined);
    const weights = next(mixtureWeightsSize(sizes));
    this.arrays = { mean, shift, weights, offsets: next(components), gateOffsets: gates() };
    // The rest is for training only; without it, these are empty.
    this.gradients = {
      offsets: next(components),
      gateOffsets: gates(),
      shift: next(size),
      weights: next(weights.length),
    };
    this.dDiagonal = next(size);
    this.dOffDiagonal = next(size * features);
    this.logWeights = new Float64Array(components);
  }

  /** The weights and offsets of the parameters as they are now. */
  prepare(): void {
    const { sizes, diagonal, logWeights, arrays } = this;
    const { components, features: n, given, groupSize } = sizes;
    const [logits, , whitening, logDiagonal, offDiagonal] = this.parameters;
    if (diagonal !== undefined && logDiagonal !== undefined) {
      for (let i = 0; i < diagonal.length; i++) diagonal[i] = Math.exp(logDiagonal[i] as number);
    }
    this.kernels.mixtureWeights({ whitening, diagonal, offDiagonal }, arrays.weights, sizes, this.scratch);
    for (let start = 0; start < components; start += groupSize) logSoftmax(logits, start, groupSize, logWeights);
    for (let k = 0; k < components; k++) {
      const logDet = (from: number, to: number): number => {
        let sum = 0;
        for (let i = from; i < to; i++) {
          sum += Math.log(whitening[(k * n + i) * n + i] as number);
          if (logDiagonal !== undefined) sum += logDiagonal[k * n + i] as number;
        }
        return sum;
      };
      const weight = logWeights[k] as number;
      const own = logDet(given, n) - (n - given) * HALF_LOG_TWO_PI;
      arrays.offsets[k] = given > 0 ? own : weight + own;
      // The constant of the gates cancels.
      if (arrays.gateOffsets !== undefined) arrays.gateOffsets[k] = weight + logDet(0, given);
    }
  }

  /** Computes the gradients of the parameters from the gradients of the arrays. */
  finish(targets: MixtureParameterGradients): void {
    const { sizes, gradients, diagonal, logWeights, dDiagonal, dOffDiagonal } = this;
    const { components, features: n, given, groupSize } = sizes;
    const [, , whitening, , offDiagonal] = this.parameters;
    const [dLogits, , , dLogDiagonal, dOffDiagonalTarget, dShift] = targets;
    if (dLogits !== undefined) {
      const ofWeights = gradients.gateOffsets ?? gradients.offsets;
      for (let start = 0; start < components; start += groupSize) {
        let total = 0;
        for (let k = start; k < start + groupSize; k++) total += ofWeights[k] as number;
        for (let k = start; k < start + groupSize; k++) {
          dLogits[k] = (ofWeights[k] as number) - Math.exp(logWeights[k] as number) * total;
        }
      }
    }
    dShift?.set(gradients.shift);
    if (diagonal === undefined || (dLogDiagonal === undefined && dOffDiagonalTarget === undefined)) return;
    const toOffDiagonal = dOffDiagonalTarget ?? dOffDiagonal;
    this.kernels.mixtureWeightsGradient(
      { whitening, diagonal, offDiagonal },
      gradients.weights,
      dDiagonal,
      toOffDiagonal,
      sizes,
      this.scratch,
    );
    if (dLogDiagonal === undefined) return;
    for (let k = 0, at = 0; k < components; k++) {
      for (let i = 0; i < n; i++, at++) {
        const ofOffset = (i < given ? gradients.gateOffsets?.[k] : gradients.offsets[k]) as number;
        dLogDiagonal[at] = (dDiagonal[at] as number) * (diagonal[at] as number) + ofOffset;
      }
    }
  }
}

/** Numbers that a {@link BoundMixture} takes. */
export function boundMixtureSize(sizes: MixtureSizes, isLearnable: boolean, isTraining: boolean): number {
  const { components, features, given } = sizes;
  const size = components * features;
  const whole = mixtureWeightsSize(sizes) + components * (given > 0 ? 2 : 1);
  return (isLearnable ? size : 0) + whole + (isTraining ? whole + 2 * size + size * features : 0);
}

/** Writes the logarithms of the softmax of some numbers. */
export function logSoftmax(logits: Float32Array, start: number, count: number, out: Float64Array): void {
  let peak = Number.NEGATIVE_INFINITY;
  for (let k = start; k < start + count; k++) peak = Math.max(peak, logits[k] as number);
  let sum = 0;
  for (let k = start; k < start + count; k++) sum += Math.exp((logits[k] as number) - peak);
  const total = peak + Math.log(sum);
  for (let k = start; k < start + count; k++) out[k] = (logits[k] as number) - total;
}
