import type { ConditionerLayout } from "@pushforward/conditioners";

/** The networks of zuko, `MLP` and `MaskedMLP`, which are residual only if masked. */
export const ZUKO_LAYOUT: ConditionerLayout = {
  start: "uniform",
  context: "inputs",
  blocks: "widening",
  degrees: "cyclic",
};

/** nflows' `MADE`; feed-forward, its hidden layers are of one width. */
export const NFLOWS_MADE_LAYOUT: ConditionerLayout = {
  start: "uniform",
  context: "maps",
  blocks: "linear",
  degrees: "cyclic",
};

/** nflows' `ResidualNet`. */
export const NFLOWS_NET_LAYOUT: ConditionerLayout = { ...NFLOWS_MADE_LAYOUT, context: "gates" };

/** Whether a network computes what one of another layout does; how it starts is no matter. */
export function computesAs(
  network: { readonly layout: ConditionerLayout; readonly contextSize: number },
  layout: ConditionerLayout,
  fields: readonly ("blocks" | "degrees")[],
): boolean {
  const hasSameContext = network.contextSize === 0 || network.layout.context === layout.context;
  return hasSameContext && fields.every((field) => network.layout[field] === layout[field]);
}
