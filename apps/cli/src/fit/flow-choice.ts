import {
  type ArchitectureName,
  architectureNames,
  architectures,
  type ConditionalFlow,
  createFlow,
  type Flow,
} from "pushforward";
import type { FlowSizes } from "pushforward/extend";

/** Models that `auto` chooses. */
const CHOSEN = ["auto", "gmm"] as const;

export type FlowName = (typeof CHOSEN)[number] | ArchitectureName;

/** Models by their names on the command line. */
export const FLOW_NAMES: readonly FlowName[] = [...CHOSEN, ...architectureNames];

/** Models made of splines, which have bins. */
export const SPLINE_FLOWS: readonly FlowName[] = [
  "auto",
  ...architectureNames.filter((name) => architectures[name].splines),
];

/** Whether the model is chosen by `auto`. */
export function isChosen(flow: FlowName): flow is "auto" | "gmm" {
  return flow === "auto" || flow === "gmm";
}

/** What the user may set of an architecture; the rest are its own defaults. */
export interface FlowChoice {
  readonly flow: ArchitectureName;
  readonly transforms?: number;
  readonly hidden?: readonly number[];
  readonly bins?: number;
  /** Half the width of the box in which splines act, in standard deviations. */
  readonly bound?: number;
}

/** A new flow as the user chose it. */
export function chosenFlow(
  { flow, transforms, hidden, bins, bound }: FlowChoice,
  sizes: FlowSizes,
): Flow | ConditionalFlow {
  return createFlow(flow, {
    ...sizes,
    ...(transforms !== undefined && { transforms }),
    ...(hidden !== undefined && { hidden }),
    ...(bins !== undefined && { bins }),
    ...(bound !== undefined && { bound }),
  });
}
