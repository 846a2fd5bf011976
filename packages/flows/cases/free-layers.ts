import type { Key } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import { Planar, SinhArcsinh } from "@pushforward/transforms";
import { assembleFlow } from "../src/architectures/architecture.ts";
import { freeLayers } from "../src/architectures/layers.ts";
import type { Flow } from "../src/flow.ts";
import { plane } from "./domains.ts";

/** Planar and elementwise layers in turn. */
function bentTails(key: Key): Flow {
  const options = { features: 2, transforms: 2, key } as const;
  const bends = freeLayers("case", options, {
    transforms: 2,
    layer: (features, own) => new Planar({ features, key: own }),
  });
  const tails = freeLayers("case", options, { transforms: 2, layer: (features) => new SinhArcsinh({ features }) });
  return assembleFlow("case", options, [...bends, ...tails]) as Flow;
}

export const freeLayersCases: Readonly<Record<string, DistributionCase>> = {
  "freeLayers of two kinds": { make: bentTails, integrate: plane },
};
