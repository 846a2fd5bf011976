import { type Bijection, type BijectionFamily, type Distribution, OptionError } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { DiagonalNormal, GaussianMixture, StandardNormal } from "@pushforward/distributions";
import {
  Autoregressive,
  type ConditionalFlow,
  Coupling,
  Elementwise,
  Flow,
  MixtureDensityNetwork,
} from "@pushforward/flows";
import { ConstantAffine, Identity, LULinear, Permutation, type PositiveForm } from "@pushforward/transforms";
import { AdditiveFamily, AffineFamily, Chain, Inverse, RationalQuadraticFamily } from "@pushforward/transforms/extend";
import { describeMade, describeNetwork, type Library, ofContext } from "./build-network.ts";
import type { ForeignFamily, ForeignFlow, ForeignMixture, ForeignTransform } from "./foreign-flow.ts";
import { describeFamily, identityOrder, inverseOrder, isSame, NFLOWS_DIAGONAL, outputOrder } from "./forms.ts";

/**
 * Describes our flow for a different library. Throws `OptionError`, naming the part, if the library has no equivalent.
 */
export class FlowDescription {
  private readonly where: string;
  private readonly library: Library;

  constructor(where: string, library: Library) {
    this.where = where;
    this.library = library;
  }

  describe(flow: Flow | ConditionalFlow): ForeignFlow | ForeignMixture {
    const mixture = this.library === "zuko" ? this.mixture(flow) : undefined;
    if (mixture !== undefined) return mixture;
    const { transform } = flow;
    const isList = transform instanceof Chain;
    const transforms = this.layers(transform, "transform")
      .map(({ layer, path }) => this.transform(layer, path))
      .toReversed();
    const base = this.base(flow.base);
    const [features] = (flow.base as Distribution).eventShape as readonly [number];
    if (flow instanceof Flow) return { kind: "flow", features, context: 0, transforms, isList, ...base };
    const standardizeContext = this.contextTransform(flow);
    const [context] = flow.contextShape as readonly [number];
    return { kind: "flow", features, context, transforms, isList, ...base, ...standardizeContext };
  }

  /** Layers of a chain. zuko has no nested lists, so for zuko the layers of inner chains are included. */
  private layers(
    transform: Bijection,
    path: string,
    depth = 0,
  ): { readonly layer: Bijection; readonly path: string }[] {
    if (!(transform instanceof Chain) || (depth > 0 && this.library === "nflows")) return [{ layer: transform, path }];
    return transform.layers.flatMap((layer, i) => this.layers(layer, `${path}.layers.${i}`, depth + 1));
  }

  private refuse(path: string, expected: string, got: string): never {
    throw new OptionError(`${this.where}: expected ${path} to be ${expected}, got ${got}.`);
  }

  private base(base: unknown): Pick<ForeignFlow, "base"> {
    if (base instanceof StandardNormal && base.eventShape.length === 1) return {};
    if (this.library === "zuko" && base instanceof DiagonalNormal && base.batchShape.length === 0 && !base.learnable) {
      const { mean, scale } = base.config() as unknown as { readonly mean: number[]; readonly scale: number[] };
      return { base: { loc: Float64Array.from(mean), scale: Float64Array.from(scale) } };
    }
    const known = this.library === "zuko" ? "a standard normal or a fixed DiagonalNormal" : "a standard normal";
    return this.refuse("base", `${known} of a vector, which ${this.library} stores`, nameOf(base));
  }

  private contextTransform({ contextTransform }: ConditionalFlow): Pick<ForeignFlow, "standardizeContext"> {
    if (contextTransform === undefined) return {};
    const affine = contextTransform instanceof Inverse ? contextTransform.bijection : undefined;
    if (!(affine instanceof ConstantAffine)) {
      return this.refuse("contextTransform", "a standardization", nameOf(contextTransform));
    }
    return { standardizeContext: { mean: Float64Array.from(affine.shift), sd: Float64Array.from(affine.scale) } };
  }

