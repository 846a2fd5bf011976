import type { Activation } from "@pushforward/core/plain";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";

/** What the kernels can apply to each number: the nonlinearities, and the sigmoid of gates. */
export type Nonlinearity = Activation | "sigmoid";

/** The numbers by which the WebAssembly kernels know them. */
const nonlinearityKinds: Readonly<Record<Nonlinearity, number>> = {
  relu: 0,
  tanh: 1,
  elu: 2,
  silu: 3,
  sigmoid: 4,
};

/** The activations. */
export interface ActivationKernels {
  /** `h = act(z)`; h may be z. */
  activate(z: Float32Array, h: Float32Array, activation: Nonlinearity): void;
  /** `dz = dh ⊙ act′ (+ dz)`; `saved` is act(z), for silu z; dz may be dh. */
  activateGradient(
    saved: Float32Array,
    dh: Float32Array,
    dz: Float32Array,
    activation: Nonlinearity,
    accumulate?: boolean,
  ): void;
}

/** How they are computed by the functions of a module. */
export function activationCalls(calls: KernelExports): ActivationKernels {
  return {
    activate(z, h, activation) {
      calls.activate(at(z), at(h), h.length, nonlinearityKinds[activation]);
    },
    activateGradient(saved, dh, dz, activation, accumulate) {
      calls.activateGradient(at(saved), at(dh), at(dz), dz.length, nonlinearityKinds[activation], flag(accumulate));
    },
  };
}
