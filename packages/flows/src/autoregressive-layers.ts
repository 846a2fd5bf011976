import { Made, type NetworkConvention } from "@pushforward/conditioners";
import { type Bijection, type BijectionFamily, OptionError } from "@pushforward/core";
import { type AnyContext, type ArchitectureOptions, checkCount, permuted } from "./architecture.ts";
import { Autoregressive, type Orientation } from "./autoregressive.ts";
import { elementwiseLayers } from "./elementwise-layers.ts";

/** What architectures of autoregressive layers take. */
export interface AutoregressiveArchitectureOptions extends ArchitectureOptions {
  /**
   * Orders of the variables: natural and reversed in turn (`"alternate"`, the default), or drawn from the key for each
   * layer. They are orders of the masks; no variable is moved. Not with `permutation`.
   */
  readonly order?: "alternate" | "random";
  /**
   * In how many steps a layer generates its variables, from 1 to `features`, the default: variables of one step do not depend
   * on each other. 2 makes layers like those of coupling (zuko's `passes`).
   */
  readonly passes?: number;
  /** Which direction takes one pass; the default depends on the architecture. */
  readonly orientation?: Orientation;
}

/** Autoregressive layers of one family, base to data; elementwise layers for a single variable, but not in nflows. */
export function autoregressiveLayers(
  where: string,
  options: AutoregressiveArchitectureOptions & AnyContext & { readonly convention: NetworkConvention },
  family: BijectionFamily,
  defaults: { readonly transforms: number; readonly orientation: Orientation },
): readonly Bijection[] {
  const { features, context, convention, transforms = defaults.transforms } = options;
  checkCount(where, "features", features);
  checkCount(where, "transforms", transforms);
  if (context !== undefined) checkCount(where, "context", context);
  checkOrders(where, options);
  const orientation = options.orientation ?? defaults.orientation;
  if (features === 1 && convention !== "nflows") {
    return elementwiseLayers(options, family, transforms, orientation);
  }
  const permutation = options.permutation ?? (convention === "nflows" && !options.order ? "reverse" : undefined);
  const layers = Array.from({ length: transforms }, (_, i) => {
    const key = options.key.fold(`layers.${i}`);
    const conditioner = new Made({
      features,
      outputsPerVariable: family.parameterCount,
      order: orderOf({ ...options, transforms, permutation }, i),
      convention,
      key,
      ...(context !== undefined && { context }),
      ...(options.hidden && { hidden: options.hidden }),
      ...(options.residual !== undefined && { residual: options.residual }),
      ...(options.activation && { activation: options.activation }),
      ...(options.dropout !== undefined && { dropout: options.dropout }),
    });
    return new Autoregressive({ conditioner, family, orientation });
  });
  return permuted({ ...options, ...(permutation && { permutation }) }, layers);
}

function checkOrders(where: string, options: AutoregressiveArchitectureOptions): void {
  const { order, permutation, passes, features } = options;
  if (order !== undefined && order !== "alternate" && order !== "random") {
    throw new OptionError(`${where}: expected order to be "alternate" or "random", got ${JSON.stringify(order)}.`);
  }
  if (order !== undefined && permutation !== undefined) {
    throw new OptionError(
      `${where}: expected an order or a permutation, got both. A permutation moves the variables between the layers, and ` +
        "their masks take them as they come.",
    );
  }
  if (passes === undefined) return;
  checkCount(where, "passes", passes);
  if (passes > features) {
    throw new OptionError(`${where}: expected passes of at most ${features}, one for each variable, got ${passes}.`);
  }
}

/** The ranks of the variables in a layer, as many as there are passes. */
function orderOf(
  { features, key, convention, transforms, order, permutation, passes = features }: OrderOptions,
  layer: number,
): number[] {
  const perPass = Math.ceil(features / passes);
  const steps = (ranks: ArrayLike<number>): number[] => Array.from(ranks, (rank) => Math.floor(rank / perPass));
  if (order === "random") return steps(key.fold(`layers.${layer}`).fold("order").permutation(features));
  // The first layer that has the natural order is the one at the data in zuko, and the one at the base in ours.
  const turn = convention === "zuko" ? transforms - 1 - layer : layer;
  const isReversed = permutation === undefined && turn % 2 === 1;
  return steps(Array.from({ length: features }, (_, i) => (isReversed ? features - 1 - i : i)));
}

interface OrderOptions extends Omit<AutoregressiveArchitectureOptions, "permutation"> {
  readonly convention: NetworkConvention;
  readonly transforms: number;
  readonly permutation: ArchitectureOptions["permutation"];
}