  /** A layer, noise to data, as the library has it, data to noise. */
  private transform(layer: Bijection, path: string): ForeignTransform {
    if (layer instanceof ConstantAffine) {
      const scale = Float64Array.from(layer.scale, (value) => 1 / value);
      const shift = Float64Array.from(layer.shift, (value, i) =>
        value === 0 ? 0 : -value / (layer.scale[i] as number),
      );
      return { kind: "standardize", shift, scale };
    }
    if (layer instanceof Autoregressive) return this.autoregressive(layer, path);
    if (layer instanceof Coupling) return this.coupling(layer, path);
    if (layer instanceof Elementwise) return this.elementwise(layer, path);
    if (this.library === "zuko") return this.refuse(path, "a layer that is written for zuko", nameOf(layer));
    if (layer instanceof Chain) {
      const members = layer.layers.map((member, i) => this.transform(member, `${path}.layers.${i}`));
      return { kind: "composite", members: members.toReversed() };
    }
    if (layer instanceof Permutation) return { kind: "permutation", order: inverseOrder(layer.order) };
    if (layer instanceof Inverse && layer.bijection instanceof LULinear) return this.lu(layer.bijection, path);
    return this.refuse(path, "a layer that is written for nflows", nameOf(layer));
  }

  private autoregressive(layer: Autoregressive, path: string): ForeignTransform {
    this.checkOrientation(layer, path);
    const family = this.family(layer.family, false, path);
    const network = describeMade(this.library, layer.conditioner, family);
    if (network === undefined) {
      const order = this.library === "nflows" ? ", the variables in their order" : "";
      return this.refuse(`${path}.conditioner`, `a Made of the layout of ${this.library}${order}`, "another");
    }
    this.checkScale(family, 1, path);
    return { kind: "autoregressive", order: layer.conditioner.order, network, family };
  }

  private coupling(layer: Coupling, path: string): ForeignTransform {
    this.checkOrientation(layer, path);
    const family = this.family(layer.family, true, path);
    const { conditioner, mask } = layer;
    const network = describeNetwork(this.library, conditioner, outputOrder(family, conditioner.outputSize));
    if (network === undefined || (this.library === "nflows" && network.style !== "resnet")) {
      const known = this.library === "zuko" ? "an Mlp" : "a ResidualMlp of the layout of nflows";
      return this.refuse(`${path}.conditioner`, known, nameOf(conditioner));
    }
    this.checkScale(family, network.first.outputs, path);
    return { kind: "coupling", transformed: mask, network, family };
  }

  private elementwise(layer: Elementwise, path: string): ForeignTransform {
    this.checkOrientation(layer, path);
    const { features, conditioner, unconstrained } = layer;
    const family = this.family(layer.family, true, path);
    if (this.library === "nflows" && (conditioner === undefined || features !== 1 || family.kind !== "spline")) {
      return this.refuse(
        path,
        "a layer that is written for nflows",
        "Elementwise, other than splines of one variable with a context",
      );
    }
    if (conditioner === undefined) {
      const parameters = unconstrained?.read() as Float32Array;
      return { kind: "elementwise", features, parameters, family };
    }
    const network = describeNetwork(this.library, conditioner, identityOrder(conditioner.outputSize));
    if (network?.style !== "zuko") return this.refuse(`${path}.conditioner`, "an Mlp", nameOf(conditioner));
    this.checkScale(family, network.first.outputs, path);
    return { kind: "elementwise", features, network: ofContext(network), family };
  }

  /** nflows derives the scale from the width of the network, or takes none. */
  private checkScale(family: ForeignFamily, width: number, path: string): void {
    if (family.kind !== "spline" || family.parameterization !== "nflows") return;
    const expected = 1 / Math.sqrt(width);
    if (Math.abs(family.softmaxScale / expected - 1) < 1e-6) return;
    this.refuse(`${path}.family`, `of softmaxScale ${expected}, as nflows has it there`, `${family.softmaxScale}`);
  }

  private checkOrientation({ orientation }: { readonly orientation: string }, path: string): void {
    if (orientation === "density") return;
    this.refuse(path, `of orientation "density", as layers of ${this.library} are`, JSON.stringify(orientation));
  }

