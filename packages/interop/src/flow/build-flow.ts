import type { Bijection, Distribution } from "@pushforward/core";
import { disposeParameters, isModule } from "@pushforward/core/extend";
import { DiagonalNormal, GaussianMixture, StandardNormal, Uniform } from "@pushforward/distributions";
import {
  Autoregressive,
  ConditionalFlow,
  type ConditionalFlowOptions,
  Coupling,
  Elementwise,
  Flow,
  MixtureDensityNetwork,
} from "@pushforward/flows";
import { BatchNorm, ConstantAffine, chain, invert, Permutation, Rotation, SoftClip } from "@pushforward/transforms";
import type { Floats } from "../file/state-dict.ts";
import { nflowsLinear } from "../nflows/nflows-linear.ts";
import { buildContinuous } from "./build-continuous.ts";
import { buildMade, buildNetwork } from "./build-network.ts";
import { buildQr, buildSvd } from "./build-orthogonal.ts";
import type { ForeignFlow, ForeignMixture, ForeignTransform } from "./foreign-flow.ts";
import { buildFamily } from "./forms.ts";
import { identityOrder, inverseOrder, outputOrder } from "./unit-order.ts";

/** Our model of what another library's file describes. */
export function buildFlow(foreign: ForeignFlow | ForeignMixture): Flow | ConditionalFlow {
  return foreign.kind === "mixture" ? buildMixture(foreign) : buildTransforms(foreign);
}

function buildTransforms(foreign: ForeignFlow): Flow | ConditionalFlow {
  const base = buildBase(foreign);
  const layers: Bijection[] = [];
  try {
    // Theirs map data to noise, ours noise to data.
    for (const transform of foreign.transforms.toReversed()) layers.push(buildTransform(transform));
    const [only] = layers;
    const transform = foreign.isList || only === undefined ? chain(layers) : only;
    if (foreign.context === 0) return new Flow(base, transform);
    return new ConditionalFlow(base, transform, contextOptions(foreign));
  } catch (error) {
    for (const layer of layers) if (isModule(layer)) disposeParameters(layer.parameters());
    throw error;
  }
}

function contextOptions({ standardizeContext }: ForeignFlow | ForeignMixture): ConditionalFlowOptions {
  if (standardizeContext === undefined) return {};
  const { mean, sd } = standardizeContext;
  return { contextTransform: invert(new ConstantAffine({ shift: mean, scale: sd })) };
}

function buildBase({ features, base, box }: ForeignFlow): Distribution {
  if (box !== undefined) return new Uniform({ low: Array.from(box.low), high: Array.from(box.high) });
  const isStandard = base === undefined || (base.loc.every((v) => v === 0) && base.scale.every((v) => v === 1));
  if (isStandard) return new StandardNormal({ features });
  return new DiagonalNormal({ mean: Array.from(base.loc), scale: Array.from(base.scale) });
}

