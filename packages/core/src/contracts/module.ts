import type { Parameter } from "./parameter.ts";

/// <reference lib="esnext.disposable" preserve="true" />

/** Parameters by their path, for instance `transform.layers.0.conditioner.layers.1.weight`, in a fixed order. */
export type ParameterTree = ReadonlyMap<string, Parameter>;

/** Something that owns parameters. */
export interface Module extends Disposable {
  /** All parameters under it, buffers included. */
  parameters(): ParameterTree;
  /** Frees the parameters. A second call has no effect; later use throws `DisposedError`. */
  dispose(): void;
}

/** True for a value with a `parameters()` method. */
export function isModule(value: unknown): value is Module {
  return typeof value === "object" && value !== null && "parameters" in value && typeof value.parameters === "function";
}

/**
 * The parameters of an object made of named parts. A part is a parameter, a module, or an array of these; any other
 * value (a number, a transform without parameters) has none. A parameter that is reachable twice keeps its first path.
 *
 * @example
 * const base = new DiagonalNormal({ features: 2, learnable: true });
 * const tree = parameterTree({ base, transform: new AffineElementwise({ features: 2 }) });
 * Array.from(tree.keys()); // → ["base.mean", "base.logScale", "transform.scale", "transform.shift"]
 */
export function parameterTree(parts: Readonly<Record<string, unknown>>): ParameterTree {
  const tree = new Map<string, Parameter>();
  const seen = new Set<Parameter>();
  const add = (path: string, value: unknown): void => {
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) add(`${path}.${i}`, item);
    } else if (isModule(value)) {
      for (const [name, parameter] of value.parameters()) addParameter(`${path}.${name}`, parameter);
    } else if (isParameter(value)) {
      addParameter(path, value);
    }
  };
  const addParameter = (path: string, parameter: Parameter): void => {
    if (seen.has(parameter)) return;
    seen.add(parameter);
    tree.set(path, parameter);
  };
  for (const [name, value] of Object.entries(parts)) add(name, value);
  return tree;
}

/** Disposes every parameter of a module's tree: the body of most `dispose()` methods. */
export function disposeParameters(tree: ParameterTree): void {
  for (const parameter of tree.values()) parameter.dispose();
}

/**
 * Number of trainable values under a module.
 *
 * @example
 * parameterCount(new AffineElementwise({ features: 2 }).parameters()); // → 4
 */
export function parameterCount(tree: ParameterTree): number {
  let count = 0;
  for (const { shape, trainable } of tree.values()) if (trainable) count += shape.reduce((a, b) => a * b, 1);
  return count;
}

function isParameter(value: unknown): value is Parameter {
  return typeof value === "object" && value !== null && "trainable" in value && "write" in value && "read" in value;
}

/**
 * Base class of parameter owners. Each field that is a parameter, a module or an array of these is in the tree under its name.
 * A second `dispose()` has no effect.
 */
export abstract class AbstractModule implements Module {
  parameters(): ParameterTree {
    return parameterTree(Object.fromEntries(Object.entries(this)));
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
