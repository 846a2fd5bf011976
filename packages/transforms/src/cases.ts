import {
  AbstractModule,
  type AffineForm,
  type AnyCodec,
  type Bijection,
  type BijectionFamily,
  ConfigReader,
  createKey,
  defineCodec,
  isBijectionFamily,
  type Key,
  ndArray,
  normalQuantile,
  type Parameter,
  type ParameterTree,
  parameter,
  parameterTree,
  type Shape,
  type SplineForm,
  sizeOf,
  type ValueAndLogDet,
} from "@pushforward/core";
import type { BijectionCase } from "@pushforward/testing";
import type { Tensor } from "@tensorflow/tfjs-core";
import { additive } from "./additive.ts";
import { affine } from "./affine.ts";
import { AffineElementwise } from "./affine-elementwise.ts";
import { affineSpline } from "./affine-spline.ts";
import { chain } from "./chain.ts";
import { ConstantAffine } from "./constant-affine.ts";
import { Identity } from "./identity.ts";
import { independent } from "./independent.ts";
import { invert } from "./invert.ts";
import { LULinear } from "./lu-linear.ts";
import { Permutation, randomPermutation, reversePermutation } from "./permutation.ts";
import { PositiveLinear } from "./positive-linear.ts";
import { QuantileSpline, quantileSpline } from "./quantile-spline.ts";
import { rationalQuadratic } from "./rational-quadratic.ts";
import { SinhArcsinh } from "./sinh-arcsinh.ts";
import { ToBox } from "./to-box.ts";

/** A family bound to parameters that are the parameters of a module, so that the laws see their gradients too. */
class Learnable extends AbstractModule implements Bijection {
  readonly eventRankIn = 0;
  readonly eventRankOut = 0;
  readonly inverseKind = "analytic";
  readonly family: BijectionFamily;
  readonly shape: Shape;
  private readonly raw: Parameter;

  constructor(family: BijectionFamily, shape: Shape, values?: ArrayLike<number>) {
    super();
    this.family = family;
    this.shape = shape;
    this.raw = parameter([...shape, family.parameterCount], values);
  }

  forwardShape(eventShape: Shape): Shape {
    return eventShape;
  }

  inverseShape(eventShape: Shape): Shape {
    return eventShape;
  }

  forward(x: Tensor, context?: Tensor): Tensor {
    return this.bound().forward(x, context);
  }

  inverse(y: Tensor, context?: Tensor): Tensor {
    return this.bound().inverse(y, context);
  }

  forwardAndLogDet(x: Tensor, context?: Tensor): ValueAndLogDet {
    return this.bound().forwardAndLogDet(x, context);
  }

  inverseAndLogDet(y: Tensor, context?: Tensor): ValueAndLogDet {
    return this.bound().inverseAndLogDet(y, context);
  }

  override parameters(): ParameterTree {
    return parameterTree({ raw: this.raw });
  }

  private bound(): Bijection {
    return this.family.bind(this.raw.variable);
  }
}

/** Codecs of what only the cases use. */
export const casesCodecs: readonly AnyCodec[] = [
  defineCodec<Learnable>({
    type: "cases/learnable",
    version: 1,
    is: (value): value is Learnable => value instanceof Learnable,
    encode: (value, registry) => ({ family: { ...registry.encode(value.family) }, shape: value.shape }),
    decode: (config, registry) => {
      const reader = new ConfigReader("cases/learnable", config);
      const family = reader.object("family", registry, isBijectionFamily, "a family");
      const shape = reader.counts("shape");
      reader.end();
      return new Learnable(family, shape);
    },
  }),
];

/** Normal parameters of a standard deviation. */
function random(family: BijectionFamily, shape: Shape, spread: number, key: Key): Learnable {
  const values = key.normal(sizeOf(shape) * family.parameterCount).map((v) => spread * v);
  return new Learnable(family, shape, values);
}

/** Parameters that are +50 or −50. */
function extreme(family: BijectionFamily, shape: Shape, key: Key): Learnable {
  const values = key.uniform(sizeOf(shape) * family.parameterCount).map((v) => (v < 0.5 ? -50 : 50));
  return new Learnable(family, shape, values);
}

/** Skewed columns, `e^normal − 1`, of a standard deviation of about 2. */
function skewed(key: Key, rows: number, features: number): ReturnType<typeof ndArray> {
  return ndArray(
    [rows, features],
    key.normal(rows * features).map((v) => Math.exp(v) - 1),
  );
}

