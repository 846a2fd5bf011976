import { type Bijection, type Distribution, ModelFileError, OptionError } from "@pushforward/core";
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
import { Continuous, VelocityNetwork } from "@pushforward/flows/extend";
import {
  AffineElementwise,
  BatchNorm,
  ConstantAffine,
  chain,
  HouseholderLinear,
  invert,
  Permutation,
  Rotation,
  SoftClip,
  TriangularLinear,
} from "@pushforward/transforms";
import type { Chain } from "@pushforward/transforms/extend";
import type { Floats } from "../file/state-dict.ts";
import { nflowsLinear } from "../nflows/spline-kinds.ts";
import { buildMade, buildNetwork } from "./build-network.ts";
import type { ForeignFlow, ForeignLinear, ForeignMixture, ForeignTransform } from "./foreign-flow.ts";
import { buildFamily, identityOrder, inverseOrder, outputOrder } from "./forms.ts";

/**
 * A continuous flow. Its time runs from the data to the noise, and our time runs back. With `t = 1 − s`, `cos kπt =
 * (−1)ᵏ cos kπs`, `sin kπt = −(−1)ᵏ sin kπs`, and the velocity changes its sign. The weights absorb all of this.
 */
function buildContinuous(foreign: Extract<ForeignTransform, { kind: "continuous" }>): Continuous {
  const { features, context, frequencies, activation, layers } = foreign;
  if (activation === "relu") {
    throw new OptionError('expected activation "elu", "tanh" or "silu" for a continuous flow, got "relu".');
  }
  const hidden = layers.slice(0, -1).map(({ outputs }) => outputs);
  const field = new VelocityNetwork({ features, context, hidden, activation, frequencies });
  for (const [i, layer] of field.network.layers.entries()) {
    const from = layers[i];
    if (from === undefined)
      throw new ModelFileError("weights", "expected as many layers as the network has, got fewer.");
    const sign = i === layers.length - 1 ? -1 : 1;
    const offset = i === 0 ? 2 * frequencies : 0;
    const inputs = i === 0 ? features : from.inputs;
    const rowsOf = (row: number): number => offset + row;
    layer.weight.write(columnsOf(from, inputs, rowsOf, () => sign));
    layer.bias.write(Float32Array.from(from.bias, (value) => sign * value));
    if (i > 0) continue;
    const given = 2 * frequencies + context;
    const place = (row: number): number => (row < 2 * frequencies ? row : row + features);
    layer.contextWeight?.write(columnsOf(from, given, place, (row) => waveSign(row, frequencies)));
  }
  return new Continuous({ field });
}

function waveSign(row: number, frequencies: number): number {
  if (row >= 2 * frequencies) return 1;
  const k = (row % frequencies) + 1;
  return (row < frequencies ? 1 : -1) * (k % 2 === 0 ? 1 : -1);
}

/** Some inputs of a layer, transposed. */
function columnsOf(
  { outputs, inputs, weight }: ForeignLinear,
  count: number,
  placeOf: (row: number) => number,
  signOf: (row: number) => number,
): Float32Array {
  return Float32Array.from({ length: count * outputs }, (_, at) => {
    const row = Math.floor(at / outputs);
    return signOf(row) * (weight[(at % outputs) * inputs + placeOf(row)] as number);
  });
}

type Qr = Extract<ForeignTransform, { kind: "qr" }>;
type Svd = Extract<ForeignTransform, { kind: "svd" }>;

/** The smallest number on the diagonal of nflows' `SVDLinear`. */
const LEAST_DIAGONAL = 1e-3;

/** `Q·(R·x + Qᵀ·bias)`, data to noise. */
function buildQr({ features, upper, logDiagonal, vectors, bias }: Qr): Chain {
  const triangular = new TriangularLinear({ features, triangle: "upper" });
  const weight = new Float32Array(features * features);
  let at = 0;
  for (let row = 0; row < features; row++) {
    weight[row * (features + 1)] = rawPositive(Math.exp(logDiagonal[row] as number));
    for (let column = row + 1; column < features; column++) weight[row * features + column] = upper[at++] as number;
  }
  triangular.parameters().get("weight")?.write(weight);
  triangular.parameters().get("shift")?.write(turnedBack(bias, vectors));
  return chain([triangular, reflections(features, vectors)]);
}

/** `U·(S·V·x + Uᵀ·bias)`, data to noise. */
function buildSvd({ features, left, right, diagonal, bias }: Svd): Chain {
  const scale = Float64Array.from(diagonal, (raw) => {
    return LEAST_DIAGONAL + Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw)));
  });
  const middle = new AffineElementwise({ features, scale, shift: turnedBack(bias, left) });
  return chain([reflections(features, right), middle, reflections(features, left)]);
}

/** Theirs reflect at the first vector first, ours at the last one. */
function reflections(features: number, vectors: Floats): HouseholderLinear {
  const count = vectors.length / features;
  const linear = new HouseholderLinear({ features, reflections: count });
  const values = Array.from({ length: count }, (_, i) => {
    return Array.from(vectors.subarray((count - 1 - i) * features, (count - i) * features));
  });
  linear.parameters().get("vectors")?.write(values.flat());
  return linear;
}

/** Undoes reflections: returns the vector that the reflections map to `vector`, in float64. */
function turnedBack(vector: Floats, vectors: Floats): Float64Array {
  const result = Float64Array.from(vector);
  const n = result.length;
  for (let i = vectors.length / n - 1; i >= 0; i--) {
    const v = vectors.subarray(i * n, (i + 1) * n);
    let [product, square] = [0, 0];
    for (let j = 0; j < n; j++) {
      product += (result[j] as number) * (v[j] as number);
      square += (v[j] as number) ** 2;
    }
    for (let j = 0; j < n; j++) result[j] = (result[j] as number) - ((2 * product) / square) * (v[j] as number);
  }
  return result;
}

/** Inverse of `softplus(raw + log(e − 1))`: the raw number of a positive number. */
function rawPositive(value: number): number {
  return value + Math.log(-Math.expm1(-value)) - Math.log(Math.expm1(1));
}

/** Builds our model of a file from a different library. */
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
