import { type Bijection, type Key, ndArray } from "@pushforward/core";
import { DiagonalNormal, GaussianMixture, StandardNormal, Uniform } from "@pushforward/distributions";
import type { DistributionCase } from "@pushforward/testing";
import {
  affine,
  affineSpline,
  BoxConstraint,
  ConstantAffine,
  chain,
  Exp,
  invert,
  quantileSpline,
  rationalQuadratic,
  Sigmoid,
  SinhArcsinh,
  SoftClip,
  Softplus,
  Tanh,
} from "@pushforward/transforms";
import { Flow } from "../src/flow.ts";
import { maf, nsf } from "../src/presets/common.ts";
import { Elementwise } from "../src/schemes/elementwise.ts";
import { autoregressive } from "./autoregressive-layer.ts";
import { line, plane } from "./domains.ts";
import { gaussians } from "./gaussians.ts";
import { small } from "./small.ts";
import { affineForms, splineForms } from "./spline.ts";

/** Two autoregressive layers of affine splines, in opposite orders. */
function affineSplines(key: Key): Flow {
  const layers = [
    [0, 1],
    [1, 0],
  ].map((order, i) => autoregressive(key.fold(i), affineSpline(), "density", { features: 2, order, residual: true }));
  return new Flow(new StandardNormal({ features: 2 }), chain(layers));
}

/** An autoregressive layer, and then two maps of each number. */
function flowThrough(key: Key, ...maps: readonly Bijection[]): Flow {
  const layer = autoregressive(key, affine(), "density", { features: 2 });
  return new Flow(new StandardNormal({ features: 2 }), chain([layer, ...maps]));
}

/** Layers of several forms. */
function mixedForms(key: Key): Flow {
  const families = [
    affine({ form: affineForms.softplus }),
    rationalQuadratic({ bins: 4, bound: 4, form: splineForms.clipped }),
    affine({ form: affineForms.clip }),
    rationalQuadratic({ bins: 4, bound: 4, form: { slopeOffset: 0 } }),
  ];
  const layers = families.map((family, i) =>
    autoregressive(key.fold(i), family, "density", { features: 2, order: i % 2 === 0 ? [0, 1] : [1, 0] }),
  );
  return new Flow(new StandardNormal({ features: 2 }), chain(layers));
}

export const flowCases: Readonly<Record<string, DistributionCase>> = {
  "Flow of nothing": {
    make: () => new Flow(new StandardNormal({ features: 1 }), chain([])),
    integrate: line,
    mean: 0,
    variance: 1,
  },
  "Flow on a box": {
    make: () =>
      new Flow(new Uniform({ low: [0, 1], high: [2, 2] }), new ConstantAffine({ shift: [1, -1], scale: [2, -3] })),
    outside: [
      [0.9, -5],
      [3, -3.9],
      [5.1, -5],
    ],
    mean: [3, -5.5],
    variance: [4 / 3, 0.75],
  },
  "Flow over a batch of bases": {
    make: () =>
      new Flow(
        new DiagonalNormal({ mean: [[0], [2]], scale: [1] }),
        new Elementwise({ family: affine(), features: 1 }),
      ),
    integrate: line,
  },
  "Flow over a learnable base": {
    make: (key) => maf({ features: 2, base: new DiagonalNormal({ features: 2, learnable: true }), key, ...small }),
  },
  "Flow of affine maps and splines of several forms, 2 features": {
    make: mixedForms,
    integrate: plane,
  },
  "Flow of affine splines, 2 features, residual": {
    make: affineSplines,
    integrate: plane,
  },
  "Flow through sinh-arcsinh, 2 features": {
    make: (key) => {
      const layer = autoregressive(key, affine(), "density", { features: 2 });
      return new Flow(new StandardNormal({ features: 2 }), chain([layer, new SinhArcsinh({ features: 2 })]));
    },
    integrate: { low: -60, high: 60, points: 1201 },
  },
  "Flow through softplus and logarithm, 2 features": {
    make: (key) => flowThrough(key, new Softplus(), invert(new Exp())),
    integrate: { low: -14, high: 8, points: 801 },
  },
  "Flow through tanh and the inverse of a soft clip, 2 features": {
    make: (key) => flowThrough(key, new Tanh(), invert(new SoftClip({ bound: 1 }))),
  },
  "Flow through a sigmoid and the inverse of a box, 2 features": {
    make: (key) =>
      flowThrough(key, new Sigmoid(), invert(new BoxConstraint({ low: [0, 0], high: [1, 1], sharpness: 2 }))),
    integrate: { low: -14, high: 14, points: 801 },
  },
  "Flow through a quantile spline": {
    make: (key) => {
      const rows = ndArray(
        [300, 2],
        key.normal(600).map((v, i) => (i % 2 === 0 ? Math.exp(v / 2) : 2 * v + 1)),
      );
      const layer = autoregressive(key, affine(), "density", { features: 2 });
      return new Flow(new StandardNormal({ features: 2 }), chain([layer, quantileSpline(rows, { knots: 9 })]));
    },
    integrate: { low: [-10, -14], high: [14, 14], points: 401 },
  },
  "Flow over a mixture of Gaussians": {
    make: (key) =>
      new Flow(
        new GaussianMixture({ means: gaussians, learnable: true }),
        maf({ features: 2, transforms: 2, key, ...small }).transform,
      ),
    integrate: plane,
  },
  "Flow over a fixed mixture of Gaussians": {
    make: (key) =>
      new Flow(new GaussianMixture({ means: gaussians }), nsf({ features: 2, transforms: 2, key, ...small }).transform),
    integrate: plane,
  },
};