const knots = [-5, -2.5, 2.5, 5];
// As of ours at extremes: narrow bins under steep slopes.
const affineForms: readonly Partial<AffineForm>[] = [
  { scale: "clip", limit: -Math.log(1e-3) },
  { scale: "softplus" },
  { scale: "sigmoid", offset: 2 },
];

/** Slopes from `slope` to one over it, bins that are as soft as them. */
function clippedSpline(slope: number): Partial<SplineForm> {
  const slopeLimit = -Math.log(slope);
  return { softmaxLimit: slopeLimit / 2, minBin: 0, slopeLimit };
}

const squeezed = { roundTrip: 1e-3, jacobian: 2e-3, logDet: 2e-2, backends: 1e-3 };
const outerKnots = [0.01, 0.99].map((p) => normalQuantile(p));

/** Near an end float32 tells few numbers apart, and the log-density rises without bound there. */
const nearEnds = {
  tolerances: { jacobian: 1e-3, logDet: 1e-3, backends: 1e-3 },
  knownLimits: [{ law: "round trip from x", reason: "far out all values are one number, the end of the box" }],
};

/** Three splines of four equal bins whose ends have the slopes 1e-3 and 50, 50 and 1e-3, and 50 twice. */
const steepTails = [
  [-50, 50],
  [50, -50],
  [50, 50],
].flatMap(([first, last]) => [...Array<number>(8).fill(0), first as number, 0, 0, 0, last as number]);

