import type { ConditionerLayout } from "@pushforward/conditioners";
import type { BijectionFamily } from "@pushforward/core";
import type { Orientation } from "../schemes/autoregressive.ts";
import { Elementwise } from "../schemes/elementwise.ts";
import type { LayerOptions } from "./architecture.ts";
import { layerNetwork } from "./layer-network.ts";

/** What makes elementwise layers. */
interface ElementwiseStyle {
  readonly familyOf: (layer: number) => BijectionFamily;
  readonly layout: Partial<ConditionerLayout>;
  readonly transforms: number;
  readonly orientation: Orientation;
}

/**
 * The layers of an architecture for a single variable, which has no other to depend on: parameters computed from the
 * context, or learned directly, which start as the last layers of networks do.
 */
export function elementwiseLayers(
  options: LayerOptions,
  { familyOf, layout, transforms, orientation }: ElementwiseStyle,
): Elementwise[] {
  const { features, context } = options;
  return Array.from({ length: transforms }, (_, i) => {
    const family = familyOf(i);
    if (context === undefined) {
      const key = layout.start === "uniform" && { key: options.key.fold(`layers.${i}`) };
      return new Elementwise({ family, features, orientation, ...key });
    }
    const sizes = { inputSize: context, outputSize: features * family.parameterCount, context: 0 };
    return new Elementwise({ family, features, orientation, conditioner: layerNetwork(options, layout, i, sizes) });
  });
}
