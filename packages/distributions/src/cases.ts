import {
  type AnyCodec,
  asTensor,
  type ConditionalDistribution,
  ConfigReader,
  type Distribution,
  defineCodec,
  disposeParameters,
  type Module,
  type Parameter,
  type ParameterTree,
  parameter,
  parameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { ConditionalMixture } from "./conditional-mixture.ts";
import { DiagonalNormal } from "./diagonal-normal.ts";
import { independent } from "./independent.ts";
import { Mixture } from "./mixture.ts";
import { MultivariateNormal } from "./multivariate-normal.ts";
import { StandardNormal } from "./standard-normal.ts";
import { Uniform } from "./uniform.ts";

/** Independent normals around `slope · context`, of one scale; the smallest conditional distribution that learns. */
class Following implements ConditionalDistribution, Module {
  readonly contextShape: Shape;
  readonly scale: number;
  private readonly slope: Parameter;

  constructor(features: number, slope: number, scale: number) {
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

  parameters(): ParameterTree {
    return parameterTree({ slope: this.slope });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Codecs of what only the cases use. */
export const casesCodecs: readonly AnyCodec[] = [
  defineCodec<Following>({
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
  }),
];

const square = { low: -8, high: 8 };

/** One case or more for each distribution of the package. */
export const cases: Readonly<Record<string, DistributionCase>> = {
  "StandardNormal, one feature": {
    make: () => new StandardNormal({ features: 1 }),
    integrate: square,
    mean: 0,
    variance: 1,
  },
  "StandardNormal, two features": { make: () => new StandardNormal({ features: 2 }), integrate: square },
  "StandardNormal, scalar": { make: () => new StandardNormal({ shape: [] }), integrate: square, mean: 0, variance: 1 },
  "StandardNormal, matrix": { make: () => new StandardNormal({ shape: [3, 4] }), mean: Array(12).fill(0) },
  "StandardNormal, 64 features": { make: () => new StandardNormal({ features: 64 }) },
  DiagonalNormal: {
    make: () => new DiagonalNormal({ mean: [1, -0.5], scale: [0.5, 1.5] }),
    integrate: { low: -12, high: 12, points: 801 },
    mean: [1, -0.5],
    variance: [0.25, 2.25],
  },
  "DiagonalNormal, batch": {
    make: () => new DiagonalNormal({ mean: [[0], [1], [-2]], scale: [0.5] }),
    integrate: square,
  },
  "DiagonalNormal, learnable": {
    make: () => new DiagonalNormal({ mean: [1, -0.5], scale: [0.5, 1.5], learnable: true }),
    integrate: { low: -14, high: 14, points: 801 },
  },
  "DiagonalNormal, learnable from zero": {
    make: () => new DiagonalNormal({ features: 5, learnable: true }),
  },
  MultivariateNormal: {
    make: () =>
      new MultivariateNormal({
        mean: [2, 1],
        covariance: [
          [0.5, 0.3],
          [0.3, 0.3],
        ],
      }),
    integrate: { low: -4, high: 8, points: 801 },
    mean: [2, 1],
    variance: [0.5, 0.3],
  },
  "MultivariateNormal, one feature": {
    make: () => new MultivariateNormal({ mean: [2], covariance: [[0.25]] }),
    integrate: square,
    mean: 2,
    variance: 0.25,
  },
  "MultivariateNormal, batch of matrices": {
    make: () =>
      new MultivariateNormal({
        mean: [
          [0, 0],
          [1, -1],
        ],
        scaleTril: [
          [
            [1, 0],
            [0.5, 1],
          ],
          [
            [0.7, 0],
            [-0.3, 1.2],
          ],
        ],
      }),
    integrate: square,
  },
  "MultivariateNormal, learnable": {
    make: () =>
      new MultivariateNormal({
        mean: [1, 0],
        covariance: [
          [1, 0.5],
          [0.5, 2],
        ],
        learnable: true,
      }),
    integrate: { low: -12, high: 12, points: 801 },
  },
  "MultivariateNormal, learnable from zero": {
    make: () => new MultivariateNormal({ features: 5, learnable: true }),
  },
  Uniform: {
    make: () => new Uniform({ low: [-1, 0], high: [1, 3] }),
    mean: [0, 1.5],
    variance: [4 / 12, 9 / 12],
    outside: [
      [-1.001, 1],
      [0, 3.001],
      [Number.POSITIVE_INFINITY, 1],
      [0, Number.NEGATIVE_INFINITY],
      [1e30, -1e30],
    ],
  },
  "Uniform, one feature": {
    make: () => new Uniform({ low: -2, high: 3, features: 1 }),
    cdf: (x) => (x + 2) / 5,
    outside: [[-2.1], [3.1]],
  },
  "Uniform, batch": { make: () => new Uniform({ low: [[0], [-5]], high: [[1], [5]] }), outside: [[-6], [6]] },
  Mixture: {
    make: () =>
      new Mixture({
        weights: [1, 3],
        components: [
          new DiagonalNormal({ mean: [-2, 0], scale: [0.5, 1] }),
          new MultivariateNormal({
            mean: [1, 1],
            covariance: [
              [1, 0.5],
              [0.5, 1],
            ],
          }),
        ],
      }),
    integrate: square,
    mean: [0.25, 0.75],
  },
  "Mixture, with a component without weight": {
    make: () =>
      new Mixture({
        weights: [0, 0.2, 0.8],
        components: [-3, 0, 2].map((mean) => new DiagonalNormal({ mean: [mean], scale: [0.5] })),
      }),
    integrate: square,
    mean: 1.6,
  },
  "Mixture, learnable": {
    make: () =>
      new Mixture({
        learnable: true,
        components: [-2, 0, 2].map((mean) => new DiagonalNormal({ mean: [mean], scale: [0.7], learnable: true })),
      }),
    integrate: square,
  },
  "Mixture, batch": {
    make: () =>
      new Mixture({
        weights: [0.3, 0.7],
        components: [
          new DiagonalNormal({ mean: [[-2], [0]], scale: [[0.5], [1]] }),
          new DiagonalNormal({ mean: [1], scale: [0.5] }),
        ],
      }),
    integrate: square,
  },
  "Mixture of uniforms, disjoint": {
    make: () =>
      new Mixture({
        components: [new Uniform({ low: [0], high: [1] }), new Uniform({ low: [3], high: [5] })],
      }),
    cdf: (x) => (x <= 1 ? x / 2 : 0.5 + Math.max(0, x - 3) / 4),
    outside: [[-1], [2], [6]],
  },
  ConditionalMixture: {
    make: () =>
      new ConditionalMixture({ weights: [1, 3], components: [new Following(2, 1, 0.5), new Following(2, -1, 1.2)] }),
    integrate: square,
  },
  "ConditionalMixture, learnable, with a component that takes no context": {
    make: () =>
      new ConditionalMixture({
        learnable: true,
        components: [new DiagonalNormal({ features: 1, learnable: true }), new Following(1, 2, 0.6)],
      }),
    integrate: { low: -14, high: 14, points: 2801 },
  },
  "ConditionalMixture, with a component without weight": {
    make: () =>
      new ConditionalMixture({
        weights: [0, 1],
        components: [new Uniform({ low: [0], high: [1] }), new Following(1, 1, 1)],
      }),
    integrate: square,
  },
  "independent, one axis": {
    make: () => independent(new DiagonalNormal({ mean: [[0], [1]], scale: [[0.5], [1]] }), 1),
    integrate: square,
    mean: [0, 1],
    variance: [0.25, 1],
  },
  "independent, learnable": {
    make: () => independent(new DiagonalNormal({ shape: [4, 3, 2], learnable: true }), 2),
  },
};
