import type { UnivariateHeadName } from "@pushforward/flows";
import { CategoricalHead, DistributionNetwork, UnivariateHead } from "@pushforward/flows/extend";
import type { GraphValue } from "../graph/graph-builder.ts";
import type { Maths } from "../maths/maths.ts";
import { addLogBessel, addLogGamma, addNormalQuantile, addOneMinusCos } from "../maths/special-functions.ts";

/** The parameters of a distribution by their names, float64 `[rows, features]`. */
export type HeadParameters = Readonly<Record<string, GraphValue>>;

/** A distribution of independent numbers as nodes of a graph, all float64 `[rows, features]`. */
export interface HeadDensity {
  /** The log-density or log-probability inside of the support. */
  readonly logProb: (maths: Maths, x: GraphValue, p: HeadParameters) => GraphValue;
  /** Bounds of the support. Default: none. */
  readonly ends?: readonly [low: number, high: number];
  /** `true` if only integers have probabilities. Default: false. */
  readonly isDiscrete?: true;
  /** For a density: `true` at bounds where it is zero. Absent if the density is zero at infinite bounds only. */
  readonly isNothing?: (maths: Maths, x: GraphValue, p: HeadParameters) => GraphValue;
  /** The inverse of the distribution function for 0 < u < 1; absent if it has no arithmetic formula. */
  readonly quantile?: (maths: Maths, u: GraphValue, p: HeadParameters) => GraphValue;
}

const LOG_TAU = Math.log(2 * Math.PI);
/** The bound of angles, rounded to float32. */
const PI = Math.fround(Math.PI);

type Standard = (maths: Maths, z: GraphValue) => GraphValue;

/** The distribution of `location + scale·z`. */
function locationScale(logProb: Standard, quantile: Standard): HeadDensity {
  return {
    logProb: (maths, x, p) => maths.sub(logProb(maths, standardized(maths, x, p)), maths.log(of(p, "scale"))),
    quantile: (maths, u, p) => maths.add(of(p, "location"), maths.mul(of(p, "scale"), quantile(maths, u))),
  };
}

function of(p: HeadParameters, name: string): GraphValue {
  return p[name] as GraphValue;
}

function standardized(maths: Maths, x: GraphValue, p: HeadParameters): GraphValue {
  return maths.div(maths.sub(x, of(p, "location")), of(p, "scale"));
}

function minus(maths: Maths, x: GraphValue): GraphValue {
  return maths.unary("Neg", x);
}

/** `ln(1 + x)` where a few units of the last digit do not matter. */
function logOnePlus(maths: Maths, x: GraphValue): GraphValue {
  return maths.log(maths.add(x, 1));
}

function complement(maths: Maths, x: GraphValue): GraphValue {
  return maths.sub(1, x);
}

