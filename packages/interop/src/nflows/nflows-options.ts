import type { Activation } from "@pushforward/core";
import { OptionError } from "@pushforward/core";
import type { ReferenceDensity } from "../file/reference.ts";
import { choice, numberIn, within } from "../zuko/zuko-options.ts";
import { SPLINE_KINDS, type SplineKind } from "./spline-kinds.ts";

/**
 * What a `state_dict` of nflows does not say. Each of these can also stand in the metadata of the file, as text under
 * the same name; an option goes before it.
 */
export interface ImportNflowsOptions {
  /**
   * The splines act on [−tailBound, tailBound]. Default: 3 in the files of sbi and where LU layers stand between
   * coupling layers, as `construct_nsf` and sbi make them; needed for other splines, because nflows has no usual one.
   */
  readonly tailBound?: number;
  /**
   * The activation of the networks. Default: `"relu"`, as in nflows, and `"tanh"` for the feed-forward MADE of a file
   * of sbi; needed for feed-forward MADEs of other files, because both are usual.
   */
  readonly activation?: Activation;
  /**
   * What widths and heights of splines are multiplied by before the softmax. When omitted, as in nflows: `1/√hidden` for the
   * networks of couplings, which tell it their width, and 1 for a MADE.
   */
  readonly softmaxScale?: number;
  /**
   * The kind of the splines. A file does not show it, since the networks of a rational-quadratic spline of 3 bins and of a
   * linear one of 8 have the same sizes. Needed for splines, but in the files of sbi, which has one kind, and where a
   * `reference` shows that the model is right, which is then taken to be rational-quadratic. Those of other kinds need a
   * `tailBound` too, which says that they have linear tails.
   */
  readonly spline?: SplineKind;
  /** Densities by nflows itself, which the imported model must give. */
  readonly reference?: ReferenceDensity;
}

/** The options of a file, and whether it is one of sbi. */
export interface NflowsFileOptions extends ImportNflowsOptions {
  readonly isSbi: boolean;
}

const ACTIVATIONS = ["relu", "tanh", "elu", "silu"] as const satisfies readonly Activation[];

/** Options with what the metadata of the file says filled in. */
export function nflowsSettings(
  where: string,
  options: ImportNflowsOptions,
  metadata: Readonly<Record<string, string>>,
): ImportNflowsOptions {
  const library = metadata["library"]?.toLowerCase();
  if (library !== undefined && library !== "nflows" && library !== "sbi") {
    throw new OptionError(
      `${where}: expected a file of nflows, got one whose metadata says ${JSON.stringify(library)}.`,
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
