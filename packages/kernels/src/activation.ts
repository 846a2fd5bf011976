/** Nonlinearity between the layers of a network. */
export type Activation = "relu" | "tanh" | "elu" | "silu";

/** The numbers by which the WebAssembly kernels know the activations. */
export const activationKinds: Readonly<Record<Activation, number>> = { relu: 0, tanh: 1, elu: 2, silu: 3 };
