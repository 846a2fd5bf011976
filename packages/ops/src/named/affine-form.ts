import type { AffineForm } from "@pushforward/core";

/**
 * Whose affine map it is. With the parameters (t, r):
 *
 * - `"pushforward"`: `y = x·eᵃ + t`, `a = 5·tanh(r / 5)`;
 * - `"zuko"`: `y = x·eᵃ + t`, `a = r / (1 + |r / log slope|)`, as in zuko's `MonotonicAffineTransform`;
 * - `"nflows"`: `y = x·(softplus(r) + 0.001) + t`, as in nflows' `MaskedAffineAutoregressiveTransform`;
 * - `"nflows-coupling"`: `y = x·(sigmoid(r + 2) + 0.001) + t`, as in nflows' `AffineCouplingTransform`.
 *
 * Each direction is that library's own: its forward map goes from data to noise.
 */
export type AffineParameterization = "pushforward" | "zuko" | "nflows" | "nflows-coupling";

/** The form of a parameterization; `slope` is the smallest scale of zuko's. */
export function affineForm(parameterization: AffineParameterization, slope: number): AffineForm {
  switch (parameterization) {
    case "pushforward":
      return { scale: "tanh", limit: 5, offset: 0, least: 0 };
    case "zuko":
      return { scale: "clip", limit: -Math.log(slope), offset: 0, least: 0 };
    case "nflows":
      return { scale: "softplus", limit: 0, offset: 0, least: 1e-3 };
    case "nflows-coupling":
      return { scale: "sigmoid", limit: 0, offset: 2, least: 1e-3 };
  }
}
