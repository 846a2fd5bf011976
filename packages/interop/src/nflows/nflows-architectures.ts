import type { ConditionerLayout } from "@pushforward/conditioners";
import { type Activation, type Bijection, OptionError } from "@pushforward/core";
import type { MafOptions, MaybeConditionalOptions, NsfOptions, RealNvpOptions } from "@pushforward/flows";
import {
  AUTOREGRESSIVE_OPTIONS,
  type AutoregressiveArchitectureOptions,
  autoregressiveLayers,
  COUPLING_OPTIONS,
  couplingLayers,
  type Preset,
  preset,
} from "@pushforward/flows/extend";
import { invert, Permutation } from "@pushforward/transforms";
import type { StateDict } from "../file/state-dict.ts";
import type { ReferenceDensity } from "../file/tensor-file.ts";
import type { ForeignFamily } from "../flow/foreign-flow.ts";
import { buildFamily, NFLOWS_MADE_LAYOUT, NFLOWS_NET_LAYOUT } from "../flow/forms.ts";
import { choice, numberIn, within } from "../zuko/zuko-families.ts";
import { nflowsLinear, SPLINE_KINDS, type SplineKind } from "./spline-kinds.ts";

type MaybeContext = Partial<MaybeConditionalOptions>;

const HIDDEN: readonly number[] = [50, 50, 50];

/**
 * The masked autoregressive flow of nflows: networks, initial values, formulas and defaults are its own, and weights of a
 * `MaskedAutoregressiveFlow` give the same function.
 *
 * Defaults: 5 transforms, residual networks of (50, 50, 50) relu units, variables reversed on the data side of each layer.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, hidden layers have several widths, or options contradict each
 * other.
 * @example
 * using flow = nflowsMaf({ features: 2, key: createKey(0) });
 * parameterCount(flow.parameters()); // → 52770
 */
export const nflowsMaf: Preset<MafOptions> = /* @__PURE__ */ preset(
  "nflowsMaf",
  AUTOREGRESSIVE_OPTIONS,
  (options, where) => {
    const family = { kind: "affine", parameterization: "nflows" } as const;
    return madeLayers(where, options, family, 5);
  },
);

/**
 * Neural spline flow of nflows: layers of `MaskedPiecewiseRationalQuadraticAutoregressiveTransform`, or with `coupling`
 * the flow of Durkan et al. (arXiv:1906.04032): `PiecewiseRationalQuadraticCouplingTransform`, which transforms the
 * variables at even and at odd places in turn, each with an `LULinear` on the base side. For a single variable,
 * `coupling` uses the plain network of the context that sbi has.
 *
 * Defaults: 3 transforms, 5 with `coupling`; 10 bins on [−3, 3], residual networks of (50, 50, 50) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, hidden layers have several widths, or options contradict each
 * other.
 * @example
 * using flow = nflowsNsf({ features: 2, coupling: true, key: createKey(0) });
 * parameterCount(flow.parameters()); // → 58925
 */
export const nflowsNsf: Preset<NsfOptions> = /* @__PURE__ */ preset(
  "nflowsNsf",
  { ...AUTOREGRESSIVE_OPTIONS, bins: true, bound: true, coupling: true, linear: true },
  (options, where) => {
    const { features, coupling = false, linear = coupling, bins = 10, bound = 3 } = options;
    const spline = { kind: "spline", parameterization: "nflows", bins, bound } as const;
    const layers = coupling
      ? splineCouplings(options, spline)
      : madeLayers(where, options, { ...spline, softmaxScale: 1 }, 3);
    return linear && features > 1 ? mixed(layers, features) : layers;
  },
);

/**
 * `SimpleRealNVP` of nflows: affine couplings that transform the variables at odd and at even places in turn, starting
 * from the data.
 *
 * Defaults: 6 transforms, residual networks of (50, 50, 50) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or residual networks have hidden layers of several widths.
 * @example
 * using flow = nflowsRealNvp({ features: 4, key: createKey(0) });
 */
export const nflowsRealNvp: Preset<RealNvpOptions> = /* @__PURE__ */ preset(
  "nflowsRealNvp",
  COUPLING_OPTIONS,
  (options, where) => {
    const { hidden = HIDDEN, residual = true } = options;
    const family = buildFamily({ kind: "affine", parameterization: "nflows-coupling" });
    const style = { family, transforms: 6, masks: "odd-first", layout: couplingLayout(options) } as const;
    return couplingLayers(where, { ...options, hidden, residual }, style);
  },
);

/** Layers of a MADE, which is one also of a single variable. */
function madeLayers(
  where: string,
  options: AutoregressiveArchitectureOptions & MaybeContext,
  family: ForeignFamily,
  transforms: number,
): readonly Bijection[] {
  const { hidden = HIDDEN, residual = true, order, permutation } = options;
  if (hidden.length === 0 || hidden.some((width) => width !== hidden[0])) {
    throw new OptionError(
      `${where}: expected hidden layers of one width, as nflows has them, got [${hidden.join(", ")}].`,
    );
  }
  const reversal = permutation ?? (order === undefined ? "reverse" : undefined);
  const all = { ...options, hidden, residual, ...(reversal && { permutation: reversal }) };
  const style = { orientation: "density", layout: NFLOWS_MADE_LAYOUT, single: "autoregressive" } as const;
  return autoregressiveLayers(where, all, { ...style, family: buildFamily(family), transforms });
}

