import {
  type Floats,
  listPrefixes,
  quote,
  readContextStandardization,
  type StateDict,
  standardization,
} from "../file/state-dict.ts";
import type { ForeignFlow, ForeignMixture, ForeignNetwork, ForeignTransform } from "../flow/foreign-flow.ts";
import {
  checkZukoMasks,
  readZukoContinuous,
  readZukoMixture,
  readZukoMonotone,
  readZukoNetwork,
} from "./read-zuko-network.ts";
import { type BaseNames, type ImportZukoOptions, ZukoFamilies } from "./zuko-families.ts";

/** Reads a `state_dict` of zuko and checks every key. It also reads the zuko flows of sbi. */
export function readZuko(state: StateDict, options: ImportZukoOptions): ForeignFlow | ForeignMixture {
  const prefix = state.hasUnder("net.") ? "net." : "";
  const isMixture = state.hasUnder(`${prefix}phi.`) || state.hasUnder(`${prefix}hyper.`);
  const model = isMixture ? readZukoMixture(state, prefix, options) : readFlow(state, prefix, options);
  const places = ["_embedding_net.0.", "net._embedding_net.0."];
  const standardizeContext = readContextStandardization(state, places, model.context);
  state.end();
  return standardizeContext === undefined ? model : { ...model, standardizeContext };
}

const KNOWN = "a MAF, NSF, NICE, RealNVP, NAF, UNAF, BPF, SOSPF, GF, NCSF, CNF or GMM";
/** Bound of zuko's soft clip between the layers of a SOSPF, a NAF or a UNAF. */
const SOFT_CLIP = 11;

function readFlow(state: StateDict, prefix: string, options: ImportZukoOptions): ForeignFlow {
  const places = transformPrefixes(state, prefix, options);
  const box = readBox(state, prefix);
  const base = box === undefined ? readBase(state, prefix) : undefined;
  const features = state.checkFeatures((box?.low ?? base?.loc)?.length ?? featuresOf(state, places));
  const flow = flowOf(state, options, places, box !== undefined);
  const settings = flow === undefined ? options : { ...options, flow };
  const parameterization = new ZukoFamilies(state, settings, places, box === undefined ? base?.names : box.names);
  const read = places.map((place) => readTransform(state, place, features, parameterization));
  const transforms = flow === "sospf" || isMonotone(state) ? clippedBetween(read) : read;
  const contexts = new Set(
    transforms.flatMap((t) => {
      if (t.kind === "continuous") return [t.context];
      return "network" in t ? [t.network.contextSize] : t.kind === "elementwise" ? [0] : [];
    }),
  );
  if (contexts.size > 1) {
    state.fail("weights", "transforms with one size of context", [...contexts].sort((a, b) => a - b).join(" and "));
  }
  checkScheme(state, settings, transforms);
  const context = [...contexts][0] ?? 0;
  const { loc, scale } = base ?? {};
  const isList = places.some((place) => /transforms\.\d+\.$/.test(place));
  return {
    kind: "flow",
    features,
    context,
    transforms,
    isList,
    ...(loc && scale && { base: { loc, scale } }),
    ...(box && { box }),
  };
}

/** Returns the class from the option, or from a feature unique to the class: rotations, or a base on the torus. */
function flowOf(
  state: StateDict,
  { flow }: ImportZukoOptions,
  places: readonly string[],
  isTorus: boolean,
): ImportZukoOptions["flow"] {
  const told = isTorus ? "ncsf" : places.some((place) => state.has(`${place}A`)) ? "gf" : undefined;
  if (flow === undefined || told === undefined || flow === told) return told ?? flow;
  return state.fail("type", `a ${flow}, as requested`, `the keys of a ${told}`);
}

/** The uniform base of a NCSF, by its names, or before 1.6 by its numbers. */
function readBox(
  state: StateDict,
  prefix: string,
): { readonly low: Floats; readonly high: Floats; readonly names: BaseNames } | undefined {
  const end = Math.PI + 1e-5;
  for (const [lower, upper, names] of [
    ["lower", "upper", "lower"],
    ["_0", "_1", "_0"],
  ] as const) {
    if (!state.has(`${prefix}base.${lower}`)) continue;
    const { shape, data: low } = state.floats(`${prefix}base.${lower}`);
    if (shape.length !== 1)
      state.fail("tensor", `a vector as ${quote(`${prefix}base.${lower}`)}`, `${shape.length} axes`);
    const { data: high } = state.floats(`${prefix}base.${upper}`, shape);
    const isTorus = [low, high].every((values) => values.every((value) => Math.abs(Math.abs(value) - end) < 1e-4));
    if (isTorus && low.every((value, i) => value < 0 && (high[i] as number) > 0)) return { low, high, names };
    if (names === "lower")
      state.fail("weights", `−π and π in ${quote(`${prefix}base.${lower}`)} and upper`, `${low[0]}, ${high[0]}`);
  }
  return undefined;
}

