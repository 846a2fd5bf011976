import { ModelFileError, type NdArray, OptionError } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { type ConditionalFlow, type Flow, logProbRows } from "@pushforward/flows";

/** Log-densities that another library computed, to compare an imported model with. */
export interface ReferenceDensity {
  /** Points, `[rows, features]`. */
  readonly x: NdArray;
  /** The context of each, `[rows, context]`. */
  readonly context?: NdArray;
  /** Their log-densities in nats, `[rows]`. */
  readonly logProb: ArrayLike<number>;
  /** The largest difference, relative to `max(1, |logProb|)`. Default: 1e-4, for densities in float32. */
  readonly tolerance?: number;
}

/**
 * The model, when its log-densities are those of a reference; else it is disposed. A backend must be running.
 *
 * @throws {ModelFileError} they differ by more than the tolerance.
 */
export function checkReference<M extends Flow | ConditionalFlow>(
  where: string,
  model: M,
  reference: ReferenceDensity,
): M {
  try {
    compare(where, model, reference);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function compare(
  where: string,
  model: Flow | ConditionalFlow,
  { x, context, logProb, tolerance = 1e-4 }: ReferenceDensity,
): void {
  if (x.shape[0] !== logProb.length) {
    throw new OptionError(`${where}: expected reference.logProb with ${x.shape[0]} numbers, got ${logProb.length}.`);
  }
  if (isConditionalDistribution(model) && context === undefined) {
    throw new OptionError(`${where}: expected reference.context, because the model takes one, got none.`);
  }
  const ours = logProbRows(model, x, context);
  let worst = 0;
  let row = 0;
  for (const [i, value] of ours.entries()) {
    const theirs = logProb[i] as number;
    const error = Math.abs(value - theirs) / Math.max(1, Math.abs(theirs));
    if (!(error <= worst)) [worst, row] = [error, i];
    if (Number.isNaN(error)) break;
  }
  if (worst <= tolerance) return;
  throw new ModelFileError(
    "weights",
    `${where}: expected log-density ${logProb[row]} in row ${row} of the reference, got ${ours[row]}. ` +
      "Something that the file does not show may be another: slope, bound, activation, the kind of spline, the smallest " +
      "sizes of bins, a last transform without parameters.",
  );
}
