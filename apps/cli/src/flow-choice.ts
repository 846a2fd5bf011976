import { type ConditionalFlow, type Flow, type FlowSizes, iaf, maf, nsf, realNvp } from "pushforward";

/** Architectures by their names on the command line. */
export const FLOW_NAMES = ["auto", "gmm", "nsf", "nsf-coupling", "maf", "iaf", "realnvp"] as const;

export type FlowName = (typeof FLOW_NAMES)[number];

/** Those that are a single flow of a fixed form. */
type SingleFlowName = Exclude<FlowName, "auto" | "gmm">;

/** Whether the model is chosen by `auto`. */
export function isChosen(flow: FlowName): flow is "auto" | "gmm" {
  return flow === "auto" || flow === "gmm";
}

/** What the user may set of an architecture; the rest are its own defaults. */
export interface FlowChoice {
  readonly flow: SingleFlowName;
  readonly transforms?: number;
  readonly hidden?: readonly number[];
  readonly bins?: number;
  /** Half the width of the box in which splines act, in standard deviations. */
  readonly bound?: number;
}

/** Architectures made of splines, which have bins. */
export const SPLINE_FLOWS: readonly FlowName[] = ["auto", "nsf", "nsf-coupling"];

/** A new flow. */
export function createFlow(
  { flow, transforms, hidden, bins, bound }: FlowChoice,
  sizes: Omit<FlowSizes, "bound">,
): Flow | ConditionalFlow {
  const shared = {
    ...sizes,
    ...(transforms === undefined ? {} : { transforms }),
    ...(hidden === undefined ? {} : { hidden }),
  };
  const spline = { ...shared, ...(bins === undefined ? {} : { bins }), ...(bound === undefined ? {} : { bound }) };
  switch (flow) {
    case "nsf":
      return nsf(spline);
    case "nsf-coupling":
      return nsf({ ...spline, coupling: true });
    case "maf":
      return maf(shared);
    case "iaf":
      return iaf(shared);
    case "realnvp":
      return realNvp(shared);
  }
}
