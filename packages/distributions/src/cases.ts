import {
  AbstractModule,
  type AnyCodec,
  asTensor,
  type ConditionalDistribution,
  ConfigReader,
  type Distribution,
  defineCodec,
  type Key,
  type Parameter,
  type ParameterTree,
  parameter,
  parameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { ConditionalGaussianMixture } from "./conditional-gaussian-mixture.ts";
import { ConditionalMixture } from "./conditional-mixture.ts";
import { DiagonalNormal } from "./diagonal-normal.ts";
import { GaussianMixture, type GaussianMixtureOptions } from "./gaussian-mixture.ts";
import { GaussianMixturePerClass } from "./gaussian-mixture-per-class.ts";

import { independent } from "./independent.ts";
import { Mixture } from "./mixture.ts";
import { MultivariateNormal } from "./multivariate-normal.ts";
import { MultivariateStudentT } from "./multivariate-student-t.ts";
import { StandardNormal } from "./standard-normal.ts";
import { Uniform } from "./uniform.ts";

/** Independent normals around `slope · context`, of one scale; the smallest conditional distribution that learns. */
class Following extends AbstractModule implements ConditionalDistribution {
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

const threeGaussians = {
  weights: [1, 2, 5],
  means: [
    [-2, 0],
    [1, 1.5],
    [0.5, -1],
  ],
  covariances: [
    [
      [0.5, 0.3],
      [0.3, 0.4],
    ],
    [
      [0.2, -0.1],
      [-0.1, 0.9],
    ],
    [
      [1, 0],
      [0, 0.3],
    ],
  ],
};

/** Gaussians as a fit gives them, flat: lower factors whose rows vary in size. */
function manyGaussians(key: Key, components: number, features: number): GaussianMixtureOptions {
  const [a, b] = key.split();
  const scaleTrils = b.normal(components * features * features).map((value, at) => {
    const [i, j] = [Math.floor(at / features) % features, at % features];
    return i === j ? 0.4 + Math.abs(value) : i > j ? 0.3 * value : 0;
  });
  return {
    weights: Float64Array.from({ length: components }, (_, k) => k + 1),
    means: a.normal(components * features),
    scaleTrils,
  };
}

/** Contexts of a number, and three classes in turn. */
function classContexts(key: Key, count: number): Float32Array {
  const numbers = key.normal(count);
  return Float32Array.from({ length: 4 * count }, (_, i) =>
    i % 4 === 1 ? (numbers[i >> 2] as number) : Number([0, 2, 3][(i >> 2) % 3] === i % 4),
  );
}

const threeClasses = { contextFeatures: 4, classColumns: [0, 2, 3] };

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
  MultivariateStudentT: {
    make: () =>
      new MultivariateStudentT({
        degreesOfFreedom: 6,
        location: [2, 1],
        scaleMatrix: [
          [0.5, 0.3],
          [0.3, 0.3],
        ],
      }),
    integrate: { low: [-9, -8], high: [13, 10], points: 801 },
    mean: [2, 1],
    variance: [0.75, 0.45],
  },
  "MultivariateStudentT, one feature, a Cauchy": {
    make: () => new MultivariateStudentT({ degreesOfFreedom: 1, location: [2], scaleTril: [[0.5]] }),
    cdf: (x) => 0.5 + Math.atan((x - 2) / 0.5) / Math.PI,
  },
  "MultivariateStudentT, one feature, 2.5 degrees of freedom": {
    make: () => new MultivariateStudentT({ degreesOfFreedom: 2.5, features: 1 }),
    integrate: { low: -60, high: 60 },
    mean: 0,
  },
  "MultivariateStudentT, 12 features, half a degree of freedom": {
    make: () => new MultivariateStudentT({ degreesOfFreedom: 0.5, features: 12 }),
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
  GaussianMixture: {
    make: () => new GaussianMixture(threeGaussians),
    integrate: square,
    mean: [0.3125, -0.25],
  },
  "GaussianMixture, one feature": {
    make: () => new GaussianMixture({ weights: [1, 3], means: [-2, 1], scaleTrils: [0.5, 1] }),
    integrate: { low: -12, high: 12 },
    mean: 0.25,
    variance: 0.25 * (0.25 + 2.25 ** 2) + 0.75 * (1 + 0.75 ** 2),
  },
  "GaussianMixture, narrow components far from zero": {
    make: () =>
      new GaussianMixture({
        means: [
          [2, 3],
          [2.1, 3.05],
        ],
        scaleTrils: [
          [
            [0.0032, 0],
            [0.002, 0.0033],
          ],
          [
            [0.02, 0],
            [-0.01, 0.005],
          ],
        ],
      }),
    integrate: { low: [1.9, 2.95], high: [2.3, 3.15], points: 801 },
    mean: [2.05, 3.025],
  },
  "GaussianMixture, 32 components, 10 features": { make: (key) => new GaussianMixture(manyGaussians(key, 32, 10)) },
  "GaussianMixture, learnable": {
    make: () => new GaussianMixture({ ...threeGaussians, learnable: true }),
    integrate: square,
  },
  "GaussianMixture, learnable, one feature": {
    make: () => new GaussianMixture({ components: 3, means: [-1, 0, 2], features: 1, learnable: true }),
    integrate: { low: -12, high: 12 },
  },
  "GaussianMixture, learnable, one component": {
    make: () => new GaussianMixture({ features: 3, learnable: true }),
  },
  "GaussianMixture, learnable, 5 components, 7 features": {
    make: (key) => new GaussianMixture({ ...manyGaussians(key, 5, 7), weights: [1, 1, 2, 3, 1], learnable: true }),
  },
  ConditionalGaussianMixture: {
    make: () => new ConditionalGaussianMixture({ ...threeGaussians, contextFeatures: 1 }),
    integrate: square,
  },
  "ConditionalGaussianMixture, learnable, some columns of the context": {
    make: (key) =>
      new ConditionalGaussianMixture({
        ...manyGaussians(key, 4, 4),
        contextFeatures: 3,
        contextColumns: [2, 0],
        learnable: true,
      }),
    integrate: { low: -14, high: 14 },
  },
  "ConditionalGaussianMixture, learnable, one component, 3 features": {
    make: (key) => new ConditionalGaussianMixture({ ...manyGaussians(key, 1, 5), contextFeatures: 2, learnable: true }),
  },
  GaussianMixturePerClass: {
    make: () =>
      new GaussianMixturePerClass({
        ...threeClasses,
        means: [[-2], [0], [1]],
        covariances: [[[0.25]], [[1]], [[4]]],
      }),
    contexts: classContexts,
    discreteContext: true,
    integrate: { low: -16, high: 16 },
  },
  "GaussianMixturePerClass, learnable": {
    make: (key) =>
      new GaussianMixturePerClass({
        ...threeClasses,
        ...manyGaussians(key, 6, 2),
        learnable: true,
      }),
    contexts: classContexts,
    discreteContext: true,
    integrate: { low: -14, high: 14, points: 801 },
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
