import { type ArchitectureName, architectureNames, architectures } from "@pushforward/flows/architectures";

/** Models that `fitAuto` chooses. */
const CHOSEN = ["auto", "gmm"] as const;

export type FlowName = (typeof CHOSEN)[number] | ArchitectureName;

/** Models of columns of any kinds. */
const COLUMN_MODELS = ["table", "copula"] as const;
export type ColumnModelName = (typeof COLUMN_MODELS)[number];

/** Models that `fit` learns: flows of numeric columns, and models of columns of any kinds. */
export type FitFlow = FlowName | ColumnModelName;

/** Returns `true` if a model has columns of any kinds. */
export function isColumnModel(flow: FitFlow): flow is ColumnModelName {
  return (COLUMN_MODELS as readonly string[]).includes(flow);
}

/** Models made of splines, which have bins. */
export const SPLINE_FLOWS: readonly FitFlow[] = [
  "auto",
  ...architectureNames.filter((name) => architectures[name].splines),
];

/** Returns `true` if `fitAuto` chooses the model. */
export function isChosen(flow: FlowName): flow is "auto" | "gmm" {
  return flow === "auto" || flow === "gmm";
}
