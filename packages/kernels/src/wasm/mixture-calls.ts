import type { Kernels } from "../contract/kernels.ts";
import { at } from "./addresses.ts";
import type { KernelExports } from "./kernel-abi.ts";

/** The mixtures of Gaussians. */
export function mixtureCalls(calls: KernelExports): Pick<Kernels, "mixtureForward" | "mixtureGradient"> {
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

/** The weights of mixtures, and their gradients. */
export function mixtureWeightCalls(calls: KernelExports): Pick<Kernels, "mixtureWeights" | "mixtureWeightsGradient"> {
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
