import { type Bijection, OptionError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { Permutation } from "../linear/permutation.ts";
import { chain } from "./chain.ts";
import { concatenate } from "./concatenate.ts";
import { Identity } from "./identity.ts";
import { invert } from "./invert.ts";

/** Options of {@link masked}. */
export interface MaskedOptions {
  /** The bijection of the chosen features, of which it sees no others. */
  readonly bijection: Bijection;
  /** `mask[i]` is true for a feature that is transformed. */
  readonly mask: readonly boolean[];
}

/**
 * A bijection on chosen features of the last axis; the others stay as they are. The chosen features are brought to the
 * front in their order, transformed there, and brought back; log-det is that of the bijection.
 *
 * @throws {OptionError} the mask chooses no feature or all; the bijection changes the event rank.
 * @throws {ShapeError} a value with another number of features; the bijection does not take as many as the mask chooses.
 * @example
 * const transform = masked({ bijection: new Exp(), mask: [false, true, false] });
 * transform.forward(tf.tensor1d([5, 0, 7])); // → [5, 1, 7]
 */
export function masked(options: MaskedOptions): Bijection {
  checkOptions("masked", options, { bijection: true, mask: true });
  const { bijection, mask } = options;
  const places = [...mask.keys()];
  const chosen = places.filter((i) => mask[i] === true);
  const others = places.filter((i) => mask[i] !== true);
  if (chosen.length === 0 || others.length === 0) {
    throw new OptionError(
      `masked: expected a mask that chooses some features and not all, got ${chosen.length} of ${mask.length}.`,
    );
  }
  const order = new Permutation({ order: [...chosen, ...others] });
  const inFront = concatenate({ parts: [bijection, new Identity()], sizes: [chosen.length, others.length] });
  return chain([order, inFront, invert(order)]);
}
