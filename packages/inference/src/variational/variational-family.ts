import type { Distribution, Module } from "@pushforward/core";
import type * as tf from "@tensorflow/tfjs-core";

/** An approximation that learns: a distribution whose draws are differentiable functions of its parameters. */
export type VariationalFamily = Distribution & Module;

/**
 * A log-density up to a constant, `log p̃(x)`: `[n, ...event]` → `[n]`. It is differentiated, so it is made of tensor
 * operations that have gradients, and finite wherever the approximation has mass.
 */
export type UnnormalizedLogDensity = (x: tf.Tensor) => tf.Tensor;
