import type { BijectionCase } from "@pushforward/testing";
import { additive, affine, affineSpline, rationalQuadratic } from "@pushforward/transforms";
import { autoregressive } from "./autoregressive-layer.ts";
import { affineForms, knots, spline, splineForms, splineTolerances } from "./spline.ts";

const reversed = [4, 3, 2, 1, 0];
const shuffled = [2, 0, 4, 1, 3];
/** 1 → 0 → 2, 3 → 2; variable 1 reads the first context column, 2 and 3 the second. */
const graph = [
  [0, 1, 0, 0, 0, 0],
  [0, 0, 0, 0, 1, 0],
  [1, 0, 0, 1, 0, 1],
  [0, 0, 0, 0, 0, 1],
] as const;
const onlyMasked = [
  { law: "every parameter learns", reason: "the weights of the only variable are masked: nothing may depend on it" },
];

export const autoregressiveCases: Readonly<Record<string, BijectionCase>> = {
  "Autoregressive affine, 1 feature": {
    make: (key) => autoregressive(key, affine(), "density", { features: 1 }),
    eventShape: [1],
    elementwise: true,
    knownLimits: onlyMasked,
  },
  "Autoregressive affine, 1 feature, context, sampling": {
    make: (key) => autoregressive(key, affine(), "sampling", { features: 1, context: 2 }),
    eventShape: [1],
    elementwise: true,
    knownLimits: onlyMasked,
  },
  "Autoregressive affine, 2 features": {
    make: (key) => autoregressive(key, affine(), "density", { features: 2 }),
    eventShape: [2],
    triangular: [0, 1],
  },
  "Autoregressive affine, 5 features reversed, sampling": {
    make: (key) => autoregressive(key, affine(), "sampling", { features: 5, order: reversed }),
    eventShape: [5],
    triangular: reversed,
  },
  "Autoregressive affine, 5 features in any order, context, residual": {
    make: (key) =>
      autoregressive(key, affine(), "density", { features: 5, order: shuffled, context: 3, residual: true }),
    eventShape: [5],
    triangular: shuffled,
  },
  "Autoregressive additive, 3 features, context": {
    make: (key) => autoregressive(key, additive(), "density", { features: 3, context: 1 }),
    eventShape: [3],
    triangular: [0, 1, 2],
  },
  "Autoregressive splines, 1 feature, context": {
    make: (key) => autoregressive(key, spline(), "density", { features: 1, context: 1 }),
    eventShape: [1],
    elementwise: true,
    edges: knots,
    tolerances: splineTolerances,
    knownLimits: onlyMasked,
  },
  "Autoregressive splines, 2 features, sampling": {
    make: (key) => autoregressive(key, spline(), "sampling", { features: 2 }),
    eventShape: [2],
    triangular: [0, 1],
    edges: knots,
    tolerances: splineTolerances,
  },
  "Autoregressive splines, 5 features in any order, context": {
    make: (key) => autoregressive(key, spline(), "density", { features: 5, order: shuffled, context: 2 }),
    eventShape: [5],
    triangular: shuffled,
    edges: knots,
    tolerances: splineTolerances,
  },
  "Autoregressive affine splines, 3 features in any order, context, residual": {
    make: (key) =>
      autoregressive(key, affineSpline({ bins: 4, bound: 4 }), "density", {
        features: 3,
        order: [1, 2, 0],
        context: 1,
        residual: true,
        inputBound: 1,
      }),
    eventShape: [3],
    triangular: [1, 2, 0],
    edges: knots,
    tolerances: splineTolerances,
  },
  "Autoregressive affine splines, 2 features, sampling": {
    make: (key) => autoregressive(key, affineSpline({ bins: 4, bound: 4 }), "sampling", { features: 2 }),
    eventShape: [2],
    triangular: [0, 1],
    edges: knots,
    tolerances: splineTolerances,
  },
  "Autoregressive splines with linear tails, 3 features": {
    make: (key) =>
      autoregressive(key, rationalQuadratic({ bins: 6, bound: 4, tails: "linear" }), "density", { features: 3 }),
    eventShape: [3],
    triangular: [0, 1, 2],
    edges: knots,
    tolerances: splineTolerances,
  },
  "Autoregressive affine, a graph of 4 features and the context": {
    make: (key) => autoregressive(key, affine(), "density", { features: 4, adjacency: graph, context: 2 }),
    eventShape: [4],
    triangular: [1, 0, 2, 0],
  },
  "Autoregressive affine, 5 features of two ranks, context": {
    make: (key) => autoregressive(key, affine(), undefined, { features: 5, order: [0, 1, 0, 1, 1], context: 2 }),
    eventShape: [5],
  },
  "Autoregressive affine, 3 features, maps of the context, linear blocks": {
    make: (key) =>
      autoregressive(key, affine({ form: affineForms.softplus }), undefined, {
        features: 3,
        context: 2,
        residual: true,
        layout: { start: "uniform", context: "maps", blocks: "linear" },
        hidden: [7, 7, 7],
      }),
    eventShape: [3],
  },
  "Autoregressive affine, 2 features, maps of the context, sampling": {
    make: (key) => autoregressive(key, affine(), "sampling", { features: 2, context: 1, layout: { context: "maps" } }),
    eventShape: [2],
  },
  "Autoregressive affine, 4 features of two ranks, widening blocks": {
    make: (key) =>
      autoregressive(key, affine({ form: affineForms.clip }), undefined, {
        features: 4,
        order: [1, 1, 0, 0],
        layout: { start: "uniform", blocks: "widening", degrees: "cyclic" },
        residual: true,
        hidden: [6, 6, 5],
      }),
    eventShape: [4],
  },
  ...Object.fromEntries(
    Object.entries(affineForms).map(([name, form]): [string, BijectionCase] => [
      `Autoregressive affine of ${name}, 3 features`,
      {
        make: (key) => autoregressive(key, affine({ form }), "density", { features: 3 }),
        eventShape: [3],
        triangular: [0, 1, 2],
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(splineForms).map(([name, form]): [string, BijectionCase] => [
      `Autoregressive ${name} splines, 3 features, sampling`,
      {
        make: (key) => autoregressive(key, rationalQuadratic({ bins: 6, bound: 4, form }), "sampling", { features: 3 }),
        eventShape: [3],
        triangular: [0, 1, 2],
        edges: knots,
        tolerances: splineTolerances,
      },
    ]),
  ),
};
