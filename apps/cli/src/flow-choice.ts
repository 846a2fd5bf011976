import { type ConditionalFlow, type Flow, iaf, type Key, maf, nsf, realNvp, type Standardisation } from "pushforward";

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
  readonly features: number;
  readonly context: number;
  readonly transforms?: number;
  readonly hidden?: readonly number[];
  readonly bins?: number;
  /** Half the width of the box in which splines act, in standard deviations. */
  readonly bound?: number;
}

/** Architectures made of splines, which have bins. */
export const SPLINE_FLOWS: readonly FlowName[] = ["auto", "nsf", "nsf-coupling"];

/** The statistics that become part of the model. */
export interface Statistics {
  readonly standardise: Standardisation;
  readonly standardiseContext?: Standardisation | undefined;
}

/** A new flow. */
export function createFlow(choice: FlowChoice, key: Key, statistics: Statistics): Flow | ConditionalFlow {
  const shared = {
    features: choice.features,
    key,
    ...(choice.transforms === undefined ? {} : { transforms: choice.transforms }),
    ...(choice.hidden === undefined ? {} : { hidden: choice.hidden }),
    standardise: statistics.standardise,
    context: choice.context === 0 ? undefined : choice.context,
    standardiseContext: statistics.standardiseContext,
  };
  const spline = {
    ...shared,
    ...(choice.bins === undefined ? {} : { bins: choice.bins }),
    ...(choice.bound === undefined ? {} : { bound: choice.bound }),
  };
  switch (choice.flow) {
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
