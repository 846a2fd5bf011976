import type { Key, Module } from "@pushforward/core";

/** A model with parameters moved away from their initial values. */
export function moved<T extends Partial<Module>>(model: T, key: Key, by = 0.2): T {
  for (const [path, parameter] of model.parameters?.() ?? []) {
    if (!parameter.trainable) continue;
    const values = parameter.read();
    const noise = key.fold(path).normal(values.length);
    parameter.write(Float32Array.from(values, (value, i) => value + by * (noise[i] as number)));
  }
  return model;
}
