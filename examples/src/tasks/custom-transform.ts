import * as tf from "@tensorflow/tfjs-core";
import { createKey, Flow, StandardNormal, toyDataset, train, useBackend } from "pushforward";
import { AbstractElementwise, type MapResult, parameter } from "pushforward/extend";

/** y = x · exp(s), with a learned s for each of two features. */
class Scale extends AbstractElementwise {
  readonly logScale = parameter([2]);
  constructor() {
    super("Scale", [2]);
  }
  protected forwardMap(x: tf.Tensor): MapResult {
    const s = this.logScale.variable;
    return [tf.mul(x, tf.exp(s)), tf.broadcastTo(s, x.shape)];
  }
  protected inverseMap(y: tf.Tensor): MapResult {
    const s = tf.neg(this.logScale.variable);
    return [tf.mul(y, tf.exp(s)), tf.broadcastTo(s, y.shape)];
  }
}

await useBackend("wasm");
const flow = new Flow(new StandardNormal({ shape: [2] }), new Scale());
const rows = toyDataset("moons").sample(createKey(1), 500);
console.log((await train(flow, rows, { key: createKey(2), maxEpochs: 5 })).bestValidationLoss);
