import { type ArchitectureName, architectureNames, architectures } from "@pushforward/flows/architectures";

/** Models that `auto` chooses. */
const CHOSEN = ["auto", "gmm"] as const;

export type FlowName = (typeof CHOSEN)[number] | ArchitectureName;

/** What `fit` learns: a flow of numeric columns, or the density of a table of any columns. */
export type FitFlow = FlowName | "table";

/** Models by their names on the command line. */
export const FLOW_NAMES: readonly FitFlow[] = [...CHOSEN, "table", ...architectureNames];

/** Models made of splines, which have bins. */
export const SPLINE_FLOWS: readonly FitFlow[] = [
  "auto",
  ...architectureNames.filter((name) => architectures[name].splines),
];

/** Whether the model is chosen by `auto`. */
export function isChosen(flow: FlowName): flow is "auto" | "gmm" {
  return flow === "auto" || flow === "gmm";
}
