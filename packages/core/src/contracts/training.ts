import type { Key } from "../key.ts";
import type { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/** A step of training, for parts of a model that are random while it is trained. */
export interface Training {
  /**
   * The key of the randomness of a parameter in this step, for instance dropout after a weight: a function of the step key and
   * of the path of the parameter in the model. Undefined for a parameter outside the model.
   */
  keyOf(parameter: Parameter): Key | undefined;
}

let current: Training | undefined;

/** Parameter paths of models. The structure of a model never changes. */
const paths = new WeakMap<object, ReadonlyMap<Parameter, string>>();

/**
 * Runs a training step of a model, with dropout in its networks. `train` calls it around its loss. The same key
 * produces the same numbers, even if a network is used twice within the step. Use a new key for each step.
 *
 * @param run computes the loss; the step is over as soon as it returns, before awaited work.
 * @example
 * using flow = maf({ features: 2, dropout: 0.1, key });
 * flow.logProb(x); // makes the parameters
 * const { value, grads } = tf.variableGrads(() =>
 *   withTraining(flow, key.fold("step 1"), () => tf.neg<tf.Scalar>(tf.mean(flow.logProb(x)))),
 * );
 */
export function withTraining<T>(model: Pick<Module, "parameters">, key: Key, run: () => T): T {
  const outer = current;
  current = new Step(model, key);
  try {
    return run();
  } finally {
    current = outer;
  }
}

/** The step of training that runs; undefined outside of {@link withTraining}. */
export function currentTraining(): Training | undefined {
  return current;
}

class Step implements Training {
  private readonly model: Pick<Module, "parameters">;
  private readonly key: Key;

  constructor(model: Pick<Module, "parameters">, key: Key) {
    this.model = model;
    this.key = key;
  }

  keyOf(parameter: Parameter): Key | undefined {
    const path = this.paths().get(parameter);
    return path === undefined ? undefined : this.key.fold(path);
  }

  private paths(): ReadonlyMap<Parameter, string> {
    let known = paths.get(this.model);
    if (known === undefined) {
      known = new Map(Array.from(this.model.parameters(), ([path, parameter]) => [parameter, path]));
      paths.set(this.model, known);
    }
    return known;
  }
}
