import type { ConditionerLayout } from "@pushforward/conditioners";
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
import { quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignFamily, ForeignLinear, NetworkStyle } from "./foreign-flow.ts";

const NFLOWS_AFFINE: AffineForm = { scale: "softplus", limit: 0, offset: 0, least: 1e-3 };
const NFLOWS_COUPLING_AFFINE: AffineForm = { scale: "sigmoid", limit: 0, offset: 2, least: 1e-3 };

/** The diagonal of U in `LULinear` of nflows. */
export const NFLOWS_DIAGONAL = { offset: 0, smallest: 1e-3 } as const;

/**
 * Unit of zuko's `SOSPolynomialTransform`, and the bound beyond which ours is linear, because zuko's would overflow.
 */
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

/** Returns our family that computes the same as a family of a library. Both forward maps go from data to noise. */
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

/** Describes our affine or spline family for a library; undefined if no library has it. */
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

/** Returns `true` if two forms have the same numbers. */
export function isSame<F extends object>(one: F, other: F): boolean {
  const numbers = new Map(Object.entries(other));
  return Object.entries(one).every(([name, value]) => numbers.get(name) === value);
}

/** The networks of zuko, `MLP` and `MaskedMLP`, which are residual only if masked. */
export const ZUKO_LAYOUT: ConditionerLayout = {
  start: "uniform",
  context: "inputs",
  blocks: "widening",
  degrees: "cyclic",
};

/** nflows' `MADE`. In the feed-forward form, all hidden layers have the same width. */
export const NFLOWS_MADE_LAYOUT: ConditionerLayout = {
  start: "uniform",
  context: "maps",
  blocks: "linear",
  degrees: "cyclic",
};

/** nflows' `ResidualNet`. */
export const NFLOWS_NET_LAYOUT: ConditionerLayout = { ...NFLOWS_MADE_LAYOUT, context: "gates" };

/** Returns `true` if a network computes the same as a network of a different layout. Initial values do not matter. */
export function computesAs(
  network: { readonly layout: ConditionerLayout; readonly contextSize: number },
  layout: ConditionerLayout,
  fields: readonly ("blocks" | "degrees")[],
): boolean {
  const hasSameContext = network.contextSize === 0 || network.layout.context === layout.context;
  return hasSameContext && fields.every((field) => network.layout[field] === layout[field]);
}

/** Compares a stored mask with the one that it must be. */
export function checkMask(state: StateDict, key: string, layer: ForeignLinear, expected: ArrayLike<number>): void {
  const odd = layer.mask?.findIndex((value, i) => value !== expected[i]) ?? -1;
  if (odd < 0) return;
  const [row, column] = [Math.floor(odd / layer.inputs), odd % layer.inputs];
  state.fail(
    "weights",
    `${expected[odd]} in row ${row}, column ${column} of ${quote(`${key}.mask`)}`,
    `${layer.mask?.[odd]}: masks of one's own are not supported`,
  );
}

/** Degrees of the hidden units of nflows' MADE: `h mod max(1, D − 1) + min(1, D − 1)`, for unit h of D variables. */
export function hiddenDegrees(units: number, features: number): number[] {
  return Array.from({ length: units }, (_, h) => (h % Math.max(1, features - 1)) + Math.min(1, features - 1));
}

/** Degrees of the hidden units of zuko: they cycle through 0 (with a context) or 1 to the number of ranks less 1. */
export function zukoDegrees(units: number, ranks: number, hasContext: boolean): number[] {
  const smallest = hasContext ? 0 : Math.min(1, ranks - 1);
  return Array.from({ length: units }, (_, h) => smallest + (h % Math.max(1, ranks - smallest)));
}

/** Degrees of the outputs: the degree of each variable, 1 to D, repeated for all of its outputs. */
export function outputDegrees(features: number, count: number): number[] {
  return Array.from({ length: features * count }, (_, i) => Math.floor(i / count) + 1);
}

/** Degrees of the inputs, 1 to D. */
export function inputDegrees(features: number): number[] {
  return Array.from({ length: features }, (_, i) => i + 1);
}

/** A mask of a layer that reads a context after its inputs: all outputs see it. */
export function withContext(mask: Uint8Array, inputs: number, context: number): Uint8Array {
  const width = inputs + context;
  const wide = new Uint8Array((mask.length / inputs) * width).fill(1);
  for (let row = 0; row * inputs < mask.length; row++) {
    wide.set(mask.subarray(row * inputs, (row + 1) * inputs), row * width);
  }
  return wide;
}

/**
 * The mask `[outputs, inputs]`: 1 if the degree of the output is at least the degree of the input, or, with `strict`,
 * greater.
 */
export function degreeMask(outputs: readonly number[], inputs: readonly number[], strict: boolean): Uint8Array {
  const mask = new Uint8Array(outputs.length * inputs.length);
  for (const [row, out] of outputs.entries()) {
    for (const [column, into] of inputs.entries()) {
      if (strict ? out > into : out >= into) mask[row * inputs.length + column] = 1;
    }
  }
  return mask;
}

/** Data that determines the unit order of a masked network. */
export interface UnitSizes {
  readonly style: NetworkStyle;
  /** Ranks of the variables of a masked network. Absent for other networks, which keep their unit order. */
  readonly order?: readonly number[];
  readonly context: number;
}

/**
 * Maps each of our hidden units, in a layer of `width`, to its unit in the library. Our units are sorted by degree, so
 * that each unit sees a prefix of the previous layer. In the library degrees repeat in turn. Units of equal degree keep
 * their order.
 */
export function unitOrder({ style, order, context }: UnitSizes, width: number): number[] {
  if (order === undefined) return identityOrder(width);
  const ranks = Math.max(...order) + 1;
  const isZuko = style === "zuko" || style === "zuko-residual";
  const degrees = isZuko ? zukoDegrees(width, ranks, context > 0) : hiddenDegrees(width, ranks);
  return identityOrder(width).sort((a, b) => (degrees[a] as number) - (degrees[b] as number));
}

/**
 * Which output of the library each output of ours is. Ours are shift and raw scale, variable by variable; nflows' MADE has
 * the scale first, and its coupling has all shifts before all scales.
 */
export function outputOrder(family: ForeignFamily, outputs: number): number[] {
  if (family.kind !== "affine" || family.parameterization === "zuko") return identityOrder(outputs);
  if (family.parameterization === "nflows") return Array.from({ length: outputs }, (_, i) => i ^ 1);
  return Array.from({ length: outputs }, (_, i) => (i >> 1) + (i % 2) * (outputs / 2));
}

/** 0, 1, 2, … */
export function identityOrder(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Returns the inverse of an order. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length);
  for (const [i, from] of order.entries()) inverse[from] = i;
  return inverse;
}
