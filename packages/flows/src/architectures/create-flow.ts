import { OptionError } from "@pushforward/core";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";
import { bpf, naf, sospf, unaf } from "../presets/autoregressive.ts";
import { cnf } from "../presets/cnf.ts";
import { bnaf, planar, radial, residualFlow, sylvester } from "../presets/free.ts";
import { gf } from "../presets/gf.ts";
import type { ArchitectureName } from "./architectures.ts";
import { type CreateFlowOptions, commonFactories, type FlowFactory, withoutSplines } from "./common-factories.ts";

const factories: Readonly<Record<ArchitectureName, FlowFactory>> = {
  ...commonFactories,
  naf: withoutSplines(naf),
  unaf: withoutSplines(unaf),
  bnaf: withoutSplines(bnaf),
  residualFlow: withoutSplines(residualFlow),
  sospf: withoutSplines(sospf),
  bpf: withoutSplines(bpf),
  gf: withoutSplines(gf),
  cnf: withoutSplines(cnf),
  planar: withoutSplines(amortized(planar)),
  radial: withoutSplines(amortized(radial)),
  sylvester: withoutSplines(amortized(sylvester)),
};

/** Without a context there are no networks to have options. */
function amortized(make: FlowFactory): FlowFactory {
  return (options) => {
    if (options.context !== undefined) return make(options);
    const { hidden: _, residual: __, activation: ___, dropout: ____, ...others } = options;
    return make(others);
  };
}

/**
 * Creates a flow from the name of its architecture.
 *
 * @throws {OptionError} the architecture is unknown, or it refuses an option.
 * @example
 * using flow = createFlow("maf", { features: 2, context: undefined, key: createKey(0) });
 */
export function createFlow(name: ArchitectureName, options: CreateFlowOptions): Flow | ConditionalFlow {
  if (typeof options !== "object" || options === null) {
    throw new OptionError(`createFlow: expected an object of options, got ${String(options)}.`);
  }
  if (Object.hasOwn(factories, name)) return factories[name](options);
  throw new OptionError(
    `createFlow: expected an architecture (${Object.keys(factories).join(", ")}), got ${JSON.stringify(name)}.`,
  );
}
