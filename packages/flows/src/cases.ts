import { Made, type MadeOptions, Mlp, ResidualMlp } from "@pushforward/conditioners";
import { createKey, type Key, ndArray } from "@pushforward/core";
import {
  ConditionalGaussianMixture,
  ConditionalMixture,
  DiagonalNormal,
  GaussianMixture,
  Mixture,
  StandardNormal,
  Uniform,
} from "@pushforward/distributions";
import type { BijectionCase, DistributionCase } from "@pushforward/testing";
import {
  additive,
  affine,
  affineSpline,
  ConstantAffine,
  chain,
  invert,
  quantileSpline,
  rationalQuadratic,
  ToBox,
} from "@pushforward/transforms";
import { assembleFlow } from "./architecture.ts";
import { architectureNames } from "./architectures.ts";
import { Autoregressive, type AutoregressiveOptions } from "./autoregressive.ts";
import { autoregressiveLayers } from "./autoregressive-layers.ts";
import { ConditionalFlow } from "./conditional-flow.ts";
import { Coupling, type CouplingOptions } from "./coupling.ts";
import { couplingLayers } from "./coupling-layers.ts";
import { createFlow } from "./create-flow.ts";
import { Elementwise } from "./elementwise.ts";
import { Embedded } from "./embedded.ts";
import { Flow } from "./flow.ts";
import { iaf } from "./iaf.ts";
import { maf } from "./maf.ts";
import { MixtureDensityNetwork, type MixtureDensitySizes, mixtureDensityOutputs } from "./mixture-density-network.ts";
import { nice } from "./nice.ts";
import { nsf } from "./nsf.ts";
import { realNvp } from "./real-nvp.ts";

// A smooth activation: with relu, a numeric law could by chance stand on a kink.
const small = { hidden: [8, 8], activation: "tanh" } as const;

function autoregressive(
  key: Key,
  family: AutoregressiveOptions["family"],
  orientation: AutoregressiveOptions["orientation"],
  options: Partial<MadeOptions> & { readonly features: number },
): Autoregressive {
  const conditioner = new Made({ outputsPerVariable: family.parameterCount, key, ...small, ...options });
  return new Autoregressive({ conditioner, family, ...(orientation && { orientation }) });
}

function coupling(
  key: Key,
  family: CouplingOptions["family"],
  mask: readonly boolean[],
  context: number,
  orientation: "density" | "sampling",
): Coupling {
  const transformed = mask.filter((m) => m).length;
  const sizes = { inputSize: mask.length - transformed, outputSize: transformed * family.parameterCount, context };
  const conditioner = context > 0 ? new ResidualMlp({ key, ...small, ...sizes }) : new Mlp({ key, ...small, ...sizes });
  return new Coupling({ conditioner, family, mask, orientation });
}

/** Two autoregressive layers of affine splines, in opposite orders. */
function affineSplines(key: Key): Flow {
  const layers = [
    [0, 1],
    [1, 0],
  ].map((order, i) => autoregressive(key.fold(i), affineSpline(), "density", { features: 2, order, residual: true }));
  return new Flow(new StandardNormal({ features: 2 }), chain(layers));
}

/** A mixture density network whose outputs, unlike those of a new one, differ between components. */
function mixtureDensity(key: Key, context: number, sizes: MixtureDensitySizes): MixtureDensityNetwork {
  const outputSize = mixtureDensityOutputs(sizes);
  const conditioner = new Mlp({ inputSize: context, outputSize, key, ...small });
  conditioner.layers.at(-1)?.bias.write(
    key
      .fold("bias")
      .normal(outputSize)
      .map((value) => value / 2),
  );
  return new MixtureDensityNetwork({ ...sizes, conditioner });
}

const clip = { scale: "clip", limit: -Math.log(1e-3) } as const;
const clippedSpline = { softmaxLimit: clip.limit / 2, minBin: 0, slopeLimit: clip.limit } as const;