/** The distributions of a `UnivariateHead` but the normal one, which is made of tensor operations. */
export const headDensities: Readonly<Record<Exclude<UnivariateHeadName, "normal">, HeadDensity>> = {
  bernoulli: {
    ends: [0, 1],
    isDiscrete: true,
    logProb: (maths, x, p) => {
      const probs = of(p, "probs");
      return maths.log(maths.where(maths.equal(x, 1), probs, complement(maths, probs)));
    },
    quantile: (maths, u, p) => maths.where(maths.less(complement(maths, of(p, "probs")), u), maths.fill(1, u), 0),
  },
  beta: {
    ends: [0, 1],
    logProb: (maths, x, p) => {
      const [a, b] = [of(p, "alpha"), of(p, "beta")];
      const below = maths.mul(maths.sub(a, 1), maths.log(x));
      const above = maths.mul(maths.sub(b, 1), maths.log(complement(maths, x)));
      const whole = addLogGamma(maths, maths.add(a, b));
      return maths.sub(maths.sub(maths.add(below, above, whole), addLogGamma(maths, a)), addLogGamma(maths, b));
    },
    isNothing: (maths, x, p) => {
      const isAt = (end: number, power: string): GraphValue =>
        maths.and(maths.equal(x, end), maths.less(1, of(p, power)));
      return maths.or(isAt(0, "alpha"), isAt(1, "beta"));
    },
  },
  cauchy: locationScale(
    (maths, z) => minus(maths, maths.add(logOnePlus(maths, maths.mul(z, z)), Math.log(Math.PI))),
    (maths, u) => {
      // −cot πu = cos/−sin, in float32; next to an end it is that of the smaller side.
      const isLow = maths.less(u, 0.5);
      const angle = maths.mul(maths.where(isLow, u, complement(maths, u)), Math.PI);
      const size = maths.div(maths.float32("Cos", angle), maths.float32("Sin", angle));
      return maths.where(isLow, minus(maths, size), size);
    },
  ),
  exponential: {
    ends: [0, Number.POSITIVE_INFINITY],
    logProb: (maths, x, p) => maths.sub(maths.log(of(p, "rate")), maths.mul(of(p, "rate"), x)),
    quantile: (maths, u, p) => maths.div(minus(maths, maths.log(complement(maths, u))), of(p, "rate")),
  },
  gamma: {
    ends: [0, Number.POSITIVE_INFINITY],
    logProb: (maths, x, p) => {
      const [a, rate] = [of(p, "concentration"), of(p, "rate")];
      const powers = maths.add(maths.mul(a, maths.log(rate)), maths.mul(maths.sub(a, 1), maths.log(x)));
      return maths.sub(maths.sub(powers, maths.mul(rate, x)), addLogGamma(maths, a));
    },
    isNothing: (maths, x, p) => maths.and(maths.equal(x, 0), maths.less(1, of(p, "concentration"))),
  },
  gumbel: locationScale(
    (maths, z) => minus(maths, maths.add(z, maths.exp(minus(maths, z)))),
    (maths, u) => minus(maths, maths.log(minus(maths, maths.log(u)))),
  ),
  "half-normal": {
    ends: [0, Number.POSITIVE_INFINITY],
    logProb: (maths, x, p) => {
      const z = maths.div(x, of(p, "scale"));
      const logPeak = maths.sub(0.5 * Math.log(2 / Math.PI), maths.log(of(p, "scale")));
      return maths.sub(logPeak, maths.div(maths.mul(z, z), 2));
    },
    quantile: (maths, u, p) =>
      minus(maths, maths.mul(of(p, "scale"), addNormalQuantile(maths, maths.div(complement(maths, u), 2)))),
  },
  laplace: locationScale(
    (maths, z) => maths.sub(-Math.LN2, maths.unary("Abs", z)),
    (maths, u) => {
      const isLow = maths.less(u, 0.5);
      const log = maths.log(maths.mul(maths.where(isLow, u, complement(maths, u)), 2));
      return maths.where(isLow, log, minus(maths, log));
    },
  ),
  "log-normal": {
    ends: [0, Number.POSITIVE_INFINITY],
    logProb: (maths, x, p) => {
      const logX = maths.log(x);
      const z = standardized(maths, logX, p);
      const logPeak = maths.sub(-LOG_TAU / 2, maths.log(of(p, "scale")));
      return maths.sub(maths.sub(logPeak, maths.div(maths.mul(z, z), 2)), logX);
    },
    isNothing: (maths, x) => maths.equal(x, 0),
    quantile: (maths, u, p) =>
      maths.exp(maths.add(of(p, "location"), maths.mul(of(p, "scale"), addNormalQuantile(maths, u)))),
  },
  logistic: locationScale(
    (maths, z) => {
      const size = maths.unary("Abs", z);
      return minus(maths, maths.add(size, maths.mul(logOnePlus(maths, maths.exp(minus(maths, size))), 2)));
    },
    (maths, u) => maths.log(maths.div(u, complement(maths, u))),
  ),
  "negative-binomial": {
    ends: [0, Number.POSITIVE_INFINITY],
    isDiscrete: true,
    logProb: (maths, x, p) => {
      const [r, probs] = [of(p, "totalCount"), of(p, "probs")];
      const choices = maths.sub(addLogGamma(maths, maths.add(x, r)), addLogGamma(maths, r));
      const powers = maths.add(maths.mul(r, maths.log(complement(maths, probs))), maths.mul(x, maths.log(probs)));
      return maths.add(maths.sub(choices, addLogGamma(maths, maths.add(x, 1))), powers);
    },
  },
  poisson: {
    ends: [0, Number.POSITIVE_INFINITY],
    isDiscrete: true,
    logProb: (maths, x, p) => {
      const rate = of(p, "rate");
      const powers = maths.sub(maths.mul(x, maths.log(rate)), rate);
      return maths.sub(powers, addLogGamma(maths, maths.add(x, 1)));
    },
  },
  "student-t": {
    logProb: (maths, x, p) => {
      const [nu, z] = [of(p, "degreesOfFreedom"), standardized(maths, x, p)];
      const more = maths.div(maths.add(nu, 1), 2);
      const logPeak = maths.sub(
        maths.sub(addLogGamma(maths, more), addLogGamma(maths, maths.div(nu, 2))),
        maths.add(maths.div(maths.log(maths.mul(nu, Math.PI)), 2), maths.log(of(p, "scale"))),
      );
      const ratio = maths.mul(z, maths.div(z, nu));
      return maths.sub(logPeak, maths.mul(more, logOnePlus(maths, ratio)));
    },
  },
  "von-mises": {
    ends: [-PI, PI],
    logProb: (maths, x, p) => {
      const kappa = of(p, "concentration");
      const away = maths.mul(kappa, addOneMinusCos(maths, maths.sub(x, of(p, "location"))));
      return maths.sub(maths.sub(-LOG_TAU, addLogBessel(maths, kappa)), away);
    },
  },
};

/** A network with a head that computes its distribution by arithmetic on the host, not by tensor operations. */
export interface HeadNetwork {
  readonly conditioner: DistributionNetwork["conditioner"];
  readonly head: CategoricalHead | (UnivariateHead & { readonly distribution: keyof typeof headDensities });
}

/** `true` if a model is a {@link HeadNetwork}. The normal distribution and custom heads may use tensor operations. */
export function isHeadNetwork(model: object): model is HeadNetwork {
  if (!(model instanceof DistributionNetwork)) return false;
  const { head } = model;
  return head instanceof CategoricalHead || (head instanceof UnivariateHead && head.distribution !== "normal");
}

/** The smallest normal float32. It replaces 0 where a density is infinite at 0. */
const SMALLEST = 2 ** -126;
/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** The first and the last float32 number strictly within the bounds of a support. */
export function insideOf([low, high]: readonly [number, number]): readonly [low: number, high: number] {
  return [
    low === Number.NEGATIVE_INFINITY ? -LARGEST : nextInside(low),
    high === Number.POSITIVE_INFINITY ? LARGEST : nextInside(high),
  ];
}

function nextInside(end: number): number {
  return end === 0 ? SMALLEST : end * (1 - 2 ** -24);
}
