import type { StateDict } from "../file/state-dict.ts";

/** Layers of nflows that are not read, by a key that only they have. */
const LAYERS: readonly (readonly [key: RegExp, name: string])[] = [
  [/^initialized$/, "ActNorm"],
  [/^q_vectors$/, "HouseholderSequence"],
  [/^_weight$/, "NaiveLinear"],
  [/^_transform\./, "InverseTransform"],
  [/^temperature$/, "Sigmoid with a learned temperature"],
  [/^unnormalized_pdf$/, "PiecewiseLinearCDF"],
  [/^unnorm_derivatives_left$/, "PiecewiseCubicCDF"],
  [/^unnormalized_derivatives$/, "PiecewiseRationalQuadraticCDF"],
  [/^unnormalized_widths$/, "PiecewiseQuadraticCDF"],
];

/** The class of the layer under a prefix, where its keys tell it. */
export function nflowsLayerName(state: StateDict, prefix: string): string | undefined {
  const own = state.keys().flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
  return LAYERS.find(([pattern]) => own.some((key) => pattern.test(key)))?.[1];
}
