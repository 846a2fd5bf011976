import type { Key, Module } from "@pushforward/core";

/** Moves every trainable parameter, so that a model is not at its identity start. */
export function perturb<M extends Module>(model: M, key: Key, deviation: number): M {
  for (const [path, parameter] of model.parameters()) {
    if (!parameter.trainable) continue;
    const noise = key.fold(path).normal(parameter.shape.reduce((a, b) => a * b, 1));
    parameter.write(parameter.read().map((value, i) => value + deviation * (noise[i] as number)));
  }
  return model;
}