  private family(family: BijectionFamily, isCoupling: boolean, path: string): ForeignFamily {
    const { library } = this;
    if (library === "nflows" && isCoupling && family instanceof AdditiveFamily) return { kind: "additive" };
    const isKnown = family instanceof AffineFamily || family instanceof RationalQuadraticFamily;
    if (!isKnown) return this.refuse(`${path}.family`, `a family that is written for ${library}`, family.type);
    const described = describeFamily(family);
    const wanted = library === "nflows" && isCoupling && family instanceof AffineFamily ? "nflows-coupling" : library;
    if (described !== undefined && "parameterization" in described && described.parameterization === wanted) {
      return described;
    }
    const name = family instanceof AffineFamily ? "affine" : "rationalQuadratic";
    const where = wanted === "nflows-coupling" ? "couplings of nflows have" : `${library} has`;
    return this.refuse(`${path}.family`, `of the form that ${where}`, `${name} of another form`);
  }

  private lu(linear: LULinear, path: string): ForeignTransform {
    const { features, diagonal } = linear;
    if (!isSame<PositiveForm>(diagonal, NFLOWS_DIAGONAL)) {
      return this.refuse(path, "of the diagonal that nflows has", "LULinear of another diagonal");
    }
    const [weight, bias] = [...linear.parameters().values()].map((p) => p.read() as Float32Array) as [
      Float32Array,
      Float32Array,
    ];
    const entries = (is: (row: number, column: number) => boolean): Float32Array =>
      weight.filter((_, i) => is(Math.floor(i / features), i % features));
    return {
      kind: "lu",
      features,
      lower: entries((row, column) => row > column),
      upper: entries((row, column) => row < column),
      diagonal: entries((row, column) => row === column),
      bias,
    };
  }

  /** Describes a flow that is just a mixture. */
  private mixture(flow: Flow | ConditionalFlow): ForeignMixture | undefined {
    const { base, transform } = flow;
    const isMixture = base instanceof MixtureDensityNetwork || base instanceof GaussianMixture;
    if (!isMixture) return undefined;
    const isNothing = transform instanceof Identity || (transform instanceof Chain && transform.layers.length === 0);
    if (!isNothing) return this.refuse("transform", "nothing over a mixture", nameOf(transform));
    if (base instanceof GaussianMixture) return this.gaussianMixture(base);
    const { features, components, covariance, tied, epsilon, conditioner } = base;
    const network = describeNetwork("zuko", conditioner, identityOrder(conditioner.outputSize));
    if (network?.style !== "zuko") return this.refuse("base.conditioner", "an Mlp", nameOf(conditioner));
    return {
      kind: "mixture",
      features,
      context: conditioner.inputSize,
      components,
      covariance,
      tied,
      epsilon,
      network: ofContext(network),
      ...(flow instanceof Flow ? {} : this.contextTransform(flow)),
    };
  }

  private gaussianMixture(base: GaussianMixture): ForeignMixture {
    const [features] = base.eventShape as readonly [number];
    const { weights, means, scaleTrils } = base.numbers();
    const epsilon = 1e-6;
    const diagonal: number[] = [];
    const below: number[] = [];
    for (const [i, value] of scaleTrils.entries()) {
      const [row, column] = [Math.floor(i / features) % features, i % features];
      if (row > column) below.push(value);
      if (row !== column) continue;
      if (value <= epsilon) this.refuse("base", `a mixture with standard deviations above ${epsilon}`, `${value}`);
      diagonal.push(Math.log(value - epsilon));
    }
    const logits = Float64Array.from(weights, Math.log);
    const numbers = [logits, means, Float64Array.from(diagonal), Float64Array.from(below)];
    const { components } = base;
    return { kind: "mixture", features, context: 0, components, covariance: "full", tied: false, epsilon, numbers };
  }
}

function nameOf(value: unknown): string {
  if (isConditionalDistribution(value)) return `the conditional ${value.constructor.name}`;
  return typeof value === "object" && value !== null ? value.constructor.name : String(value);
}