function buildTransform(foreign: ForeignTransform): Bijection {
  switch (foreign.kind) {
    case "composite":
      return chain(foreign.members.toReversed().map(buildTransform));
    case "standardize": {
      // In float64, so that the way back gives the same float32.
      const scale = Float64Array.from(foreign.scale, (value) => 1 / value);
      const shift = Float64Array.from(foreign.shift, (value, i) =>
        value === 0 ? 0 : -value / (foreign.scale[i] as number),
      );
      return new ConstantAffine({ shift, scale });
    }
    case "permutation":
      return new Permutation({ order: inverseOrder(foreign.order) });
    case "lu": {
      const linear = nflowsLinear({ features: foreign.features });
      const parameters = linear.parameters();
      parameters.get("weight")?.write(luWeight(foreign));
      parameters.get("shift")?.write(foreign.bias);
      return invert(linear);
    }
    case "qr":
      return invert(buildQr(foreign));
    case "svd":
      return invert(buildSvd(foreign));
    case "soft-clip":
      return invert(new SoftClip({ bound: foreign.bound }));
    case "batch-norm": {
      const layer = new BatchNorm({ features: foreign.features, epsilon: 1e-5, form: { offset: 0, smallest: 1e-5 } });
      const parameters = layer.parameters();
      for (const [name, values] of [
        ["scale", foreign.raw],
        ["shift", foreign.bias],
        ["mean", foreign.mean],
        ["variance", foreign.variance],
      ] as const) {
        parameters.get(name)?.write(values);
      }
      return layer;
    }
    case "continuous":
      return buildContinuous(foreign);
    case "rotation": {
      const rotation = new Rotation({ features: foreign.features });
      rotation.parameters().get("generator")?.write(foreign.generator);
      return invert(rotation);
    }
    case "autoregressive": {
      const conditioner = buildMade(foreign.network, foreign.order, foreign.family);
      return new Autoregressive({ conditioner, family: buildFamily(foreign.family) });
    }
    case "coupling": {
      const { family, network, transformed } = foreign;
      const conditioner = buildNetwork(network, (outputs) => outputOrder(family, outputs));
      return new Coupling({ conditioner, family: buildFamily(family), mask: transformed });
    }
    case "elementwise": {
      const { features } = foreign;
      const family = buildFamily(foreign.family);
      if ("network" in foreign) {
        const conditioner = buildNetwork(foreign.network, identityOrder);
        return new Elementwise({ family, features, conditioner });
      }
      const layer = new Elementwise({ family, features });
      layer.unconstrained?.write(foreign.parameters);
      return layer;
    }
  }
}

/** L below the diagonal, U above, the raw diagonal on it. */
function luWeight({ features, lower, upper, diagonal }: Extract<ForeignTransform, { kind: "lu" }>): Float32Array {
  const weight = new Float32Array(features * features);
  let [below, above] = [0, 0];
  for (let row = 0; row < features; row++) {
    for (let column = 0; column < features; column++) {
      const value = row > column ? lower[below++] : row < column ? upper[above++] : diagonal[row];
      weight[row * features + column] = value as number;
    }
  }
  return weight;
}

function buildMixture(foreign: ForeignMixture): Flow | ConditionalFlow {
  const { features, components, covariance, tied, epsilon, network } = foreign;
  if (network === undefined) return new Flow(gaussianMixture(foreign), chain([]));
  const conditioner = buildNetwork(network, identityOrder);
  const sizes = { features, components, covariance, tied, epsilon };
  return new ConditionalFlow(new MixtureDensityNetwork({ ...sizes, conditioner }), chain([]), contextOptions(foreign));
}

function gaussianMixture(foreign: ForeignMixture): GaussianMixture {
  const { features, components, covariance, tied, epsilon } = foreign;
  const [logits, means, diagonals, below] = foreign.numbers as readonly [Floats, Floats, Floats, Floats?];
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) largest = Math.max(largest, logit);
  // Above 0 where it underflows: a weight of a mixture is positive.
  const weights = Float64Array.from(logits, (logit) => Math.max(Math.exp(logit - largest), Number.MIN_VALUE));
  const scaleTrils = Array.from({ length: components }, (_, k) => {
    const matrix = tied ? 0 : k;
    const width = covariance === "spherical" ? 1 : features;
    let at = matrix * ((features * (features - 1)) / 2);
    return Array.from({ length: features }, (__, row) =>
      Array.from({ length: features }, (___, column) => {
        if (row < column) return 0;
        if (row > column) return below === undefined ? 0 : (below[at++] as number);
        return Math.exp(diagonals[matrix * width + (width === 1 ? 0 : row)] as number) + epsilon;
      }),
    );
  });
  const rows = Array.from({ length: components }, (_, k) =>
    Array.from(means.subarray(k * features, (k + 1) * features)),
  );
  return new GaussianMixture({ weights, means: rows, scaleTrils, learnable: true });
}
