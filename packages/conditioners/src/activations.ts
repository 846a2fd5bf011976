/** All activations, as files name them. */
export const ACTIVATIONS: readonly ["relu", "tanh", "elu", "silu"] = ["relu", "tanh", "elu", "silu"];
