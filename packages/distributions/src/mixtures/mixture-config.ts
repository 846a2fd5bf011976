import { ConfigReader, constructStored, type Json, type Registry } from "@pushforward/core";

/** The config of a mixture in a model file: its weights, unless they are a parameter, and its components. */
export function encodeMixed(
  value: { readonly components: readonly object[]; config(): { readonly [key: string]: Json } },
  registry: Registry,
): Json {
  return {
    ...value.config(),
    components: value.components.map((component) => ({ ...registry.encode(component) })),
  };
}

/** Builds a mixture from its config. */
export function decodeMixed<Component extends object, Made>(
  type: string,
  config: Json,
  registry: Registry,
  isComponent: (value: unknown) => value is Component,
  make: (options: { components: Component[]; learnable: boolean; weights?: number[] }) => Made,
): Made {
  const c = new ConfigReader(type, config);
  const learnable = c.boolean("learnable");
  const weights = learnable ? undefined : c.numbers("weights", { min: 0 });
  const components = c.objects("components", registry, isComponent, "a distribution");
  c.end();
  return constructStored(type, () => make({ components, learnable, ...(weights && { weights }) }));
}
