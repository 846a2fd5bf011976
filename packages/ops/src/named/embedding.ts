import type { Parameter, TensorLike } from "@pushforward/core";
import { asTensor, type EmbeddingSettings, type PlanBuilder, type PlanMatrix } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../linear-algebra/matrix-stack.ts";

/**
 * Looks codes up in learned tables, one for each column, and puts the rows side by side: `y = [T₀[c₀], T₁[c₁], …]`.
 *
 * @param codes `[..., columns]`, integers from 0.
 * @param table the tables one after the other, row by row, as one vector of `Σ codes·width` numbers.
 * @returns `[..., Σ width]`; NaN for a code that its table does not have.
 * @example
 * embedding([[1, 0]], [1, 2, 3, 4, 9], { tables: [{ codes: 2, width: 2 }, { codes: 1, width: 1 }] }); // [[3, 4, 9]]
 */
export function embedding(codes: TensorLike, table: TensorLike, { tables }: EmbeddingSettings): tf.Tensor {
  return tf.tidy(() => {
    const all = asTensor(codes, "embedding");
    const weights = asTensor(table, "embedding");
    const rows = all.size / tables.length;
    const flat = tf.reshape(all, [rows, tables.length]);
    let start = 0;
    const parts = tables.map(({ codes: count, width }, j) => {
      const column = tf.reshape(tf.slice(flat, [0, j], [rows, 1]), [rows]);
      const own = tf.reshape(tf.slice(weights, [start], [count * width]), [count, width]);
      start += count * width;
      const isKnown = tf.logicalAnd(tf.greaterEqual(column, 0), tf.less(column, count));
      // A product, because it has a gradient on every backend.
      const chosen = tf.equal(tf.reshape(column, [rows, 1]), tf.reshape(tf.range(0, count), [1, count]));
      const looked = matMul(tf.cast(chosen, "float32"), own);
      return tf.where(tf.broadcastTo(tf.reshape(isKnown, [rows, 1]), [rows, width]), looked, Number.NaN);
    });
    return tf.reshape(tf.concat(parts, 1), [
      ...all.shape.slice(0, -1),
      parts.reduce((sum, p) => sum + (p.shape[1] as number), 0),
    ]);
  });
}

/** {@link embedding} as a step of a plan: codes `[rows, columns]` → `[rows, Σ width]`. */
export function embeddingStep(
  plan: PlanBuilder,
  codes: PlanMatrix,
  table: Parameter,
  settings: EmbeddingSettings,
): PlanMatrix {
  return plan.add("embedding", { inputs: [codes], parameters: [table], settings })[0];
}
