import type { Parameter } from "@pushforward/core";
import { parameter } from "@pushforward/core/extend";
import type { MixtureNumbers } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { eachRow } from "./each-row.ts";

/** The mean over features of their log-densities, each alone, of a mixture plus normal noise; computed in float32. */
export class MarginalDensities {
  private readonly width: number;
  private readonly components: number;
  /** `[d, K]` each: means, `1 / 2s²`, and `log wₖ − ½ log 2πs²` for the variance s² of a feature in a component. */
  private readonly means: Parameter;
  private readonly halfPrecisions: Parameter;
  private readonly constants: Parameter;

  constructor({ components: K, features: d, weights, means, scaleTrils }: MixtureNumbers, variance: number) {
    this.width = d;
    this.components = K;
    const values = [0, 1, 2].map(() => new Float32Array(d * K)) as [Float32Array, Float32Array, Float32Array];
    for (let k = 0; k < K; k++) {
      for (let j = 0; j < d; j++) {
        let spread = variance;
        for (let c = 0; c <= j; c++) spread += (scaleTrils[(k * d + j) * d + c] as number) ** 2;
        values[0][j * K + k] = means[k * d + j] as number;
        values[1][j * K + k] = 0.5 / spread;
        values[2][j * K + k] = Math.log(weights[k] as number) - 0.5 * Math.log(2 * Math.PI * spread);
      }
    }
    const [own, halfPrecisions, constants] = values.map((one) => parameter([d, K], () => one, { trainable: false }));
    this.means = own as Parameter;
    this.halfPrecisions = halfPrecisions as Parameter;
    this.constants = constants as Parameter;
  }

  /** One number for each of the rows `[rows, width]`. */
  meanLogProb(rows: Float64Array): Float64Array {
    const { width: d, components: K } = this;
    return eachRow(rows, { width: d, cost: d * K, results: 1 }, (x) => this.ofBlock(x));
  }

  dispose(): void {
    for (const one of [this.means, this.halfPrecisions, this.constants]) one.dispose();
  }

  private ofBlock(x: tf.Tensor2D): tf.Tensor {
    const squares = tf.square(tf.sub(tf.expandDims(x, 2), this.means.variable));
    const terms = tf.sub(this.constants.variable, tf.mul(squares, this.halfPrecisions.variable));
    return tf.mean(tf.logSumExp(terms, 2), 1);
  }
}
