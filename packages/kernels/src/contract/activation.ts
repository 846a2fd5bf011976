import type { Activation } from "@pushforward/core";

/** What the kernels can apply to each number: the nonlinearities, and the sigmoid of gates. */
export type Nonlinearity = Activation | "sigmoid";

/** The numbers by which the WebAssembly kernels know them. */
export const nonlinearityKinds: Readonly<Record<Nonlinearity, number>> = {
  relu: 0,
  tanh: 1,
  elu: 2,
  silu: 3,
  sigmoid: 4,
};
