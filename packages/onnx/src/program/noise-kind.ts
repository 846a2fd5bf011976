/** Distributions of random numbers: N(0, 1), and uniform on [0, 1). */
export type NoiseKind = "normal" | "uniform";
