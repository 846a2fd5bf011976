import { type Module, OptionError, type Parameter, type ParameterTree } from "@pushforward/core";
import { resolveMultipliers, type TrainOptions } from "./train-options.ts";

/** The parameters of a model, as a fit sees them. */
export interface FitParameters {
  readonly all: ParameterTree;
  /** Those that may change: neither frozen nor at rate 0. */
  readonly changing: ParameterTree;
  /** Those of them that are trained. */
  readonly trained: ParameterTree;
  /** What the learning rate of each of these is multiplied by; undefined where it is 1 for all. */
  readonly multipliers: ReadonlyMap<string, number> | undefined;
}

/**
 * Chooses what is trained.
 *
 * @throws {OptionError} a rate out of range, or nothing to train.
 */
export function fitParameters<M extends Module>(
  model: M,
  {
    freeze = () => false,
    learningRateMultipliers: multiplierOf = () => 1,
  }: Pick<TrainOptions<M>, "freeze" | "learningRateMultipliers">,
): FitParameters {
  const all = model.parameters();
  const free = filterTree(all, (path) => !freeze(path));
  const multipliers = resolveMultipliers(
    multiplierOf,
    filterTree(free, (_path, { trainable }) => trainable),
  );
  const changing = filterTree(free, (path) => multipliers.get(path) !== 0);
  const trained = filterTree(changing, (_path, { trainable }) => trainable);
  if (trained.size === 0) {
    throw new OptionError("train: expected a parameter to train, got a model where all are frozen or not trainable.");
  }
  const isEven = Array.from(trained.keys()).every((path) => multipliers.get(path) === 1);
  return { all, changing, trained, multipliers: isEven ? undefined : multipliers };
}

function filterTree(tree: ParameterTree, keep: (path: string, parameter: Parameter) => boolean): ParameterTree {
  return new Map(Array.from(tree).filter(([path, parameter]) => keep(path, parameter)));
}
