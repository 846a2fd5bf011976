import type { NetworkLayer } from "@pushforward/core/extend";

/** A layer of a network with what the activations of its outputs are multiplied by, `[...batch, out]`. */
export interface DroppingLayer<Values> extends NetworkLayer<Values> {
  readonly dropout?: Values | undefined;
}

/** Which of a list of tensors is what in a network: x comes first, then the context, if there is one. */
export interface NetworkLayout {
  readonly context: number | undefined;
  /** With the places of their tensors. */
  readonly layers: readonly DroppingLayer<number>[];
}

/** The tensors of a network as a list, in which a layout finds them again. */
export function networkLayout<Values>(
  x: Values,
  context: Values | undefined,
  layers: readonly DroppingLayer<Values>[],
): { readonly inputs: Values[]; readonly layout: NetworkLayout } {
  const inputs = [x];
  const place = (values: Values): number => inputs.push(values) - 1;
  const ofContext = context === undefined ? undefined : place(context);
  return { inputs, layout: { context: ofContext, layers: layers.map((layer) => withValues(layer, place)) } };
}

/** A layer with something else in the place of its values. */
export function withValues<From, To>(layer: DroppingLayer<From>, of: (values: From) => To): DroppingLayer<To> {
  const { weight, bias, mask, contextWeight, contextMask, contextBias, dropout, contextUse, raw, adds } = layer;
  const optional = (values: From | undefined): To | undefined => (values === undefined ? undefined : of(values));
  return {
    weight: of(weight),
    bias: optional(bias),
    mask: optional(mask),
    contextWeight: optional(contextWeight),
    contextMask: optional(contextMask),
    contextBias: optional(contextBias),
    dropout: optional(dropout),
    contextUse: contextWeight === undefined ? undefined : contextUse,
    raw,
    adds,
  };
}
