import { OptionError } from "@pushforward/core";
import { type ArchitectureName, architectureNames, architectures } from "./architectures.ts";
import { commonFactories, type FlowFactory } from "./common-factories.ts";

/**
 * The function of an architecture, after its code is loaded: `createFlow` for pages. NSF, MAF, IAF, RealNVP and NICE
 * are available at once; the remaining architectures are one chunk.
 *
 * @throws {OptionError} the architecture is unknown.
 * @example
 * const create = await loadArchitecture("cnf");
 * using flow = create({ features: 2, context: undefined, key: createKey(0) });
 */
export async function loadArchitecture(name: ArchitectureName): Promise<FlowFactory> {
  if (!Object.hasOwn(architectures, name)) {
    throw new OptionError(
      `loadArchitecture: expected an architecture (${architectureNames.join(", ")}), got ${JSON.stringify(name)}.`,
    );
  }
  const common: Readonly<Partial<Record<ArchitectureName, FlowFactory>>> = commonFactories;
  const factory = common[name];
  if (factory !== undefined) return factory;
  const { createFlow } = await import("./create-flow.ts");
  return (options) => createFlow(name, options);
}
