import type { Key, ParameterTree } from "@pushforward/core";
import { AbstractModule, parameterTree } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { LayerNorm } from "./layer-norm.ts";
import { linearMap } from "./linear-map.ts";
import { Mlp } from "./mlp.ts";

/** What is added to the scores of elements that nothing may look at. */
const HIDDEN = -1e9;

/**
 * A block of a transformer, `h ← h + attention(norm(h))`, `h ← h + network(norm(h))`, with queries, keys and values of every
 * element for each head, `softmax(q·kᵀ/√d)·v`.
 */
export class AttentionBlock extends AbstractModule {
  private readonly heads: number;
  private readonly attentionNorm: LayerNorm;
  private readonly query: Mlp;
  private readonly key: Mlp;
  private readonly value: Mlp;
  private readonly mixed: Mlp;
  private readonly networkNorm: LayerNorm;
  private readonly network: Mlp;

  constructor(width: number, heads: number, key: Key | undefined) {
    super();
    this.heads = heads;
    this.attentionNorm = new LayerNorm(width);
    this.query = linearMap(width, width, key?.fold("query"));
    this.key = linearMap(width, width, key?.fold("key"));
    this.value = linearMap(width, width, key?.fold("value"));
    this.mixed = linearMap(width, width, key?.fold("mixed"));
    this.networkNorm = new LayerNorm(width);
    this.network = new Mlp({
      inputSize: width,
      outputSize: width,
      hidden: [2 * width],
      activation: "silu",
      layout: { start: "uniform" },
      ...(key && { key: key.fold("network") }),
    });
  }

  /** `[rows, elements, width]` → the same; nothing looks at elements that are not `members`, `[rows, 1, elements]`. */
  apply(h: tf.Tensor, members: tf.Tensor | undefined): tf.Tensor {
    const attended = tf.add(h, this.attention(this.attentionNorm.apply(h), members));
    return tf.add(attended, this.network.apply(this.networkNorm.apply(attended)));
  }

  override parameters(): ParameterTree {
    const { attentionNorm, query, key, value, mixed, networkNorm, network } = this;
    return parameterTree({ attentionNorm, query, key, value, mixed, networkNorm, network });
  }

  private attention(h: tf.Tensor, members: tf.Tensor | undefined): tf.Tensor {
    const [rows, elements, width] = h.shape as [number, number, number];
    const { heads } = this;
    const size = width / heads;
    const byHead = (z: tf.Tensor): tf.Tensor =>
      tf.reshape(tf.transpose(tf.reshape(z, [rows, elements, heads, size]), [0, 2, 1, 3]), [-1, elements, size]);
    const [query, key, value] = [this.query, this.key, this.value].map((map) => byHead(map.apply(h))) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    let scores = tf.div(tf.matMul(query, key, false, true), Math.sqrt(size));
    if (members) {
      const bias = tf.mul(tf.sub(1, members), HIDDEN);
      scores = tf.add(tf.reshape(scores, [rows, heads, elements, elements]), tf.expandDims(bias, 1));
      scores = tf.reshape(scores, [-1, elements, elements]);
    }
    const mean = tf.reshape(tf.matMul(tf.softmax(scores), value), [rows, heads, elements, size]);
    return this.mixed.apply(tf.reshape(tf.transpose(mean, [0, 2, 1, 3]), [rows, elements, width]));
  }
}
