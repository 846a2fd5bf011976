import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";
import { iaf, maf, nice, nsf, realNvp } from "../presets/common.ts";
import type { ArchitectureOptions, MaybeConditionalOptions } from "./architecture.ts";

/** Options of {@link createFlow}; an architecture without splines or networks ignores theirs. */
export type CreateFlowOptions = ArchitectureOptions &
  MaybeConditionalOptions & {
    /** Number of bins of each spline. */
    readonly bins?: number;
    /** The splines act on [−bound, bound]. */
    readonly bound?: number;
  };

/** Makes a flow of one architecture. */
export type FlowFactory = (options: CreateFlowOptions) => Flow | ConditionalFlow;

type CommonName = "nsf" | "nsf-coupling" | "maf" | "iaf" | "realNvp" | "nice";

/** Architectures included in {@link loadArchitecture} without loading: the most common ones. */
export const commonFactories: Readonly<Record<CommonName, FlowFactory>> = {
  nsf,
  "nsf-coupling": (options) => nsf({ ...options, coupling: true }),
  maf: withoutSplines(maf),
  iaf: withoutSplines(iaf),
  realNvp: withoutSplines(realNvp),
  nice: withoutSplines(nice),
};

/** Creates flows of architectures without splines from options of architectures with splines. */
export function withoutSplines(make: FlowFactory): FlowFactory {
  return ({ bins: _, bound: __, ...options }) => make(options);
}
