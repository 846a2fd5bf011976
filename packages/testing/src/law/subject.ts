import type { Key, ParameterTree } from "@pushforward/core";
import { disposeParameters, isModule } from "@pushforward/core/extend";

/** An object under test, with its parameters moved a little away from where they start. */
export interface Subject<T> {
  readonly value: T;
  readonly parameters: ParameterTree;
}

/**
 * Builds an object, moves its trainable parameters (an identity start would hide errors), runs `use`, and disposes it
 * however `use` ends.
 */
export function withSubject<T extends object, R>(
  make: (key: Key) => T,
  key: Key,
  perturbation: number,
  use: (subject: Subject<T>) => R,
): R {
  const [makeKey, moveKey] = key.split();
  const value = make(makeKey);
  const parameters: ParameterTree = isModule(value) ? value.parameters() : new Map();
  const finish = (): void => {
    if (isModule(value)) value.dispose();
    disposeParameters(parameters);
  };
  let result: R;
  try {
    for (const [path, parameter] of parameters) {
      if (!parameter.trainable) continue;
      const values = parameter.read();
      const noise = moveKey.fold(path).normal(values.length);
      parameter.write(Float32Array.from(values, (v, i) => v + perturbation * (noise[i] as number)));
    }
    result = use({ value, parameters });
  } catch (error) {
    finish();
    throw error;
  }
  if (result instanceof Promise) return result.finally(finish) as R;
  finish();
  return result;
}
