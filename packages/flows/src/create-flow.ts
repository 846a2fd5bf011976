import { OptionError } from "@pushforward/core";
import type { ArchitectureOptions, MaybeConditionalOptions } from "./architecture.ts";
import type { ArchitectureName } from "./architectures.ts";
import { bnaf } from "./bnaf.ts";
import { bpf } from "./bpf.ts";
import { cnf } from "./cnf.ts";
import type { ConditionalFlow } from "./conditional-flow.ts";
import type { Flow } from "./flow.ts";
import { gf } from "./gf.ts";
import { iaf } from "./iaf.ts";
import { maf } from "./maf.ts";
import { naf } from "./naf.ts";
import { nice } from "./nice.ts";
import { nsf } from "./nsf.ts";
import { realNvp } from "./real-nvp.ts";
import { residualFlow } from "./residual-flow.ts";
import { sospf } from "./sospf.ts";
import { unaf } from "./unaf.ts";

/** Options of {@link createFlow}; an architecture without splines ignores those of splines. */
export type CreateFlowOptions = ArchitectureOptions &
  MaybeConditionalOptions & {
    /** Number of bins of each spline. */
    readonly bins?: number;
    /** The splines act on [−bound, bound]. */
    readonly bound?: number;
  };

const factories: Readonly<Record<ArchitectureName, (options: CreateFlowOptions) => Flow | ConditionalFlow>> = {
  nsf,
  "nsf-coupling": (options) => nsf({ ...options, coupling: true }),
  maf,
  iaf,
  realnvp: realNvp,
  nice,
  naf,
  unaf: ({ bound: _, ...options }) => unaf(options),
  bnaf,
  residual: residualFlow,
  sospf,
  bpf,
  gf,
  cnf,
};

/**
 * A new flow of an architecture that is known by its name only.
 *
 * @throws {OptionError} there is no such architecture, or an option is refused by it.
 * @example
 * using flow = createFlow("maf", { features: 2, context: undefined, key: createKey(0) });
 */
export function createFlow(name: ArchitectureName, options: CreateFlowOptions): Flow | ConditionalFlow {
  if (Object.hasOwn(factories, name)) return factories[name](options);
  throw new OptionError(
    `createFlow: expected an architecture (${Object.keys(factories).join(", ")}), got ${JSON.stringify(name)}.`,
  );
}
