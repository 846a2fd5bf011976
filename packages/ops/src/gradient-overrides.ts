import type { GradConfig } from "@tensorflow/tfjs-core";

/** Gradients that replace or complete those of tfjs-core. */
export const gradientOverrides: readonly GradConfig[] = [];
