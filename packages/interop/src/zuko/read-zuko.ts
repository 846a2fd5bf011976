import { listPrefixes } from "../file/list-prefixes.ts";
import { readContextStandardization, standardization } from "../file/read-standardization.ts";
import { type Floats, quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignFlow, ForeignMixture, ForeignNetwork, ForeignTransform } from "../flow/foreign-flow.ts";
import { readZukoMixture } from "./read-zuko-mixture.ts";
import { readZukoMonotone } from "./read-zuko-monotone.ts";
import { checkZukoMasks, readZukoNetwork } from "./read-zuko-network.ts";
import { type BaseNames, ZukoFamilies } from "./zuko-families.ts";
import type { ImportZukoOptions } from "./zuko-options.ts";

/** What a `state_dict` of zuko says, every key checked; of sbi's zuko flows too. */
export function readZuko(state: StateDict, options: ImportZukoOptions): ForeignFlow | ForeignMixture {
  refuseOtherFlows(state);
  const prefix = state.hasUnder("net.") ? "net." : "";
  const isMixture = state.hasUnder(`${prefix}phi.`) || state.hasUnder(`${prefix}hyper.`);
  const model = isMixture ? readZukoMixture(state, prefix, options) : readFlow(state, prefix, options);
  const places = ["_embedding_net.0.", "net._embedding_net.0."];
  const standardizeContext = readContextStandardization(state, places, model.context);
  state.end();
  return standardizeContext === undefined ? model : { ...model, standardizeContext };
}

/** Flows that are not read yet, by the keys that only they have. */
function refuseOtherFlows(state: StateDict): void {
  const keys = state.keys();
  const found = (pattern: RegExp): boolean => keys.some((key) => pattern.test(key));
  const refuse = (name: string, what: string): never =>
    state.fail(
      "type",
      "a MAF, NSF, NICE, RealNVP, NAF, UNAF or GMM",
      `a ${name} (${what}), which is not supported yet`,
    );
  if (found(/\bode\.\d/) || found(/\btransform\.freqs$/)) refuse("CNF", "continuous normalizing flow");
  if (found(/\btransforms\.\d+\.A$/)) refuse("GF", "Gaussianization flow");
  if (found(/\bbase\.(lower|upper)$/)) refuse("NCSF", "circular spline flow");
}

function readFlow(state: StateDict, prefix: string, options: ImportZukoOptions): ForeignFlow {
  const places = transformPrefixes(state, prefix);
  const base = readBase(state, prefix);
  const features = state.checkFeatures(base?.loc.length ?? featuresOf(state, places));
  const parameterization = new ZukoFamilies(state, options, places, base?.names);
  const read = places.map((place) => readTransform(state, place, features, parameterization));
  const transforms = isMonotone(state) ? clippedBetween(read) : read;
  const contexts = new Set(
    transforms.flatMap((t) => ("network" in t ? [t.network.contextSize] : t.kind === "elementwise" ? [0] : [])),
  );
  if (contexts.size > 1) {
    state.fail("weights", "transforms with one size of context", [...contexts].sort((a, b) => a - b).join(" and "));
  }
  checkScheme(state, options, transforms);
  const context = [...contexts][0] ?? 0;
  const { loc, scale } = base ?? {};
  const isList = places.some((place) => /transforms\.\d+\.$/.test(place));
  return { kind: "flow", features, context, transforms, isList, ...(loc && scale && { base: { loc, scale } }) };
}

/** Whether it is a NAF or a UNAF. */
function isMonotone(state: StateDict): boolean {
  return state.keys().some((key) => /\bunivariate\.(network|integrand)\./.test(key));
}

/** What stands between the transforms of a NAF or UNAF, which has no keys. */
const SOFT_CLIP: ForeignTransform = { kind: "soft-clip", limit: 11 };

function clippedBetween(transforms: readonly ForeignTransform[]): ForeignTransform[] {
  return transforms.flatMap((transform, i) => (i === 0 ? [transform] : [SOFT_CLIP, transform]));
}

/** Refuses a MAF that is asked for as a NICE, and the other way round. An NSF may have layers of either kind. */
function checkScheme(state: StateDict, { flow }: ImportZukoOptions, transforms: readonly ForeignTransform[]): void {
  if (flow === undefined || flow === "nsf") return;
  if (flow === "naf" || flow === "unaf") {
    if (!isMonotone(state)) state.fail("type", `a ${flow}, as asked for`, "transforms without networks of their own");
    return;
  }
  const other = flow === "maf" ? "coupling" : "autoregressive";
  if (transforms.some(({ kind }) => kind === other)) state.fail("type", `a ${flow}, as asked for`, `${other} layers`);
}

/** The prefixes of the transforms, in order, without a gap. */
function transformPrefixes(state: StateDict, prefix: string): readonly string[] {
  for (const list of [`${prefix}transform.transforms.`, `${prefix}transforms.`]) {
    if (!state.hasUnder(list)) continue;
    return listPrefixes(state, list, isMonotone(state) ? 2 : 1, (gap, indices) =>
      state.fail(
        "type",
        "a MAF, NSF, NICE, RealNVP, NAF, UNAF or GMM",
        indices.every((index, i) => index === 2 * i)
          ? "a SOSPF (sum-of-squares polynomial flow, by the transforms without keys between), which is not supported yet"
          : `a transform without keys at ${quote(gap)}, whose kind nothing tells`,
      ),
    );
  }
  const single = `${prefix}transform.`;
  if (state.hasUnder(`${single}hyper.`) || state.hasUnder(`${single}phi.`)) return [single];
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
    if (shape[0] !== features || shape.length > 2) {
      state.fail("tensor", `${features} rows of ${quote(`${prefix}phi.${i}`)}`, `shape [${shape.join(", ")}]`);
    }
    tensors.push({ width: shape[1] ?? 1, data });
  }
  const widths = tensors.map(({ width }) => width);
  const [a, b, c] = widths;
  const isAffine = widths.length === 2 && a === 1 && b === 1;
  const isSpline = widths.length === 3 && a === b && c === (a as number) - 1;
  if (!isAffine && !isSpline) {
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
  const family = isSpline ? families.of(count, `${prefix}phi`) : families.of(2, `${prefix}phi`);
  return { kind: "elementwise", features, parameters, family };
}
