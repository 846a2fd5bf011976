import { nonlinearityKinds } from "../contract/activation.ts";
import { dropoutValues, type Kernels } from "../contract/kernels.ts";
import { at, flag } from "./addresses.ts";
import type { KernelExports } from "./kernel-abi.ts";

/** The activations, and what multiplies them. */
export function activationCalls(
  calls: KernelExports,
): Pick<Kernels, "activate" | "activateGradient" | "multiply" | "dropoutMask"> {
  return {
    activate(z, h, activation) {
      calls.activate(at(z), at(h), h.length, nonlinearityKinds[activation]);
    },
    activateGradient(saved, dh, dz, activation, accumulate) {
      calls.activateGradient(at(saved), at(dh), at(dz), dz.length, nonlinearityKinds[activation], flag(accumulate));
    },
    multiply(values, factors, to) {
      calls.multiply(at(values), at(factors), at(to), to.length);
    },
    dropoutMask(k0, k1, firstBlock, rate, out, scratch) {
      const { limit, kept } = dropoutValues(rate);
      calls.dropoutMask(k0, k1, firstBlock, limit, kept, at(out), out.length, at(scratch));
    },
  };
}
