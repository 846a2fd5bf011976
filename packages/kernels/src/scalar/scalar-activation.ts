import type { ActivationKernels, Nonlinearity } from "../families/activation.ts";
import { sigmoid } from "./sigmoid.ts";

interface ActivationFunctions {
  readonly value: (z: number) => number;
  /** From the value, for silu from its input. */
  readonly derivative: (saved: number) => number;
}

const functions: Readonly<Record<Nonlinearity, ActivationFunctions>> = {
  relu: { value: (z) => Math.max(z, 0), derivative: (h) => (h > 0 ? 1 : 0) },
  tanh: { value: Math.tanh, derivative: (h) => 1 - h * h },
  elu: { value: (z) => (z > 0 ? z : Math.expm1(z)), derivative: (h) => (h > 0 ? 1 : h + 1) },
  silu: {
    value: (z) => z / (1 + Math.exp(-z)),
    derivative: (z) => {
      const s = sigmoid(z);
      return s * (1 + z * (1 - s));
    },
  },
  sigmoid: { value: sigmoid, derivative: (h) => h * (1 - h) },
};

/** The activations in TypeScript. */
export const scalarActivation: ActivationKernels = {
  activate(z, h, activation) {
    const { value } = functions[activation];
    for (let i = 0; i < h.length; i++) h[i] = value(z[i] as number);
  },

  activateGradient(saved, dh, dz, activation, accumulate = false) {
    const { derivative } = functions[activation];
    for (let i = 0; i < dz.length; i++) {
      const d = (dh[i] as number) * derivative(saved[i] as number);
      dz[i] = accumulate ? d + (dz[i] as number) : d;
    }
  },
};
