import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";

/** Units of one layer. */
const MOST_UNITS = 2 ** 24;
/** Weights of one layer, of 4 bytes each: more are a mistake, which would end the program without an error. */
const MOST_WEIGHTS = 2 ** 28;

/** Checks the size of a layer before it costs anything. */
export function checkWeights(where: string, inputs: number, outputs: number): void {
  if (inputs * outputs <= MOST_WEIGHTS) return;
  throw new OptionError(
    `${where}: expected a layer of at most ${MOST_WEIGHTS} weights, got ${inputs} × ${outputs}. Use fewer features, or ` +
      "narrower hidden layers.",
  );
}

/** Checks a size: an integer of at least `min`. */
export function checkSize(where: string, what: string, size: number, min = 1): void {
  if (!Number.isSafeInteger(size) || size < min) {
    throw new OptionError(
      `${where}: expected ${what} to be an integer of at least ${min}, got ${describeValue(size)}.`,
    );
  }
  if (size > MOST_UNITS) throw new OptionError(`${where}: expected ${what} to be at most ${MOST_UNITS}, got ${size}.`);
}
