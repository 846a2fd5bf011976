import type { BijectionFamily } from "@pushforward/core";
import type { AffineForm, SplineForm } from "@pushforward/core/extend";
import {
  additive,
  affine,
  bernstein,
  circularRationalQuadratic,
  cubicSpline,
  gaussianization,
  linearSpline,
  monotoneIntegral,
  monotoneNetwork,
  quadraticSpline,
  rationalQuadratic,
  sumOfSquares,
} from "@pushforward/transforms";
import { AffineFamily, RationalQuadraticFamily } from "@pushforward/transforms/extend";
import type { ForeignFamily } from "./foreign-flow.ts";

const NFLOWS_AFFINE: AffineForm = { scale: "softplus", limit: 0, offset: 0, least: 1e-3 };
const NFLOWS_COUPLING_AFFINE: AffineForm = { scale: "sigmoid", limit: 0, offset: 2, least: 1e-3 };

/** The diagonal of U in `LULinear` of nflows. */
export const NFLOWS_DIAGONAL = { offset: 0, smallest: 1e-3 } as const;

/** The unit of zuko's `SOSPolynomialTransform`, and beyond what ours is linear where that would overflow. */
const ZUKO_POLYNOMIAL = { unit: 10, bound: 1000 } as const;

/** The scale of zuko's `MonotonicAffineTransform`, from `slope` to one over it. */
function zukoAffine(slope: number): AffineForm {
  return { scale: "clip", limit: -Math.log(slope), offset: 0, least: 0 };
}

/** Bins and slopes of zuko's `MonotonicRQSTransform`, these from `slope` to one over it. */
function zukoSpline(slope: number): SplineForm {
  const limit = -Math.log(slope);
  return { softmaxScale: 1, softmaxLimit: limit / 2, minBin: 0, slopeLimit: limit, slopeOffset: 0, minSlope: 0 };
}

/** Bins and slopes of nflows' `PiecewiseRationalQuadratic…Transform` with linear tails. */
function nflowsSpline(softmaxScale: number): SplineForm {
  return { softmaxScale, softmaxLimit: 0, minBin: 1e-3, slopeLimit: 0, slopeOffset: 0, minSlope: 1e-3 };
}

/** Our family that computes what a family of a library does; both forward maps go from data to noise. */
export function buildFamily(family: ForeignFamily): BijectionFamily {
  switch (family.kind) {
    case "additive":
      return additive();
    case "monotone":
      return buildMonotone(family);
    case "affine":
      if (family.parameterization === "zuko") return affine({ form: zukoAffine(family.slope) });
      return affine({ form: family.parameterization === "nflows" ? NFLOWS_AFFINE : NFLOWS_COUPLING_AFFINE });
    case "circular": {
      const { bins, slope } = family;
      return circularRationalQuadratic({ bins, shift: -Math.PI, ends: "one", form: zukoSpline(slope) });
    }
    case "bernstein":
      return bernstein({ degree: family.count + 4, bound: family.bound, least: 0 });
    case "sum-of-squares": {
      const { polynomials, degree, slope } = family;
      return sumOfSquares({ polynomials, degree, ...ZUKO_POLYNOMIAL, form: { scale: 1, slope, constants: "ones" } });
    }
    case "linear-spline":
      return linearSpline({ bins: family.bins, bound: family.bound, minBin: 0 });
    case "quadratic-spline": {
      const { bins, bound, softmaxScale, slopeScale } = family;
      // What nflows takes for the slope at the ends.
      return quadraticSpline({ bins, bound, form: { softmaxScale, slopeScale, endWeight: 0.25 } });
    }
    case "cubic-spline": {
      const { bins, bound, softmaxScale } = family;
      return cubicSpline({ bins, bound, tails: "identity", form: { softmaxScale, leastEnd: 0, endOffset: 0 } });
    }
    case "gaussianization": {
      const form = { weights: "equal", limit: 0, spread: 0, epsilon: 1e-6 } as const;
      return gaussianization({ components: family.components, form });
    }
    case "spline": {
      const { bins, bound } = family;
      const form = family.parameterization === "zuko" ? zukoSpline(family.slope) : nflowsSpline(family.softmaxScale);
      return rationalQuadratic({ bins, bound, form });
    }
  }
}

function buildMonotone({
  variables,
  signal,
  hidden,
  layers,
  limit,
}: Extract<ForeignFamily, { kind: "monotone" }>): BijectionFamily {
  const sizes = { variables, signal, hidden };
  const family =
    limit === undefined
      ? monotoneNetwork(sizes)
      : monotoneIntegral({ ...sizes, bound: 0, activation: "elu", scale: "clip", limit });
  const parameters = family.parameters();
  for (const [i, { weight, bias }] of layers.entries()) {
    const [inputs, outputs] = [hidden[i - 1] ?? 1 + signal, hidden[i] ?? 1];
    const size = inputs * outputs;
    // Rows and columns of each matrix exchanged.
    parameters.get(`layers.${i}.weight`)?.write(
      Float32Array.from(weight, (_, at) => {
        const [matrix, place] = [Math.floor(at / size), at % size];
        return weight[matrix * size + (place % outputs) * inputs + Math.floor(place / outputs)] as number;
      }),
    );
    parameters.get(`layers.${i}.bias`)?.write(bias);
  }
  return family;
}

/** What an affine or spline family of ours is in a library; undefined where none has it. */
export function describeFamily(
  family: BijectionFamily,
): Exclude<ForeignFamily, { readonly kind: "monotone" }> | undefined {
  if (family instanceof AffineFamily) {
    const { form } = family;
    if (isSame(form, NFLOWS_AFFINE)) return { kind: "affine", parameterization: "nflows" };
    if (isSame(form, NFLOWS_COUPLING_AFFINE)) return { kind: "affine", parameterization: "nflows-coupling" };
    if (form.scale === "clip") return { kind: "affine", parameterization: "zuko", slope: slopeOf(form.limit) };
  }
  if (family instanceof RationalQuadraticFamily && family.tails === "identity") {
    const { form, bins, bound } = family;
    const { softmaxScale, slopeLimit } = form;
    if (isSame(form, nflowsSpline(softmaxScale))) {
      return { kind: "spline", parameterization: "nflows", bins, bound, softmaxScale };
    }
    const slope = slopeOf(slopeLimit);
    if (isSame(form, zukoSpline(slope))) return { kind: "spline", parameterization: "zuko", bins, bound, slope };
  }
  return undefined;
}

/** The smallest slope of a limit of its logarithm: the shortest number that has this limit. */
function slopeOf(limit: number): number {
  const slope = Math.exp(-limit);
  for (let digits = 1; digits <= 17; digits++) {
    const short = Number(slope.toPrecision(digits));
    if (-Math.log(short) === limit) return short;
  }
  return slope;
}

/** Whether two forms have the same numbers. */
export function isSame<F extends object>(one: F, other: F): boolean {
  const numbers = new Map(Object.entries(other));
  return Object.entries(one).every(([name, value]) => numbers.get(name) === value);
}
