import { ContextError, type Distribution, OptionError } from "@pushforward/core";
import { checkOptions, describeValue, isConditionalDistribution } from "@pushforward/core/extend";
import { logSumExp } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { Loss } from "./loss.ts";

/** Options of {@link contrastiveLoss}. */
export interface ContrastiveLossOptions {
  /** The prior of the rows x, by which the density is divided; rows outside of its support give a loss that is not finite. */
  readonly prior: Distribution;
  /** Rows that are compared: the own one and others of the batch, at most all of them. Default: 10. */
  readonly atoms?: number;
}

/**
 * The loss of sequential posterior estimation by atomic proposals (Greenberg, Nonnenmacher and Macke 2019, arXiv:1905.07488), for
 * conditional distributions: the mean over rows of `−log(r(xᵢ, cᵢ)/Σⱼ r(xⱼ, cᵢ))` with `r(x, c) = q(x | c)/p(x)`, where j runs over the row
 * itself and `atoms − 1` others of the batch. Whatever proposal the parameters x were drawn from, its minimum is the posterior
 * `p(x | c) ∝ p(x) p(c | x)` on the support of the proposal; maximum likelihood gives `∝ proposal(x) p(c | x)`. It is 0 for a single row.
 *
 * Batches should not be small, and q should be one whose mass cannot leave the support of the prior: outside of the
 * proposal nothing holds it back.
 *
 * @throws {OptionError} `atoms` is not an integer from 2; by the loss: the model is no conditional distribution.
 * @throws {ContextError} by the loss: data without a context.
 * @example
 * using q = maf({ features: 2, context: 2, key: createKey(0) });
 * const rows = { x: [[0.1, 0.2], [0.5, -0.3], [0.9, 0.4]], context: [[0, 1], [1, 0], [1, 1]] };
 * await train(q, rows, { key: createKey(1), loss: contrastiveLoss({ prior, atoms: 3 }), epochs: 2, validation: 0 });
 */
export function contrastiveLoss(options: ContrastiveLossOptions): Loss {
  checkOptions("contrastiveLoss", options, { prior: true, atoms: true });
  const { prior, atoms = 10 } = options;
  if (!Number.isSafeInteger(atoms) || atoms < 2) {
    throw new OptionError(`contrastiveLoss: expected atoms to be an integer from 2, got ${describeValue(atoms)}.`);
  }
  return (model, { x, context, weights, size }, key) =>
    tf.tidy(() => {
      if (!isConditionalDistribution(model)) {
        throw new OptionError("contrastiveLoss: expected a conditional distribution, got a model without a context.");
      }
      if (context === undefined) throw new ContextError("contrastiveLoss: expected data with a context, got none.");
      // Others are the batch, rotated: no row meets itself or another one twice.
      const shifts = key.permutation(Math.max(0, size - 1)).subarray(0, atoms - 1);
      const rotations = (rows: tf.Tensor): tf.Tensor =>
        tf.stack([rows, ...Array.from(shifts, (shift) => rotated(rows, shift + 1))], 0);
      const logQ = model.given(context).logProb(rotations(x));
      const logRatios = tf.sub(logQ, rotations(prior.logProb(x)));
      const own = tf.reshape(tf.slice(logRatios, [0, 0], [1, size]), [size]);
      const losses = tf.sub(logSumExp(logRatios, 0), own);
      return tf.mean(weights === undefined ? losses : tf.mul(losses, weights));
    });
}

function rotated(rows: tf.Tensor, shift: number): tf.Tensor {
  return tf.concat([tf.slice(rows, shift), tf.slice(rows, 0, shift)], 0);
}