/** Spline couplings, with a softmax scaled by the width of the network. */
function splineCouplings(
  options: NsfOptions & MaybeContext,
  spline: {
    readonly kind: "spline";
    readonly parameterization: "nflows";
    readonly bins: number;
    readonly bound: number;
  },
): readonly Bijection[] {
  const isSingle = options.features === 1;
  const { hidden = isSingle ? HIDDEN.slice(1) : HIDDEN, residual = !isSingle } = options;
  const family = buildFamily({ ...spline, softmaxScale: 1 / Math.sqrt(hidden[0] ?? 1) });
  const style = { family, transforms: 5, masks: "even-first", layout: couplingLayout(options) } as const;
  return couplingLayers("nflowsNsf", { ...options, hidden, residual }, style);
}

/** The parameters of a single variable without a context, which no network computes, start at zero. */
function couplingLayout({ features, context }: RealNvpOptions & MaybeContext): Partial<ConditionerLayout> {
  return features === 1 && context === undefined ? {} : NFLOWS_NET_LAYOUT;
}

/** A linear map on the base side of each layer, seen from the data. */
function mixed(layers: readonly Bijection[], features: number): Bijection[] {
  return layers.flatMap((layer): Bijection[] =>
    layer instanceof Permutation ? [layer] : [invert(nflowsLinear({ features })), layer],
  );
}

/**
 * Settings that a `state_dict` of nflows does not contain. The metadata of the file can also store each setting, as
 * text under the same name. An option takes precedence over the metadata.
 */
export interface ImportNflowsOptions {
  /**
   * The splines act on [−tailBound, tailBound]. Default: 3 in files of sbi and in files with LU layers between coupling
   * layers, as `construct_nsf` and sbi build their flows. Required for other splines, because nflows has no usual
   * value.
   */
  readonly tailBound?: number;
  /**
   * The activation of the networks. Default: `"relu"`, as in nflows, and `"tanh"` for the feed-forward MADE of a file
   * of sbi; needed for feed-forward MADEs of other files, because both are usual.
   */
  readonly activation?: Activation;
  /**
   * Factor of the widths and heights of splines before the softmax. If omitted, as in nflows: `1/√hidden` for the
   * networks of couplings, which pass their width to the softmax, and 1 for a MADE.
   */
  readonly softmaxScale?: number;
  /**
   * The kind of the splines. A file does not show it, since the networks of a rational-quadratic spline of 3 bins and
   * of a linear one of 8 have the same sizes. Required for splines, except in files of sbi, which has a single kind,
   * and with a `reference` to verify the model, which is then assumed to be rational-quadratic. Splines of other kinds
   * need a `tailBound` too, which means that they have linear tails.
   */
  readonly spline?: SplineKind;
  /** Densities by nflows itself, which the imported model must give. */
  readonly reference?: ReferenceDensity;
}

/** Options of a file, with a flag for files of sbi. */
export interface NflowsFileOptions extends ImportNflowsOptions {
  readonly isSbi: boolean;
}

const ACTIVATIONS = ["relu", "tanh", "elu", "silu"] as const satisfies readonly Activation[];

/** Fills in missing options from the metadata of the file. */
export function nflowsSettings(
  where: string,
  options: ImportNflowsOptions,
  metadata: Readonly<Record<string, string>>,
): ImportNflowsOptions {
  const library = metadata["library"]?.toLowerCase();
  if (library !== undefined && library !== "nflows" && library !== "sbi") {
    throw new OptionError(
      `${where}: expected a file of nflows, got a file with library ${JSON.stringify(library)} in its metadata.`,
    );
  }
  const assumed = options.reference === undefined ? undefined : "rational-quadratic";
  const merged = {
    tailBound: options.tailBound ?? numberIn(where, "tailBound", metadata["tailBound"]),
    activation: options.activation ?? choice(where, "activation", metadata["activation"], ACTIVATIONS),
    spline: options.spline ?? choice(where, "spline", metadata["spline"], SPLINE_KINDS) ?? assumed,
    softmaxScale: options.softmaxScale ?? numberIn(where, "softmaxScale", metadata["softmaxScale"]),
  };
  choice(where, "activation", merged.activation, ACTIVATIONS);
  choice(where, "spline", merged.spline, SPLINE_KINDS);
  within(where, "tailBound", merged.tailBound, (bound) => bound > 0, "a positive number");
  within(where, "softmaxScale", merged.softmaxScale, (scale) => scale > 0, "a positive number");
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

/** Layers of nflows that are not read, by a key that only they have. */
const LAYERS: readonly (readonly [key: RegExp, name: string])[] = [
  [/^initialized$/, "ActNorm"],
  [/^q_vectors$/, "HouseholderSequence"],
  [/^_weight$/, "NaiveLinear"],
  [/^_transform\./, "InverseTransform"],
  [/^temperature$/, "Sigmoid with a learned temperature"],
  [/^unnormalized_pdf$/, "PiecewiseLinearCDF"],
  [/^unnorm_derivatives_left$/, "PiecewiseCubicCDF"],
  [/^unnormalized_derivatives$/, "PiecewiseRationalQuadraticCDF"],
  [/^unnormalized_widths$/, "PiecewiseQuadraticCDF"],
];

/** Class of the layer under a prefix, if its keys identify it. */
export function nflowsLayerName(state: StateDict, prefix: string): string | undefined {
  const own = state.keys().flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
  return LAYERS.find(([pattern]) => own.some((key) => pattern.test(key)))?.[1];
}