/** `true` for a NAF or a UNAF. */
function isMonotone(state: StateDict): boolean {
  return state.keys().some((key) => /\bunivariate\.(network|integrand)\./.test(key));
}

/** A soft clip, which has no keys, between each two layers. */
function clippedBetween(transforms: readonly ForeignTransform[]): ForeignTransform[] {
  return transforms.flatMap((transform, i) =>
    i === 0 ? [transform] : [{ kind: "soft-clip", bound: SOFT_CLIP } as const, transform],
  );
}

/** Refuses a MAF requested as a NICE, and vice versa. An NSF may have layers of either kind. */
function checkScheme(state: StateDict, { flow }: ImportZukoOptions, transforms: readonly ForeignTransform[]): void {
  if (flow === "naf" || flow === "unaf") {
    if (!isMonotone(state)) state.fail("type", `a ${flow}, as requested`, "transforms without networks of their own");
    return;
  }
  if (flow === "cnf" && transforms.some(({ kind }) => kind !== "continuous")) {
    state.fail("type", "a cnf, as requested", "other layers");
  }
  if (flow !== "maf" && flow !== "nice" && flow !== "realNvp") return;
  const other = flow === "maf" ? "coupling" : "autoregressive";
  if (transforms.some(({ kind }) => kind === other)) state.fail("type", `a ${flow}, as requested`, `${other} layers`);
}

/** The prefixes of the transforms, in order, without a gap. */
function transformPrefixes(state: StateDict, prefix: string, { flow }: ImportZukoOptions): readonly string[] {
  for (const list of [`${prefix}transform.transforms.`, `${prefix}transforms.`]) {
    if (!state.hasUnder(list)) continue;
    let isSpaced = false;
    const prefixes = listPrefixes(state, list, isMonotone(state) ? 2 : 1, (gap, indices) => {
      isSpaced = indices.every((index, i) => index === 2 * i);
      if (isSpaced && flow === "sospf") return;
      const got = isSpaced
        ? 'one with transforms without keys between, as a SOSPF has them. Pass flow: "sospf" if it is one'
        : `a transform without keys at ${quote(gap)}, whose kind nothing tells`;
      state.fail("type", KNOWN, got);
    });
    if (flow === "sospf" && !isSpaced && prefixes.length > 1) {
      state.fail("type", "a sospf, as requested", "transforms without a soft clip between");
    }
    return prefixes;
  }
  const single = `${prefix}transform.`;
  if (["hyper.", "phi.", "ode."].some((part) => state.hasUnder(single + part))) return [single];
  return state.fail(
    "type",
    'keys of a flow of zuko, such as "transform.transforms.0.hyper.0.weight"',
    firstKeys(state),
  );
}

function firstKeys(state: StateDict): string {
  return state.keys().slice(0, 3).map(quote).join(", ");
}

function readBase(
  state: StateDict,
  prefix: string,
): { readonly loc: Floats; readonly scale: Floats; readonly names: BaseNames } | undefined {
  for (const [loc, scale] of [
    ["loc", "scale"],
    ["_0", "_1"],
  ] as const) {
    if (!state.has(`${prefix}base.${loc}`)) continue;
    const { shape, data } = state.floats(`${prefix}base.${loc}`);
    if (shape.length !== 1)
      state.fail("tensor", `a vector as ${quote(`${prefix}base.${loc}`)}`, `${shape.length} axes`);
    const { data: sd } = state.floats(`${prefix}base.${scale}`, shape);
    const bad = sd.find((value) => value <= 0);
    if (bad !== undefined) state.fail("weights", `positive numbers in ${quote(`${prefix}base.${scale}`)}`, `${bad}`);
    return { loc: data, scale: sd, names: loc };
  }
  return undefined;
}

function featuresOf(state: StateDict, places: readonly string[]): number {
  for (const prefix of places) {
    for (const name of ["order", "mask"]) {
      if (state.has(prefix + name)) return state.shape(prefix + name)[0] as number;
    }
  }
  return state.fail("weights", 'a base ("base.loc" and "base.scale")', "none");
}

