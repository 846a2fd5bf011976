import { Made } from "@pushforward/conditioners";
import { type Bijection, type BijectionFamily, type Key, OptionError } from "@pushforward/core";
import { type AnyContext, type ArchitectureOptions, checkCount } from "./architecture.ts";
import { Autoregressive, type Orientation } from "./autoregressive.ts";
import { elementwiseLayers } from "./elementwise-layers.ts";

/** What architectures of autoregressive layers take. */
export interface AutoregressiveArchitectureOptions extends ArchitectureOptions {
  /**
   * Orders of the variables: natural and reversed in turn (`"alternate"`, the default), or drawn from the key for each
   * layer. They are orders of the masks; no variable is moved.
   */
  readonly order?: "alternate" | "random";
  /** Which direction takes one pass; the default depends on the architecture. */
  readonly orientation?: Orientation;
}

/** Autoregressive layers of one family; elementwise layers for a single variable. */
export function autoregressiveLayers(
  where: string,
  options: AutoregressiveArchitectureOptions & AnyContext,
  family: BijectionFamily,
  defaults: { readonly transforms: number; readonly orientation: Orientation },
): Bijection[] {
  const { features, context, transforms = defaults.transforms, order = "alternate" } = options;
  checkCount(where, "features", features);
  checkCount(where, "transforms", transforms);
  if (context !== undefined) checkCount(where, "context", context);
  if (order !== "alternate" && order !== "random") {
    throw new OptionError(`${where}: expected order to be "alternate" or "random", got ${JSON.stringify(order)}.`);
  }
  const orientation = options.orientation ?? defaults.orientation;
  if (features === 1) return elementwiseLayers(options, family, transforms, orientation);
  return Array.from({ length: transforms }, (_, i) => {
    const key = options.key.fold(`layers.${i}`);
    const conditioner = new Made({
      features,
      outputsPerVariable: family.parameterCount,
      order: orderOf(features, i, order === "random" ? key : undefined),
      key,
      ...(context !== undefined && { context }),
      ...(options.hidden && { hidden: options.hidden }),
      ...(options.residual !== undefined && { residual: options.residual }),
      ...(options.activation && { activation: options.activation }),
      ...(options.dropout !== undefined && { dropout: options.dropout }),
    });
    return new Autoregressive({ conditioner, family, orientation });
  });
}

function orderOf(features: number, layer: number, key: Key | undefined): number[] {
  if (key !== undefined) return Array.from(key.fold("order").permutation(features));
  return Array.from({ length: features }, (_, i) => (layer % 2 === 0 ? i : features - 1 - i));
}
