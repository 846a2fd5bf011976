import type { Json } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";

// Version 1 of the codecs of networks named the library whose layout a network has; version 2 says the layout. The names
// stand here because files hold them.

/** A config of version 1 of `pushforward/mlp` or `pushforward/residual-mlp` as one of version 2. */
export function mlpOfVersion1(type: string, config: Json): Json {
  return upgraded(type, config, "gates");
}

/** A config of version 1 of `pushforward/made` as one of version 2. */
export function madeOfVersion1(config: Json): Json {
  return upgraded("pushforward/made", config, "maps");
}

function upgraded(type: string, config: Json, context: string): Json {
  const reader = new ConfigReader(type, config);
  if (!reader.has("convention")) return config;
  const { convention: _, ...rest } = config as { readonly [field: string]: Json };
  const layouts = {
    pushforward: undefined,
    zuko: { start: "uniform", context: "inputs", blocks: "widening", degrees: "cyclic" },
    nflows: { start: "uniform", context, blocks: "linear", degrees: "cyclic" },
  };
  const layout = layouts[reader.oneOf("convention", ["pushforward", "zuko", "nflows"])];
  return { ...rest, ...(layout && { layout }) };
}