function readTransform(state: StateDict, prefix: string, features: number, families: ZukoFamilies): ForeignTransform {
  if (state.has(`${prefix}A`)) {
    const { data: generator } = state.floats(`${prefix}A`, [features, features]);
    return { kind: "rotation", features, generator };
  }
  if (state.hasUnder(`${prefix}ode.`)) return readZukoContinuous(state, prefix, features, families.options);
  const isMasked = state.has(`${prefix}hyper.0.mask`);
  if (state.has(`${prefix}order`)) {
    const order = readOrder(state, `${prefix}order`, features);
    const network = readZukoNetwork(state, prefix, features, true, families.options);
    const count = outputsPer(state, prefix, network, features);
    checkZukoMasks(state, `${prefix}hyper.`, network, order, count);
    const family = state.hasUnder(`${prefix}univariate.`)
      ? readZukoMonotone(state, prefix, features, count, families)
      : families.of(count, `${prefix}hyper`);
    return { kind: "autoregressive", order, network, family };
  }
  if (isMasked) {
    state.fail("weights", `a key ${quote(`${prefix}order`)}`, "none: a transform with an adjacency matrix of its own");
  }
  if (state.has(`${prefix}mask`)) {
    const constant = state.booleans(`${prefix}mask`, [features]);
    const transformed = Array.from(constant, (value) => value === 0);
    const count = transformed.filter((t) => t).length;
    if (count === 0 || count === features) {
      state.fail("weights", `both values in ${quote(`${prefix}mask`)}`, count === 0 ? "true only" : "false only");
    }
    const network = readZukoNetwork(state, prefix, features - count, false, families.options);
    const family = families.of(outputsPer(state, prefix, network, count), `${prefix}hyper`);
    return { kind: "coupling", transformed, network, family };
  }
  if (state.hasUnder(`${prefix}hyper.`)) {
    const network = readZukoNetwork(state, prefix, 0, false, families.options);
    const family = families.of(outputsPer(state, prefix, network, features), `${prefix}hyper`);
    return { kind: "elementwise", features, network, family };
  }
  if (state.hasUnder(`${prefix}phi.`)) return readElementwise(state, prefix, features, families);
  for (const [loc, scale] of [
    ["loc", "scale"],
    ["_0", "_1"],
  ] as const) {
    if (!state.has(prefix + loc)) continue;
    const { shape, data: shift } = state.floats(prefix + loc);
    const { data } = state.floats(prefix + scale, shape);
    const factors = loc === "loc" ? data : families.scales(data, prefix + loc);
    return { kind: "standardize", ...standardization(state, prefix + scale, features, shift, factors) };
  }
  return state.fail(
    "type",
    "transforms of a MAF, NSF, NICE or RealNVP",
    `another: ${quote(state.keys().find((key) => key.startsWith(prefix)) ?? prefix)}`,
  );
}

/** The ranks of the variables. zuko's ranks leave none out. */
function readOrder(state: StateDict, key: string, features: number): number[] {
  const order = state.integers(key, features, 0, features - 1);
  const ranks = new Set(order);
  const gap = order.find((rank) => rank > 0 && !ranks.has(rank - 1));
  if (gap !== undefined || !ranks.has(0)) {
    state.fail("weights", `each rank up to the largest in ${quote(key)}`, order.join(", "));
  }
  return order;
}

function outputsPer(state: StateDict, prefix: string, network: ForeignNetwork, variables: number): number {
  const { outputs } = network.last ?? network.first;
  if (outputs % variables !== 0) {
    state.fail("tensor", `a multiple of ${variables} outputs of ${quote(`${prefix}hyper`)}`, `${outputs}`);
  }
  return outputs / variables;
}

function readElementwise(state: StateDict, prefix: string, features: number, families: ZukoFamilies): ForeignTransform {
  const tensors: { readonly width: number; readonly data: Floats }[] = [];
  for (let i = 0; state.has(`${prefix}phi.${i}`); i++) {
    const { shape, data } = state.floats(`${prefix}phi.${i}`);
    // The coefficients of a SOSPF are a matrix for each feature.
    if (shape[0] !== features || shape.length > (families.options.flow === "sospf" ? 3 : 2)) {
      state.fail("tensor", `${features} rows of ${quote(`${prefix}phi.${i}`)}`, `shape [${shape.join(", ")}]`);
    }
    tensors.push({ width: shape.slice(1).reduce((product, size) => product * size, 1), data });
  }
  const widths = tensors.map(({ width }) => width);
  const [a, b, c] = widths;
  const { flow } = families.options;
  const isAffine = widths.length === 2 && a === b && (a === 1 || flow === "gf");
  const isPolynomial = (flow === "bpf" && widths.length === 1) || (flow === "sospf" && widths.length === 2 && b === 1);
  const isSpline = widths.length === 3 && a === b && c === (a as number) - 1;
  if (!isAffine && !isSpline && !isPolynomial) {
    state.fail(
      "type",
      "parameters of an affine map or a spline",
      `arrays ${quote(`${prefix}phi`)} of widths ${widths}`,
    );
  }
  const count = widths.reduce((sum, width) => sum + width, 0);
  // One row of all parameters for each feature.
  const parameters = new Float64Array(features * count);
  for (let row = 0; row < features; row++) {
    let at = row * count;
    for (const { width, data } of tensors) {
      parameters.set(data.subarray(row * width, (row + 1) * width), at);
      at += width;
    }
  }
  const family = families.of(count, `${prefix}phi`);
  return { kind: "elementwise", features, parameters, family };
}
