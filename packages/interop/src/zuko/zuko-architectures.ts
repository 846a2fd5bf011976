import { OptionError } from "@pushforward/core";
import type { MafOptions, MaybeConditionalOptions, NsfOptions, RealNvpOptions } from "@pushforward/flows";
import {
  AUTOREGRESSIVE_OPTIONS,
  autoregressiveLayers,
  COUPLING_OPTIONS,
  couplingLayers,
  type Preset,
  preset,
} from "@pushforward/flows/extend";
import { buildFamily } from "../flow/forms.ts";
import { ZUKO_LAYOUT } from "../flow/layouts.ts";

type MaybeContext = Partial<MaybeConditionalOptions>;

const SLOPE = 1e-3;

const masked = { orientation: "density", layout: ZUKO_LAYOUT, naturalAt: "data" } as const;
const affineFamily = () => buildFamily({ kind: "affine", parameterization: "zuko", slope: SLOPE });

/**
 * The `MAF` of zuko: networks, initial values and formulas are its own, and its weights give the same function. Orders are
 * counted from the data; `passes` and `order: "random"` are zuko's `passes` and `randperm`.
 *
 * Defaults: 5 transforms, networks of (64, 64) relu units. With `residual` each entry of `hidden` is a block.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = zukoMaf({ features: 3, transforms: 3, key: createKey(0) });
 */
export const zukoMaf: Preset<MafOptions> = /* @__PURE__ */ preset(
  "zukoMaf",
  AUTOREGRESSIVE_OPTIONS,
  (options, where) => {
    refuseResidual(where, options, true);
    return autoregressiveLayers(where, options, { ...masked, family: affineFamily(), transforms: 5 });
  },
);

/** Options of {@link zukoNsf}: `passes: 2` makes layers like couplings. */
export type ZukoNsfOptions = Omit<NsfOptions, "coupling" | "linear">;

/**
 * The `NSF` of zuko, as {@link zukoMaf} is its `MAF`.
 *
 * Defaults: 3 transforms, 8 bins on [−5, 5], networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = zukoNsf({ features: 3, context: 2, key: createKey(0) });
 */
export const zukoNsf: Preset<ZukoNsfOptions> = /* @__PURE__ */ preset(
  "zukoNsf",
  { ...AUTOREGRESSIVE_OPTIONS, bins: true, bound: true },
  (options, where) => {
    const { bins = 8, bound = 5 } = options;
    refuseResidual(where, options, true);
    const family = buildFamily({ kind: "spline", parameterization: "zuko", bins, bound, slope: SLOPE });
    return autoregressiveLayers(where, options, { ...masked, family, transforms: 3 });
  },
);

/**
 * The `RealNVP` of zuko, which some versions call `NICE`: affine couplings that transform the variables of odd and of even
 * places in turn, from the data on.
 *
 * Defaults: 6 transforms, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or `residual`, which zuko has with masks only.
 * @example
 * using flow = zukoRealNvp({ features: 4, key: createKey(0) });
 */
export const zukoRealNvp: Preset<RealNvpOptions> = /* @__PURE__ */ preset(
  "zukoRealNvp",
  COUPLING_OPTIONS,
  (options, where) => {
    refuseResidual(where, options, false);
    const style = { family: affineFamily(), transforms: 6, masks: "odd-first", layout: ZUKO_LAYOUT } as const;
    return couplingLayers(where, options, style);
  },
);

/** Refuses residual networks without masks, which are those of couplings and of a single variable with a context. */
function refuseResidual(
  where: string,
  { residual = false, features, context }: MafOptions & MaybeContext,
  isMasked: boolean,
): void {
  const hasMasks = features > 1 ? isMasked : context === undefined;
  if (!residual || hasMasks) return;
  throw new OptionError(
    `${where}: expected no residual, got true: zuko has no residual network without masks. Leave it out.`,
  );
}
