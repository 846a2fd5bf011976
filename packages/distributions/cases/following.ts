import type {
  ConditionalDistribution,
  Distribution,
  Parameter,
  ParameterTree,
  Shape,
  TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  type AnyCodec,
  asTensor,
  ConfigReader,
  defineCodec,
  parameter,
  parameterTree,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { DiagonalNormal } from "../src/normals/diagonal-normal.ts";

/** Independent normals around `slope · context`, with one scale; the smallest conditional distribution that learns. */
export class Following extends AbstractModule implements ConditionalDistribution {
  readonly contextShape: Shape;
  readonly scale: number;
  private readonly slope: Parameter;

  constructor(features: number, slope: number, scale: number) {
    super();
    this.contextShape = [features];
    this.scale = scale;
    this.slope = parameter([features], Array(features).fill(slope));
  }

  given(context: TensorLike): Distribution {
    const batchShape = tf.tidy(() => asTensor(context, "Following").shape).slice(0, -1);
    const at = (): DiagonalNormal =>
      new DiagonalNormal({ mean: tf.mul(asTensor(context, "Following"), this.slope.variable), scale: this.scale });
    return {
      batchShape,
      eventShape: this.contextShape,
      logProb: (x) => tf.tidy(() => at().logProb(x)),
      sample: (key, shape) => tf.tidy(() => at().sample(key, shape)),
      sampleAndLogProb: (key, shape) => tf.tidy(() => at().sampleAndLogProb(key, shape)),
    };
  }

  override parameters(): ParameterTree {
    return parameterTree({ slope: this.slope });
  }
}

/** Its codec, for the laws of files. */
export const followingCodec: AnyCodec = defineCodec<Following>({
  type: "cases/following",
  version: 1,
  is: (value): value is Following => value instanceof Following,
  encode: ({ contextShape, scale }) => ({ features: contextShape[0] as number, scale }),
  decode: (config) => {
    const c = new ConfigReader("cases/following", config);
    const following = new Following(c.count("features"), 0, c.number("scale"));
    c.end();
    return following;
  },
});