/** One bijection of this package for each situation that the laws must hold in. */
export const cases: Readonly<Record<string, BijectionCase>> = {
  Identity: { make: () => new Identity(), eventShape: [], elementwise: true },

  "AffineElementwise of 1 feature": {
    make: () => new AffineElementwise({ features: 1 }),
    eventShape: [1],
    elementwise: true,
  },
  "AffineElementwise of 5 features": {
    make: () => new AffineElementwise({ features: 5, scale: [0.2, 0.5, 1, 2, 4], shift: [-3, -1, 0, 1, 3] }),
    eventShape: [5],
    elementwise: true,
  },
  "AffineElementwise of scalars": {
    make: () => new AffineElementwise({ shape: [], scale: 3, shift: -2 }),
    eventShape: [],
    elementwise: true,
  },
  "AffineElementwise of matrices": {
    make: () => new AffineElementwise({ shape: [2, 3], scale: 0.5 }),
    eventShape: [2, 3],
    elementwise: true,
  },

  "ConstantAffine of 1 feature": {
    make: () => new ConstantAffine({ shift: [0.1], scale: [3] }),
    eventShape: [1],
    elementwise: true,
  },
  "ConstantAffine with negative numbers": {
    make: () => new ConstantAffine({ shift: [-7.3, 0, 2], scale: [-0.5, 1, 12] }),
    eventShape: [3],
    elementwise: true,
  },
  "ConstantAffine with large shifts": {
    make: () => new ConstantAffine({ shift: [1e5 + 0.1, -1e4 - 0.7], scale: [900, 300] }),
    eventShape: [2],
    elementwise: true,
  },

  "Permutation of 1 feature": { make: () => new Permutation({ order: [0] }), eventShape: [1] },
  "Permutation of 3 features": { make: () => new Permutation({ order: [1, 2, 0] }), eventShape: [3] },
  "reversePermutation of 5 features": { make: () => reversePermutation(5), eventShape: [5] },
  "randomPermutation of 16 features": { make: (key) => randomPermutation(16, key), eventShape: [16] },

  "PositiveLinear of 1 feature": { make: (key) => new PositiveLinear({ features: 1, key }), eventShape: [1] },
  "PositiveLinear of 2 features": { make: () => new PositiveLinear({ features: 2 }), eventShape: [2] },
  "PositiveLinear of 2 random features": {
    make: () => new PositiveLinear({ features: 2, key: createKey(3) }),
    eventShape: [2],
  },
  "PositiveLinear of 5 features": { make: () => new PositiveLinear({ features: 5 }), eventShape: [5] },
  "PositiveLinear of 16 features": { make: () => new PositiveLinear({ features: 16 }), eventShape: [16] },

  "LULinear of 1 feature": { make: () => new LULinear({ features: 1 }), eventShape: [1] },
  "LULinear of 2 features": { make: () => new LULinear({ features: 2 }), eventShape: [2] },
  "LULinear of 5 random features": { make: (key) => new LULinear({ features: 5, key }), eventShape: [5] },
  "LULinear of a diagonal from 0.001": {
    make: (key) => new LULinear({ features: 4, diagonal: { offset: 0, smallest: 1e-3 }, key }),
    eventShape: [4],
  },
  "LULinear of a diagonal from 0.001, the identity": {
    make: () => new LULinear({ features: 2, diagonal: { offset: 0, smallest: 1e-3 } }),
    eventShape: [2],
  },
  "LULinear of 16 features": { make: () => new LULinear({ features: 16 }), eventShape: [16] },

  "affine family at zero": { make: () => new Learnable(affine(), []), eventShape: [], elementwise: true },
  "affine family at random": {
    make: (key) => random(affine(), [5], 1, key),
    eventShape: [5],
    elementwise: true,
  },
  "affine family at extremes": {
    make: (key) => extreme(affine(), [4], key),
    eventShape: [4],
    elementwise: true,
  },
  "additive family": { make: (key) => random(additive(), [2, 3], 3, key), eventShape: [2, 3], elementwise: true },
  "additive family at extremes": {
    make: (key) => extreme(additive(), [4], key),
    eventShape: [4],
    elementwise: true,
  },
  "rationalQuadratic family at zero": {
    make: () => new Learnable(rationalQuadratic(), []),
    eventShape: [],
    edges: knots,
    elementwise: true,
  },
  "rationalQuadratic family of 2 bins": {
    make: (key) => random(rationalQuadratic({ bins: 2, bound: 3 }), [2], 1, key),
    eventShape: [2],
    edges: [-3, 3],
    elementwise: true,
  },
  "rationalQuadratic family at random": {
    make: (key) => random(rationalQuadratic({ bins: 8, bound: 5 }), [5], 1, key),
    eventShape: [5],
    edges: knots,
    elementwise: true,
  },
  "rationalQuadratic family of 16 bins": {
    make: (key) => random(rationalQuadratic({ bins: 16, bound: 2 }), [], 1, key),
    eventShape: [],
    edges: [-2, 2],
    elementwise: true,
  },
  "rationalQuadratic family at extremes": {
    make: (key) => extreme(rationalQuadratic({ bins: 4, bound: 5 }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    // Slopes from 1e-3 to 1e3 within a hundredth: float32 keeps three digits of the position inside such a bin.
    tolerances: { roundTrip: 1e-3, jacobian: 2e-3, logDet: 2e-2, backends: 1e-3 },
    knownLimits: [{ law: "change of measure", reason: "the bins are narrower than the steps of the integration" }],
  },

  "rationalQuadratic family at zero with linear tails": {
    make: () => new Learnable(rationalQuadratic({ tails: "linear" }), []),
    eventShape: [],
    edges: knots,
    elementwise: true,
  },
  "rationalQuadratic family at random with linear tails": {
    make: (key) => random(rationalQuadratic({ tails: "linear" }), [5], 1, key),
    eventShape: [5],
    edges: knots,
    elementwise: true,
    // In a bin much flatter than its ends, a rounding of x beside ±5 moves the log-slope by 7e-4.
    tolerances: { logDet: 1e-3 },
  },
  "rationalQuadratic family of the flattest and steepest tails": {
    make: () => new Learnable(rationalQuadratic({ bins: 4, tails: "linear" }), [3], steepTails),
    eventShape: [3],
    edges: knots,
    elementwise: true,
    // A rounding of y on a tail of slope 1e-3 is a thousand roundings of x.
    tolerances: { roundTrip: 1e-3, jacobian: 2e-3, logDet: 2e-3, backends: 1e-3 },
  },
  "rationalQuadratic family of 2 bins with linear tails": {
    make: (key) => random(rationalQuadratic({ bins: 2, bound: 3, tails: "linear" }), [2], 1, key),
    eventShape: [2],
    edges: [-3, 3],
    elementwise: true,
  },
  "rationalQuadratic family at extremes with linear tails": {
    make: (key) => extreme(rationalQuadratic({ bins: 4, bound: 5, tails: "linear" }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    tolerances: { jacobian: 2e-3, backends: 1e-3 },
    knownLimits: [
      { law: "round trip from x", reason: "bins of a slope of 1e-7, in which float32 cannot tell the values apart" },
      { law: "log-dets are negatives", reason: "the same" },
      { law: "change of measure", reason: "the bins are narrower than the steps of the integration" },
    ],
  },

  ...Object.fromEntries(
    affineForms.flatMap((form): [string, BijectionCase][] => [
      [
        `affine family of ${form.scale} at random`,
        { make: (key) => random(affine({ form }), [5], 1, key), eventShape: [5], elementwise: true },
      ],
      [
        `affine family of ${form.scale} at extremes`,
        {
          make: (key) => extreme(affine({ form }), [4], key),
          eventShape: [4],
          elementwise: true,
          // Scales of 0.001: a rounding of y is a thousand of x.
          tolerances: { roundTrip: 1e-3 },
        },
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      "slopes from 1e-3 to 1e3": clippedSpline(1e-3),
      "slopes from 1e-4 to 1e4": clippedSpline(1e-4),
      "slopes that start at 0.694": { slopeOffset: 0 },
      "a softmax of 50 hidden units": { slopeOffset: 0, softmaxScale: 1 / Math.sqrt(50) },
    }).map(([name, form]): [string, BijectionCase] => [
      `rationalQuadratic family of ${name} at random`,
      {
        make: (key) => random(rationalQuadratic({ bins: 8, bound: 5, form }), [5], 1, key),
        eventShape: [5],
        edges: knots,
        elementwise: true,
      },
    ]),
  ),
  "rationalQuadratic family of slopes from 1e-3 to 1e3 at large parameters": {
    make: (key) => random(rationalQuadratic({ bins: 4, bound: 5, form: clippedSpline(1e-3) }), [4], 5, key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    // At slopes of 1e-3 gradients of the inverse are a thousand times those of the spline, and so are their roundings.
    tolerances: { ...squeezed, backends: 2e-3 },
  },
  "rationalQuadratic family of slopes from 1e-4 to 1e4 at extremes": {
    make: (key) => extreme(rationalQuadratic({ bins: 4, bound: 5, form: clippedSpline(1e-4) }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    tolerances: squeezed,
    knownLimits: [{ law: "change of measure", reason: "the bins are narrower than the steps of the integration" }],
  },
  "rationalQuadratic family of slopes from 1e-3 to 1e3 with linear tails": {
    make: (key) => random(rationalQuadratic({ bins: 4, tails: "linear", form: clippedSpline(1e-3) }), [3], 1, key),
    eventShape: [3],
    edges: knots,
    elementwise: true,
  },
  "rationalQuadratic family of slopes that start at 0.694 at extremes": {
    make: (key) => extreme(rationalQuadratic({ bins: 4, bound: 5, form: { slopeOffset: 0 } }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    tolerances: squeezed,
    knownLimits: [{ law: "change of measure", reason: "the bins are narrower than the steps of the integration" }],
  },

  "affineSpline family at zero": {
    make: () => new Learnable(affineSpline(), []),
    eventShape: [],
    edges: knots,
    elementwise: true,
  },
  "affineSpline family at random": {
    make: (key) => random(affineSpline(), [5], 1, key),
    eventShape: [5],
    edges: knots,
    elementwise: true,
  },
  "affineSpline family of 3 bins": {
    make: (key) => random(affineSpline({ bins: 3, bound: 2 }), [2, 3], 0.5, key),
    eventShape: [2, 3],
    edges: [-2, 2],
    elementwise: true,
  },
  "affineSpline family at extremes": {
    make: (key) => extreme(affineSpline({ bins: 4 }), [4], key),
    eventShape: [4],
    edges: knots,
    elementwise: true,
    tolerances: { roundTrip: 1e-3, jacobian: 2e-3, logDet: 2e-2, backends: 1e-3 },
    knownLimits: [{ law: "change of measure", reason: "the bins are narrower than the steps of the integration" }],
  },
  "QuantileSpline at the identity": {
    make: () => new QuantileSpline({ features: 3 }),
    eventShape: [3],
    edges: outerKnots,
    elementwise: true,
  },
  "QuantileSpline of 1 feature and 5 knots": {
    make: (key) => quantileSpline(skewed(key, 200, 1), { knots: 5 }),
    eventShape: [1],
    edges: outerKnots,
    elementwise: true,
  },
  "QuantileSpline of 2 knots": {
    make: () => new QuantileSpline({ features: 2, knots: 2, x: [-1, 2, 0, 1], y: [0, 1, -2, 5], slopes: [1, 2, 3, 4] }),
    eventShape: [2],
    edges: [-2, 0, 1, 5],
    elementwise: true,
  },
  "quantileSpline of 5 skewed columns": {
    make: (key) => quantileSpline(skewed(key, 500, 5)),
    eventShape: [5],
    edges: outerKnots,
    elementwise: true,
  },
  "quantileSpline of integers": {
    make: (key) => {
      const integers = key.uniform(400).map((u, i) => Math.floor(u * (i % 2 === 0 ? 4 : 9)));
      return quantileSpline(ndArray([200, 2], integers));
    },
    eventShape: [2],
    edges: outerKnots,
    elementwise: true,
  },

  SinhArcsinh: { make: () => new SinhArcsinh({ features: 3 }), eventShape: [3], elementwise: true },
  "SinhArcsinh of one feature": {
    make: () => new SinhArcsinh({ features: 1 }),
    eventShape: [1],
    elementwise: true,
    perturbation: 0.3,
  },

  "ToBox of an interval": {
    make: () => new ToBox({ low: [-2], high: [3] }),
    eventShape: [1],
    range: { low: -2, high: 3 },
    elementwise: true,
    ...nearEnds,
    knownLimits: [
      ...nearEnds.knownLimits,
      { law: "change of measure", reason: "the same: of what it looks at, a third lies that far out" },
    ],
  },
  "ToBox by the logistic map": {
    make: () => new ToBox({ low: [-2], high: [3], sharpness: 0 }),
    eventShape: [1],
    range: { low: -2, high: 3 },
    elementwise: true,
    ...nearEnds,
  },
  "ToBox of equal intervals": {
    make: () => new ToBox({ low: [0, 0, 0], high: [1, 1, 1], sharpness: 10 }),
    eventShape: [3],
    range: { low: 0, high: 1 },
    elementwise: true,
    ...nearEnds,
    knownLimits: [
      ...nearEnds.knownLimits,
      {
        law: "log-dets are negatives",
        reason: "the same, where no single column moves enough for the law to look away",
      },
    ],
  },
  "ToBox with lower ends": {
    make: () => new ToBox({ low: [0.5, 0.5], high: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] }),
    eventShape: [2],
    range: { low: 0.5, high: Infinity },
    elementwise: true,
    ...nearEnds,
  },
  "ToBox with an upper end": {
    make: () => new ToBox({ low: [-Infinity], high: [-1] }),
    eventShape: [1],
    range: { low: -Infinity, high: -1 },
    elementwise: true,
    ...nearEnds,
  },
  "ToBox with ends of all kinds": {
    make: () => new ToBox({ low: [-8, 0, -Infinity, -Infinity, -7], high: [9, Infinity, 6, Infinity, 5] }),
    eventShape: [5],
    range: { low: 0, high: 5 },
    elementwise: true,
    ...nearEnds,
  },

  "chain of nothing": { make: () => chain([]), eventShape: [], elementwise: true },
  "chain of layers": {
    make: (key) =>
      chain([
        new LULinear({ features: 5, key }),
        new AffineElementwise({ features: 5 }),
        reversePermutation(5),
        new ConstantAffine({ shift: [1, 2, 3, 4, 5], scale: [1, 2, 3, 4, 5] }),
      ]),
    eventShape: [5],
  },
  "chain of event ranks 0, 1 and 2": {
    make: (key) =>
      chain([
        random(affine(), [2, 3], 0.5, key.fold("a")),
        new AffineElementwise({ features: 3, shift: 1 }),
        new AffineElementwise({ shape: [2, 3], scale: 2 }),
        new Identity(),
        random(rationalQuadratic(), [2, 3], 0.5, key.fold("b")),
      ]),
    eventShape: [2, 3],
    elementwise: true,
  },
  "chain in a chain": {
    make: () =>
      chain([
        chain([new LULinear({ features: 2 }), new Permutation({ order: [1, 0] })]),
        new LULinear({ features: 2 }),
      ]),
    eventShape: [2],
  },

  "invert of LULinear": { make: (key) => invert(new LULinear({ features: 3, key })), eventShape: [3] },
  "invert of a chain": {
    make: (key) => invert(chain([new PositiveLinear({ features: 3 }), random(rationalQuadratic(), [3], 1, key)])),
    eventShape: [3],
    edges: knots,
  },

  "independent family": {
    make: (key) => independent(random(affine(), [], 0.5, key), 2),
    eventShape: [2, 3],
    elementwise: true,
  },
  "independent LULinear": { make: (key) => independent(new LULinear({ features: 3, key }), 1), eventShape: [2, 3] },
  "independent of rank 0": {
    make: () => independent(new AffineElementwise({ features: 2 }), 0),
    eventShape: [2],
    elementwise: true,
  },
};
