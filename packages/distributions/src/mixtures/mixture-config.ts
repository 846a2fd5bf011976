import type { Json, Registry } from "@pushforward/core";
import { ConfigReader, constructStored } from "@pushforward/core/extend";

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
  make: (options: { components: Component[]; learnable: boolean; weights?: number[]; undrawn?: number[] }) => Made,
): Made {
  const c = new ConfigReader(type, config);
  const learnable = c.boolean("learnable");
  const weights = learnable ? undefined : c.numbers("weights", { min: 0 });
  const undrawn = c.has("undrawn") ? c.counts("undrawn", { min: 0 }) : undefined;
  const components = c.objects("components", registry, isComponent, "a distribution");
  c.end();
  return constructStored(type, () =>
    make({ components, learnable, ...(weights && { weights }), ...(undrawn && { undrawn }) }),
  );
}

/** A component with a larger share in a file of version 1 was meant to be drawn from. */
const LARGEST_DEFENSIVE_WEIGHT = 0.01;

/**
 * In files of version 1, `fitAuto` stored its defensive component, a Cauchy distribution of small weight, as any other
 * component. Since version 2 no draw comes from it.
 */
export function mixedOfVersion1(config: Json): Json {
  const { weights, components } = config as { readonly weights?: unknown; readonly components?: unknown };
  if (!Array.isArray(weights) || !Array.isArray(components) || components.length < 2) return config;
  const last = components.length - 1;
  const { type, config: ofLast } = (components[last] ?? {}) as { readonly type?: unknown; readonly config?: Json };
  const isCauchy =
    type === "pushforward/multivariate-student-t" &&
    (ofLast as { readonly degreesOfFreedom?: unknown } | undefined)?.degreesOfFreedom === 1;
  const isDefensive = isCauchy && weights[last] > 0 && weights[last] <= LARGEST_DEFENSIVE_WEIGHT;
  return isDefensive ? { ...(config as object), undrawn: [last] } : config;
}
