import type { MixtureArrays, MixtureKernels, MixtureSizes } from "../families/mixture.ts";

/** Beyond, a number counts as this: an infinite one would meet a zero of the matrix. Its square is infinite all the same. */
const FAR = 1e30;

/** A share of a row below which a component gets no gradient from it. */
const SMALLEST_SHARE = 1e-14;

/**
 * Mixtures of Gaussians in TypeScript, in float64. A triangle is stored row by row, without the entries above the
 * diagonal, and fills only a part of its place. `shares` stores `[rows, components]`, followed by the gates.
 */
export const scalarMixture: MixtureKernels = {
  mixtureWeights({ whitening, diagonal, offDiagonal }, weights, { components, features: n }) {
    for (let k = 0; k < components; k++) {
      let at = (weights.length / components) * k;
      for (let i = 0; i < n; i++) {
        const row = (k * n + i) * n;
        for (let j = 0; j <= i; j++, at++) {
          if (diagonal === undefined || offDiagonal === undefined) {
            weights[at] = whitening[row + j] as number;
            continue;
          }
          let sum = (diagonal[k * n + i] as number) * (whitening[row + j] as number);
          for (let l = j; l < i; l++) {
            sum += (offDiagonal[row + l] as number) * (whitening[(k * n + l) * n + j] as number);
          }
          weights[at] = sum;
        }
      }
    }
  },

  mixtureWeightsGradient({ whitening }, dWeights, dDiagonal, dOffDiagonal, { components, features: n }) {
    for (let k = 0; k < components; k++) {
      let at = (dWeights.length / components) * k;
      for (let i = 0; i < n; at += ++i) {
        for (let l = 0; l <= i; l++) {
          let sum = 0;
          const row = (k * n + l) * n;
          for (let j = 0; j <= l; j++) sum += (dWeights[at + j] as number) * (whitening[row + j] as number);
          if (l < i) dOffDiagonal[(k * n + i) * n + l] = sum;
          else dDiagonal[k * n + i] = sum;
        }
        dOffDiagonal.fill(0, (k * n + i) * n + i, (k * n + i) * n + n);
      }
    }
  },

  mixtureForward(x, mixture, out, shares, sizes) {
    const { components, features: n, given } = sizes;
    const rows = out.length;
    const terms = new Float64Array(components);
    const gates = new Float64Array(components);
    const { u, z } = rowOf(sizes);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < components; k++) {
        whiten(x, row, mixture, k, sizes, u, z);
        terms[k] = (mixture.offsets[k] as number) - halfSquares(z, given, n);
        if (given > 0) gates[k] = (mixture.gateOffsets?.[k] as number) - halfSquares(z, 0, given);
      }
      if (given > 0) {
        const { base, sum } = exponentials(gates);
        for (let k = 0; k < components; k++) {
          const gate = (gates[k] as number) - base - (sum === 0 ? 0 : Math.log(sum));
          terms[k] = (terms[k] as number) + gate;
          gates[k] = Math.exp(gate);
        }
      }
      const { base, sum } = exponentials(terms);
      out[row] = sum === 0 ? Number.NEGATIVE_INFINITY : base + Math.log(sum);
      if (shares === undefined) continue;
      for (let k = 0; k < components; k++) {
        // Where there is no density there is no gradient either.
        const isEmpty = sum === 0;
        shares[row * components + k] = isEmpty ? 0 : Math.exp((terms[k] as number) - base) / sum;
        if (given > 0) shares[(rows + row) * components + k] = isEmpty ? 0 : (gates[k] as number);
      }
    }
  },

  mixtureGradient(x, mixture, shares, d, gradients, sizes) {
    const { components, features: n, given } = sizes;
    const rows = d.length;
    const { weights } = mixture;
    const { x: dx, weights: dWeights, shift: dShift } = gradients;
    const { u, z } = rowOf(sizes);
    const triangle = weights.length / components;
    const ofWeights = new Float64Array(triangle);
    const ofShift = new Float64Array(n);
    const ofX = new Float64Array(dx?.length ?? 0);
    for (let k = 0; k < components; k++) {
      ofWeights.fill(0);
      ofShift.fill(0);
      let [ofOffset, ofGateOffset] = [0, 0];
      for (let row = 0; row < rows; row++) {
        const share = shares[row * components + k] as number;
        const gate = given > 0 ? (shares[(rows + row) * components + k] as number) : 0;
        if (share <= SMALLEST_SHARE && gate <= SMALLEST_SHARE) continue;
        const factor = d[row] as number;
        ofOffset += share * factor;
        ofGateOffset += (share - gate) * factor;
        whiten(x, row, mixture, k, sizes, u, z);
        for (let i = 0, at = 0; i < n; i++) {
          const weight = (i < given ? share - gate : share) * factor;
          const dz = weight === 0 ? 0 : -weight * (z[i] as number);
          ofShift[i] = (ofShift[i] as number) + dz;
          for (let j = 0; j <= i; j++, at++) {
            ofWeights[at] = (ofWeights[at] as number) + dz * (u[j] as number);
            const to = row * n + j;
            if (dx !== undefined) ofX[to] = (ofX[to] as number) + dz * (weights[k * triangle + at] as number);
          }
        }
      }
      gradients.offsets[k] = ofOffset;
      if (gradients.gateOffsets !== undefined) gradients.gateOffsets[k] = ofGateOffset;
      dShift?.set(ofShift, k * n);
      dWeights?.set(ofWeights, k * triangle);
    }
    dx?.set(ofX);
  },
};

function rowOf({ features }: MixtureSizes): { readonly u: Float64Array; readonly z: Float64Array } {
  return { u: new Float64Array(features), z: new Float64Array(features) };
}

/** `u = x − mean` and `z = V·u + shift` of a row and a component. */
function whiten(
  x: Float32Array,
  row: number,
  { mean, shift, weights }: MixtureArrays,
  k: number,
  { components, features: n }: MixtureSizes,
  u: Float64Array,
  z: Float64Array,
): void {
  let at = (weights.length / components) * k;
  for (let i = 0; i < n; i++) {
    const value = x[row * n + i] as number;
    u[i] = Math.max(-FAR, Math.min(FAR, value)) - (mean[k * n + i] as number);
    let sum = shift === undefined ? 0 : (shift[k * n + i] as number);
    for (let j = 0; j <= i; j++) sum += (weights[at++] as number) * (u[j] as number);
    z[i] = sum;
  }
}

function halfSquares(z: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (z[i] as number) ** 2;
  // Where float32 has no number, there is no density, as with the other kernels.
  return sum > LARGEST ? Number.POSITIVE_INFINITY : 0.5 * sum;
}

const LARGEST = 3.4028234663852886e38;

/** `base = max`, or 0 where all are −∞, and `Σ exp(term − base)`. */
function exponentials(terms: Float64Array): { readonly base: number; readonly sum: number } {
  let base = Number.NEGATIVE_INFINITY;
  // Unlike a comparison, max gives NaN where one of its operands is.
  for (const term of terms) base = Math.max(base, term);
  if (base === Number.NEGATIVE_INFINITY) base = 0;
  let sum = 0;
  for (const term of terms) sum += Math.exp(term - base);
  return { base, sum };
}