/** Layers of several forms. */
function mixedForms(key: Key): Flow {
  const families = [
    affine({ form: { scale: "softplus" } }),
    rationalQuadratic({ bins: 4, bound: 4, form: clippedSpline }),
    affine({ form: clip }),
    rationalQuadratic({ bins: 4, bound: 4, form: { slopeOffset: 0 } }),
  ];
  const layers = families.map((family, i) =>
    autoregressive(key.fold(i), family, "density", { features: 2, order: i % 2 === 0 ? [0, 1] : [1, 0] }),
  );
  return new Flow(new StandardNormal({ features: 2 }), chain(layers));
}

const spline = () => rationalQuadratic({ bins: 6, bound: 4 });
const knots = [-4, 4];
const reversed = [4, 3, 2, 1, 0];
const shuffled = [2, 0, 4, 1, 3];
const splineTolerances = { roundTrip: 5e-5 };
const onlyMasked = [
  { law: "every parameter learns", reason: "the weights of the only variable are masked: nothing may depend on it" },
];

/** Layers: one case for each scheme × family × size × context × orientation that differs. */
export const bijectionCases: Readonly<Record<string, BijectionCase>> = {
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

  "Autoregressive affine, 5 features of two ranks, context": {
    make: (key) => autoregressive(key, affine(), undefined, { features: 5, order: [0, 1, 0, 1, 1], context: 2 }),
    eventShape: [5],
  },
  "Autoregressive affine, 3 features, maps of the context, linear blocks": {
    make: (key) =>
      autoregressive(key, affine({ form: { scale: "softplus" } }), undefined, {
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
      autoregressive(key, affine({ form: clip }), undefined, {
        features: 4,
        order: [1, 1, 0, 0],
        layout: { start: "uniform", blocks: "widening", degrees: "cyclic" },
        residual: true,
        hidden: [6, 6, 5],
      }),
    eventShape: [4],
  },
  "Coupling affine, 2 features": {
    make: (key) => coupling(key, affine(), [false, true], 0, "density"),
    eventShape: [2],
    triangular: [0, 1],
  },
  "Coupling affine, 5 features in turn, context, sampling": {
    make: (key) => coupling(key, affine(), [true, false, true, false, true], 2, "sampling"),
    eventShape: [5],
    triangular: [1, 0, 1, 0, 1],
  },
  "Coupling additive, 4 features": {
    make: (key) => coupling(key, additive(), [true, true, false, false], 0, "density"),
    eventShape: [4],
    triangular: [1, 1, 0, 0],
  },
  "Coupling splines, 3 features, context": {
    make: (key) => coupling(key, spline(), [false, true, true], 1, "density"),
    eventShape: [3],
    triangular: [0, 1, 1],
    edges: knots,
    tolerances: splineTolerances,
  },
  "Coupling splines, 5 features, sampling": {
    make: (key) => coupling(key, spline(), [false, false, true, true, false], 0, "sampling"),
    eventShape: [5],
    triangular: [0, 0, 1, 1, 0],
    edges: knots,
    tolerances: splineTolerances,
  },

  ...Object.fromEntries(
    [clip, { scale: "softplus" } as const, { scale: "sigmoid", offset: 2 } as const].flatMap(
      (form): [string, BijectionCase][] => {
        const family = affine({ form });
        return [
          [
            `Autoregressive affine of ${form.scale}, 3 features`,
            {
              make: (key) => autoregressive(key, family, "density", { features: 3 }),
              eventShape: [3],
              triangular: [0, 1, 2],
            },
          ],
          [
            `Coupling affine of ${form.scale}, 3 features`,
            {
              make: (key) => coupling(key, family, [false, true, true], 0, "density"),
              eventShape: [3],
              triangular: [0, 1, 1],
            },
          ],
        ];
      },
    ),
  ),
  ...Object.fromEntries(
    Object.entries({
      clipped: clippedSpline,
      scaled: { slopeOffset: 0, softmaxScale: 1 / Math.sqrt(8) },
    }).flatMap(([name, form]): [string, BijectionCase][] => {
      const family = rationalQuadratic({ bins: 6, bound: 4, form });
      return [
        [
          `Autoregressive ${name} splines, 3 features, sampling`,
          {
            make: (key) => autoregressive(key, family, "sampling", { features: 3 }),
            eventShape: [3],
            triangular: [0, 1, 2],
            edges: knots,
            tolerances: splineTolerances,
          },
        ],
        [
          `Coupling ${name} splines, 3 features, context`,
          {
            make: (key) => coupling(key, family, [false, true, true], 1, "density"),
            eventShape: [3],
            triangular: [0, 1, 1],
            edges: knots,
            tolerances: splineTolerances,
          },
        ],
      ];
    }),
  ),

  "Elementwise affine, 1 feature": {
    make: () => new Elementwise({ family: affine(), features: 1 }),
    eventShape: [1],
    elementwise: true,
  },
  "Elementwise splines, 3 features, sampling": {
    make: () => new Elementwise({ family: spline(), features: 3, orientation: "sampling" }),
    eventShape: [3],
    elementwise: true,
    edges: knots,
    tolerances: splineTolerances,
  },
  "Elementwise splines, 2 features, context": {
    make: (key) => {
      const family = spline();
      const outputSize = 2 * family.parameterCount;
      return new Elementwise({
        family,
        features: 2,
        conditioner: new Mlp({ inputSize: 3, outputSize, key, ...small }),
      });
    },
    eventShape: [2],
    elementwise: true,
    edges: knots,
    tolerances: splineTolerances,
  },

  "chain of 8 autoregressive layers": {
    make: (key) => maf({ features: 3, transforms: 8, order: "random", key, ...small }).transform,
    eventShape: [3],
    tolerances: { roundTrip: 1e-3, logDet: 1e-4, same: 1e-4 },
  },
  "chain of 8 spline couplings and LU layers": {
    make: (key) => nsf({ features: 3, context: 1, transforms: 8, coupling: true, key, ...small }).transform,
    eventShape: [3],
    tolerances: { roundTrip: 1e-3, logDet: 1e-4, same: 1e-4 },
  },
};

const maps = { start: "uniform", context: "maps", blocks: "linear", degrees: "cyclic" } as const;

/** Autoregressive layers with maps of the context. */
function mapsOfContext(key: Key, features: number): Flow | ConditionalFlow {
  const options = { features, context: 1, transforms: 2, residual: true, key, ...small } as const;
  const style = { family: affine({ form: clip }), transforms: 2, orientation: "density", layout: maps } as const;
  const layers = autoregressiveLayers("case", options, { ...style, naturalAt: "data", single: "autoregressive" });
  return assembleFlow("case", options, layers);
}

/** Coupling layers of residual blocks that the context gates. */
function gatedCouplings(key: Key): Flow | ConditionalFlow {
  const options = { features: 3, context: 2, residual: true, dropout: 0.2, key, ...small } as const;
  const family = rationalQuadratic({ bins: 4, bound: 4, form: { slopeOffset: 0 } });
  const style = { family, transforms: 2, masks: "even-first", layout: { ...maps, context: "gates" } } as const;
  return assembleFlow("case", options, couplingLayers("case", options, style));
}

const line = { low: -14, high: 14, points: 1401 };
const plane = { low: -8, high: 8, points: 161 };

const gaussians = [
  [-1, 0.5],
  [0, -1],
  [1.5, 1],
];

/** Flows: untrained, which are their base, and with moved parameters. */
export const distributionCases: Readonly<Record<string, DistributionCase>> = {
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
  "maf, 1 feature, untrained": {
    make: (key) => maf({ features: 1, key }),
    integrate: line,
    mean: 0,
    variance: 1,
    perturbation: 0,
  },
  "maf, 1 feature, context": { make: (key) => maf({ features: 1, context: 2, key, ...small }), integrate: line },
  "maf, 2 features": { make: (key) => maf({ features: 2, key, ...small }), integrate: plane },
  "maf, 2 features, context, raw units": {
    make: (key) =>
      maf({
        features: 2,
        context: 2,
        transforms: 2,
        standardize: { mean: [3, -2], sd: [0.5, 0.25] },
        standardizeContext: { mean: [0.1, 0], sd: [2, 0.5] },
        key,
        ...small,
      }),
    integrate: { low: [-1, -4], high: [7, 0], points: 161 },
  },
  "iaf, 2 features": { make: (key) => iaf({ features: 2, transforms: 2, key, ...small }), integrate: plane },
  "iaf, 5 features, context": { make: (key) => iaf({ features: 5, context: 2, key, ...small }) },
  "nsf, 1 feature": { make: (key) => nsf({ features: 1, key }), integrate: line },
  "nsf, 2 features": { make: (key) => nsf({ features: 2, transforms: 2, key, ...small }), integrate: plane },
  "nsf, 2 features, context, coupling": {
    make: (key) => nsf({ features: 2, context: 1, coupling: true, transforms: 2, key, ...small }),
    integrate: plane,
  },
  "nsf, 5 features, coupling, residual, dropout": {
    make: (key) => nsf({ features: 5, coupling: true, residual: true, dropout: 0.2, transforms: 2, key, ...small }),
  },
  "autoregressiveLayers with maps of the context, 3 features": { make: (key) => mapsOfContext(key, 3) },
  "autoregressiveLayers with maps of the context, 1 feature": {
    make: (key) => mapsOfContext(key, 1),
    integrate: { low: -24, high: 24, points: 2401 },
    knownLimits: [
      {
        law: "every parameter learns",
        reason: "The network has weights for a single variable, which its masks keep from every output.",
      },
    ],
  },
  "couplingLayers of gated blocks, 3 features, context, dropout": { make: gatedCouplings },
  "nice, 1 feature, context": { make: (key) => nice({ features: 1, context: 2, key, ...small }), integrate: line },
  "nice, 2 features": { make: (key) => nice({ features: 2, key, ...small }), integrate: plane },
  "realNvp, 1 feature, context": {
    make: (key) => realNvp({ features: 1, context: 1, key, ...small }),
    integrate: line,
  },
  "realNvp, 2 features": { make: (key) => realNvp({ features: 2, key, ...small }), integrate: plane },
  "realNvp, 5 features, context": { make: (key) => realNvp({ features: 5, context: 3, key, ...small }) },
  ...Object.fromEntries(
    architectureNames.map((name) => [
      `createFlow ${name}, 3 features, context`,
      { make: (key: Key) => createFlow(name, { features: 3, context: 2, transforms: 2, key, ...small }) },
    ]),
  ),
  "Flow of affine maps and splines of several forms, 2 features": {
    make: mixedForms,
    integrate: plane,
  },
  "Flow of affine splines, 2 features, residual": {
    make: affineSplines,
    integrate: plane,
  },
  "ConditionalFlow with a conditional base": {
    make: (key) =>
      new ConditionalFlow(
        maf({ features: 1, context: 2, transforms: 1, key, ...small }),
        new Elementwise({ family: spline(), features: 1 }),
      ),
    integrate: line,
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
  "Mixture of flows": {
    make: (key) => {
      const options = { features: 2, transforms: 2, ...small };
      const standardize = { mean: [1, -0.5], sd: [0.6, 1.5] };
      return new Mixture({
        weights: [1, 3],
        components: [maf({ ...options, key: key.fold(0) }), nsf({ ...options, standardize, key: key.fold(1) })],
      });
    },
    integrate: { low: -9, high: 9, points: 201 },
  },
  "Mixture of flows, learnable, one of them without parameters": {
    make: (key) =>
      new Mixture({
        learnable: true,
        components: [
          maf({ features: 1, key: key.fold(0), ...small }),
          new Flow(new StandardNormal({ features: 1 }), new ConstantAffine({ shift: [2], scale: [0.5] })),
        ],
      }),
    integrate: line,
  },
  "Mixture of flows, one without weight and without a plan": {
    make: (key) =>
      new Mixture({
        weights: [0, 1],
        components: [
          new Flow(new Uniform({ low: [0], high: [1] }), chain([])),
          realNvp({ features: 1, key, ...small }),
        ],
      }),
    integrate: line,
  },
  "ConditionalMixture of flows, learnable": {
    make: (key) => {
      const options = { features: 2, context: 1, transforms: 2, ...small };
      const standardizeContext = { mean: [0.5], sd: [2] };
      return new ConditionalMixture({
        learnable: true,
        components: [
          maf({ ...options, standardizeContext, key: key.fold(0) }),
          realNvp({ ...options, key: key.fold(1) }),
          new StandardNormal({ features: 2 }),
        ],
      });
    },
    integrate: plane,
  },
  "ConditionalFlow over a mixture": {
    make: (key) =>
      new ConditionalFlow(
        new Mixture({
          components: [new DiagonalNormal({ mean: [-2], scale: [0.5] }), new StandardNormal({ features: 1 })],
        }),
        maf({ features: 1, context: 1, transforms: 1, key, ...small }).transform,
        { contextTransform: invert(new ConstantAffine({ shift: [1], scale: [2] })) },
      ),
    integrate: line,
  },
  "ConditionalFlow onto a box": {
    make: (key) =>
      new ConditionalFlow(
        new StandardNormal({ features: 2 }),
        chain([
          maf({ features: 2, context: 1, transforms: 1, key, ...small }).transform,
          new ToBox({ low: [-3, Number.NEGATIVE_INFINITY], high: [4, 2], sharpness: 2 }),
        ]),
      ),
    outside: [
      [-3.01, 0],
      [0, 2.5],
    ],
  },
  "Embedded flow": {
    make: (key) =>
      new Embedded({
        embedding: new Mlp({ inputSize: 5, outputSize: 2, hidden: [8], key: key.fold("embedding") }),
        distribution: nsf({ features: 1, context: 2, transforms: 1, key, ...small }),
      }),
    integrate: line,
  },
  "Embedded, behind a standardized context, as a base": {
    make: (key) =>
      new ConditionalFlow(
        new Embedded({
          embedding: new ResidualMlp({ inputSize: 3, outputSize: 1, hidden: [8, 8], key: key.fold("embedding") }),
          distribution: maf({ features: 2, context: 1, transforms: 2, key, ...small }),
        }),
        new ConstantAffine({ shift: [1, 0], scale: [0.5, 2] }),
        { contextTransform: invert(new ConstantAffine({ shift: [1, 2, 3], scale: [2, 1, 0.5] })) },
      ),
    integrate: { low: -14, high: 14, points: 401 },
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
  "MixtureDensityNetwork, 1 feature": {
    make: (key) => mixtureDensity(key, 1, { features: 1, components: 2 }),
    integrate: line,
  },
  "MixtureDensityNetwork, full": {
    make: (key) => mixtureDensity(key, 2, { features: 2, components: 3 }),
    integrate: { low: -10, high: 10, points: 201 },
  },
  "MixtureDensityNetwork, full, tied": {
    make: (key) => mixtureDensity(key, 1, { features: 4, components: 2, tied: true }),
  },
  "MixtureDensityNetwork, diagonal": {
    make: (key) => mixtureDensity(key, 1, { features: 2, components: 3, covariance: "diagonal" }),
    integrate: { low: -10, high: 10, points: 201 },
  },
  "ConditionalFlow over a spherical MixtureDensityNetwork, tied": {
    make: (key) =>
      new ConditionalFlow(
        mixtureDensity(key, 1, { features: 2, components: 3, covariance: "spherical", tied: true }),
        new ConstantAffine({ shift: [1, -1], scale: [0.5, 2] }),
      ),
    integrate: { low: -14, high: 14, points: 281 },
  },
  "ConditionalFlow over a conditional mixture of Gaussians": {
    make: (key) =>
      new ConditionalFlow(
        new ConditionalGaussianMixture({ means: gaussians, contextFeatures: 1, learnable: true }),
        maf({ features: 1, context: 1, transforms: 2, key, ...small }).transform,
        { contextTransform: invert(new ConstantAffine({ shift: [1], scale: [2] })) },
      ),
    integrate: line,
  },
};

/** A key for tests that need no other. */
export const testKey: Key = createKey(17);
