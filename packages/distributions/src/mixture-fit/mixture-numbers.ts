import { invertLower, type MixtureNumbers } from "@pushforward/core/plain";

/** A mixture as its density is computed: `ln wₖ N(x; mₖ, LₖLₖᵀ) = constantₖ − ½ |Wₖ (x − mₖ)|²` with W = L⁻¹. */
export interface WhitenedMixture {
  readonly components: number;
  readonly features: number;
  readonly constants: Float64Array;
  readonly means: Float64Array;
  /** The rows of the lower triangle of each W, one after the other: `[K, d (d + 1) / 2]`. */
  readonly whitening: Float64Array;
}

/** The whitened form of a mixture. */
export function whitenMixture(mixture: MixtureNumbers): WhitenedMixture {
  const { components, features: d, weights, means, scaleTrils } = mixture;
  const constants = new Float64Array(components);
  const whitening = new Float64Array((components * d * (d + 1)) / 2);
  let at = 0;
  for (let k = 0; k < components; k++) {
    const inverse = invertLower(scaleTrils.subarray(k * d * d, (k + 1) * d * d), d);
    let constant = Math.log(weights[k] as number) - (d / 2) * Math.log(2 * Math.PI);
    for (let i = 0; i < d; i++) {
      constant += Math.log(inverse[i * d + i] as number);
      for (let j = 0; j <= i; j++) whitening[at++] = inverse[i * d + j] as number;
    }
    constants[k] = constant;
  }
  return { components, features: d, constants, means, whitening };
}

/** The mixture of the first columns of one. */
export function leadingColumns(mixture: MixtureNumbers, columns: number): MixtureNumbers {
  const { components, features: d, weights, means, scaleTrils } = mixture;
  const result = {
    components,
    features: columns,
    weights,
    means: new Float64Array(components * columns),
    scaleTrils: new Float64Array(components * columns * columns),
  };
  for (let k = 0; k < components; k++) {
    for (let i = 0; i < columns; i++) {
      result.means[k * columns + i] = means[k * d + i] as number;
      for (let j = 0; j <= i; j++) {
        result.scaleTrils[(k * columns + i) * columns + j] = scaleTrils[(k * d + i) * d + j] as number;
      }
    }
  }
  return result;
}
