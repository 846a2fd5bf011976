import type { Key } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";
import { affine, rationalQuadratic } from "@pushforward/transforms";
import { assembleFlow, preset } from "../src/architectures/architecture.ts";
import {
  autoregressiveLayers,
  COUPLING_OPTIONS,
  type CouplingArchitectureOptions,
  couplingLayers,
} from "../src/architectures/layers.ts";
import type { ConditionalFlow } from "../src/conditional-flow.ts";
import type { Flow } from "../src/flow.ts";
import { small } from "./small.ts";
import { affineForms } from "./spline.ts";

const maps = { start: "uniform", context: "maps", blocks: "linear", degrees: "cyclic" } as const;

/** Autoregressive layers with maps of the context. */
function mapsOfContext(key: Key, features: number): Flow | ConditionalFlow {
  const options = { features, context: 1, residual: true, key, ...small } as const;
  const family = affine({ form: affineForms.clip });
  const style = { family, transforms: 2, orientation: "density", layout: maps } as const;
  const layers = autoregressiveLayers("case", options, { ...style, naturalAt: "data", single: "autoregressive" });
  return assembleFlow("case", options, layers);
}

/** Coupling layers of residual blocks that the context gates. */
const gatedCouplings = preset<CouplingArchitectureOptions>("case", COUPLING_OPTIONS, (options, where) => {
  const family = rationalQuadratic({ bins: 4, bound: 4, form: { slopeOffset: 0 } });
  const style = { family, transforms: 2, masks: "even-first", layout: { ...maps, context: "gates" } } as const;
  return couplingLayers(where, options, style);
});

export const architectureLayersCases: Readonly<Record<string, DistributionCase>> = {
  "autoregressiveLayers with maps of the context, 3 features": { make: (key) => mapsOfContext(key, 3) },
  "autoregressiveLayers with maps of the context, 1 feature": {
    make: (key) => mapsOfContext(key, 1),
    integrate: { low: -24, high: 24, points: 2401 },
    knownLimits: [
      {
        law: "every parameter learns",
        reason: "The network has weights for a single variable, which its masks keep from every output.",
      },
    ],
  },
  "couplingLayers of gated blocks, 3 features, context, dropout": {
    make: (key) => gatedCouplings({ features: 3, context: 2, residual: true, dropout: 0.2, key, ...small }),
  },
};
