import { OptionError } from "@pushforward/core";
import type {
  Covariance,
  ForeignBlock,
  ForeignFamily,
  ForeignFlow,
  ForeignLinear,
  ForeignMixture,
  ForeignNetwork,
  ForeignTransform,
} from "./foreign-flow.ts";
import { degreeMask, withContext, zukoDegrees } from "./made-mask.ts";
import { readLinear } from "./read-linear.ts";
import { type Floats, quote, type StateDict } from "./state-dict.ts";
import type { ImportZukoOptions } from "./zuko-options.ts";

/** What a `state_dict` of zuko says, every key checked; of sbi's zuko flows too. */
export function readZuko(state: StateDict, options: ImportZukoOptions): ForeignFlow | ForeignMixture {
  refuseOtherFlows(state);
  const prefix = state.hasUnder("net.") ? "net." : "";
  const standardiseContext = readContextStandardisation(state, ["_embedding_net.0.", "net._embedding_net.0."]);
  const isMixture = state.hasUnder(`${prefix}phi.`) || state.hasUnder(`${prefix}hyper.`);
  if (isMixture) {
    const mixture = readMixture(state, prefix, options);
    state.end();
    return mixture;
  }
  const flow = readFlow(state, prefix, options);
  state.end();
  return standardiseContext === undefined ? flow : { ...flow, standardiseContext };
}

/** Flows that are not read yet, by the keys that only they have. */
function refuseOtherFlows(state: StateDict): void {
  const keys = state.keys();
  const found = (pattern: RegExp): boolean => keys.some((key) => pattern.test(key));
  const refuse = (name: string, what: string): never =>
    state.fail("type", "a MAF, NSF, NICE, RealNVP or GMM", `a ${name} (${what}), which is not supported yet`);
  if (found(/\bunivariate\.network\./)) refuse("NAF", "neural autoregressive flow");
  if (found(/\bunivariate\.integrand\./)) refuse("UNAF", "unconstrained neural autoregressive flow");
  if (found(/\bode\.\d/) || found(/\btransform\.freqs$/)) refuse("CNF", "continuous normalizing flow");
  if (found(/\btransforms\.\d+\.A$/)) refuse("GF", "Gaussianization flow");
  if (found(/\bbase\.(lower|upper)$/)) refuse("NCSF", "circular spline flow");
}

/** `(c − mean)/std`, which sbi puts in front of the context. */
export function readContextStandardisation(
  state: StateDict,
  prefixes: readonly string[],
): { readonly mean: Floats; readonly sd: Floats } | undefined {
  const prefix = prefixes.find((one) => state.has(`${one}_mean`) || state.has(`${one}_std`));
  if (prefix === undefined) return undefined;
  const { shape, data: mean } = state.floats(`${prefix}_mean`);
  const { data: sd } = state.floats(`${prefix}_std`, shape);
  const zero = sd.indexOf(0);
  if (zero >= 0) state.fail("weights", `standard deviations other than 0 in ${quote(`${prefix}_std`)}`, "0");
  return { mean, sd };
}

interface TransformKeys {
  readonly index: number;
  readonly prefix: string;
}

function readFlow(state: StateDict, prefix: string, options: ImportZukoOptions): ForeignFlow {
  const places = transformKeys(state, prefix);
  const base = readBase(state, prefix);
  const features = base?.loc.length ?? featuresOf(state, places);
  const parameterisation = new Families(state, options, places, base?.names);
  const transforms = places.map((place) => readTransform(state, place, features, parameterisation));
  const contexts = new Set(
    transforms.flatMap((t) => ("network" in t ? [t.network.contextSize] : t.kind === "elementwise" ? [0] : [])),
  );
  if (contexts.size > 1) {
    state.fail("weights", "transforms with one size of context", [...contexts].sort((a, b) => a - b).join(" and "));
  }
  const context = [...contexts][0] ?? 0;
  const { loc, scale } = base ?? {};
  const isList = places.some(({ prefix: place }) => /transforms\.\d+\.$/.test(place));
  return { kind: "flow", features, context, transforms, isList, ...(loc && scale && { base: { loc, scale } }) };
}

/** The prefixes of the transforms, in order, without a gap. */
function transformKeys(state: StateDict, prefix: string): TransformKeys[] {
  for (const list of [`${prefix}transform.transforms.`, `${prefix}transforms.`]) {
    if (!state.hasUnder(list)) continue;
    const indices = new Set<number>();
    for (const key of state.keys()) {
      if (!key.startsWith(list)) continue;
      const index = /^(0|[1-9]\d{0,4})\./.exec(key.slice(list.length))?.[1];
      if (index === undefined) state.fail("weights", `a number after ${quote(list)}`, quote(key));
      indices.add(Number(index));
    }
    const sorted = [...indices].sort((a, b) => a - b);
    const gap = sorted.findIndex((index, i) => index !== i);
    if (gap >= 0) {
      const isSquares = sorted.every((index, i) => index === 2 * i);
      state.fail(
        "type",
        "a MAF, NSF, NICE, RealNVP or GMM",
        isSquares
          ? "a SOSPF (sum-of-squares polynomial flow, by the transforms without keys between), which is not supported yet"
          : `a transform without keys at ${quote(`${list}${gap}`)}, whose kind nothing tells`,
      );
    }
    return sorted.map((index) => ({ index, prefix: `${list}${index}.` }));
  }
  const single = `${prefix}transform.`;
  if (state.hasUnder(`${single}hyper.`) || state.hasUnder(`${single}phi.`)) return [{ index: 0, prefix: single }];
  return state.fail(
    "type",
    'keys of a flow of zuko, such as "transform.transforms.0.hyper.0.weight"',
    firstKeys(state),
  );
}

function firstKeys(state: StateDict): string {
  return state.keys().slice(0, 3).map(quote).join(", ");
}

/** How zuko has named the arguments of its base. */
type BaseNames = "loc" | "_0";

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

function featuresOf(state: StateDict, places: readonly TransformKeys[]): number {
  for (const { prefix } of places) {
    for (const name of ["order", "mask"]) {
      if (state.has(prefix + name)) return state.shape(prefix + name)[0] as number;
    }
  }
  return state.fail("weights", 'a base ("base.loc" and "base.scale")', "none");
}

/** Which family the outputs of a network are for: what the file, the metadata and the options say together. */
class Families {
  readonly options: ImportZukoOptions;
  private readonly state: StateDict;
  private readonly isOldest: boolean;
  private readonly base: BaseNames | undefined;

  constructor(
    state: StateDict,
    options: ImportZukoOptions,
    places: readonly TransformKeys[],
    base: BaseNames | undefined,
  ) {
    this.state = state;
    this.options = options;
    this.isOldest = places.some(({ prefix }) => /^(net\.)?transforms\./.test(prefix));
    this.base = base;
  }

  /** The family of `count` numbers a variable, at the key that tells it. */
  of(count: number, key: string): ForeignFamily {
    const { flow, bound = 5 } = this.options;
    if (flow === "gmm") this.state.fail("type", "a GMM, as asked for", "a flow of transforms");
    if (count === 2 && flow !== "nsf") return { kind: "affine", parameterisation: "zuko", slope: this.slope() };
    const bins = (count + 1) / 3;
    if (!Number.isInteger(bins) || bins < 2) {
      this.state.fail(
        "type",
        `2 numbers a variable (affine) or 3·bins − 1 (spline) from ${quote(key)}`,
        `${count}, which is that of a flow that is not supported yet (a BPF of degree ${count - 1}, a SOSPF or another)`,
      );
    }
    if (flow === undefined) {
      throw new OptionError(
        `${this.state.where}: expected option flow, because ${quote(key)} has ${count} numbers a variable, which may be ` +
          `a spline of ${bins} bins (NSF) or a polynomial of degree ${count - 1} (BPF), got none. ` +
          'Pass flow: "nsf" if it is an NSF; a BPF is not supported yet.',
      );
    }
    if (flow !== "nsf") {
      this.state.fail("type", `2 numbers a variable from ${quote(key)}, as a ${flow} has`, `${count}`);
    }
    return { kind: "spline", parameterisation: "zuko", bins, bound, slope: this.slope() };
  }

  /** From option or version; from the names of the keys where they tell the version. */
  private slope(): number {
    const { slope, version } = this.options;
    if (slope !== undefined) return slope;
    if (version !== undefined) return slopeOf(this.state.where, version);
    // Names of 0.1 to 0.3, or of 1.6 on: those versions have one slope.
    if (this.isOldest || this.base === "loc") return 1e-3;
    throw new OptionError(
      `${this.state.where}: expected option slope or version, because zuko 1.0.1 to 1.4.1 had slope 1e-4 where 1.0.0 and ` +
        '1.5.0 have 1e-3, and the keys are the same, got neither. Pass version: "1.4.1", say.',
    );
  }
}

/** The default slope of a version of zuko. */
function slopeOf(where: string, version: string): number {
  const [major, minor, patch] = versionOf(where, version);
  const isSmall = major === 1 && (minor === 0 ? patch >= 1 : minor <= 4);
  return isSmall ? 1e-4 : 1e-3;
}

function versionOf(where: string, version: string): readonly [number, number, number] {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (found === null) {
    throw new OptionError(`${where}: expected a version of zuko such as "1.6.0", got ${JSON.stringify(version)}.`);
  }
  return [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
}

function readTransform(
  state: StateDict,
  { prefix }: TransformKeys,
  features: number,
  families: Families,
): ForeignTransform {
  const isMasked = state.has(`${prefix}hyper.0.mask`);
  if (state.has(`${prefix}order`)) {
    const order = readOrder(state, `${prefix}order`, features);
    const network = readHyper(state, prefix, features, true, families.options);
    const count = outputsPer(state, prefix, network, features);
    checkMasks(state, `${prefix}hyper.`, network, order, count);
    return { kind: "autoregressive", order, network, family: families.of(count, `${prefix}hyper`) };
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
    const network = readHyper(state, prefix, features - count, false, families.options);
    const family = families.of(outputsPer(state, prefix, network, count), `${prefix}hyper`);
    return { kind: "coupling", transformed, network, family };
  }
  if (state.hasUnder(`${prefix}hyper.`)) {
    const network = readHyper(state, prefix, 0, false, families.options);
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
    return { kind: "standardise", ...standardisation(state, prefix + scale, features, shift, data) };
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

/** Compares the masks with those that the order gives. */
function checkMasks(
  state: StateDict,
  hyper: string,
  { style, first, blocks, last, inputSize, contextSize }: ForeignNetwork,
  order: readonly number[],
  count: number,
): void {
  const ranks = Math.max(...order) + 1;
  const layers: { readonly key: string; readonly linear: ForeignLinear }[] = [{ key: `${hyper}0`, linear: first }];
  let index = 0;
  for (const { linears } of blocks) {
    index += style === "zuko-residual" ? 1 : 2;
    for (const [part, linear] of linears.entries()) {
      layers.push({ key: linears.length === 2 ? `${hyper}${index}.${2 * part}` : `${hyper}${index}`, linear });
    }
  }
  if (last !== undefined) layers.push({ key: `${hyper}${index + (style === "zuko-residual" ? 1 : 2)}`, linear: last });
  let degrees = order.map((rank) => rank + 1);
  for (const [i, { key, linear }] of layers.entries()) {
    const isLast = i === layers.length - 1;
    const next = isLast
      ? order.flatMap((rank) => Array<number>(count).fill(rank + 1))
      : zukoDegrees(linear.outputs, ranks, contextSize > 0);
    const mask = degreeMask(next, degrees, isLast);
    checkMask(state, key, linear, i === 0 ? withContext(mask, inputSize, contextSize) : mask);
    degrees = next;
  }
}

/** Compares a stored mask with the one that it must be. */
export function checkMask(state: StateDict, key: string, layer: ForeignLinear, expected: ArrayLike<number>): void {
  const odd = layer.mask?.findIndex((value, i) => value !== expected[i]) ?? -1;
  if (odd < 0) return;
  const [row, column] = [Math.floor(odd / layer.inputs), odd % layer.inputs];
  state.fail(
    "weights",
    `${expected[odd]} in row ${row}, column ${column} of ${quote(`${key}.mask`)}`,
    `${layer.mask?.[odd]}: masks of one's own are not supported`,
  );
}

/** Shift and scale with one number for each feature; one for all is repeated. */
export function standardisation(
  state: StateDict,
  key: string,
  features: number,
  shift: Floats,
  scale: Floats,
): { readonly shift: Floats; readonly scale: Floats } {
  if (shift.length !== features && shift.length !== 1) {
    state.fail("tensor", `${features} numbers in ${quote(key)}`, `${shift.length}`);
  }
  if (scale.some((value) => value === 0)) state.fail("weights", `numbers other than 0 in ${quote(key)}`, "0");
  const repeat = (values: Floats): Floats =>
    values.length === features ? values : new Float64Array(features).fill(values[0] as number);
  return { shift: repeat(shift), scale: repeat(scale) };
}

function outputsPer(state: StateDict, prefix: string, network: ForeignNetwork, variables: number): number {
  const { outputs } = network.last ?? network.first;
  if (outputs % variables !== 0) {
    state.fail("tensor", `a multiple of ${variables} outputs of ${quote(`${prefix}hyper`)}`, `${outputs}`);
  }
  return outputs / variables;
}

function readElementwise(state: StateDict, prefix: string, features: number, families: Families): ForeignTransform {
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

/** The network under `{prefix}hyper.`, plain or with residual blocks. */
function readHyper(
  state: StateDict,
  prefix: string,
  inputSize: number,
  masked: boolean,
  { activation = "relu" }: ImportZukoOptions,
): ForeignNetwork {
  const hyper = `${prefix}hyper.`;
  const indices = [
    ...new Set(
      state
        .keys()
        .filter((key) => key.startsWith(hyper))
        .map((key) => Number(/^(0|[1-9]\d{0,4})\./.exec(key.slice(hyper.length))?.[1] ?? Number.NaN)),
    ),
  ].sort((a, b) => a - b);
  if (indices.some(Number.isNaN) || indices.length === 0) {
    state.fail("weights", `layers with numbers under ${quote(hyper)}`, "others");
  }
  const isResidual = state.has(`${hyper}1.0.weight`);
  const step = isResidual ? 1 : 2;
  const odd = indices.findIndex((index, i) => index !== i * step);
  if (odd >= 0) {
    state.fail(
      "type",
      `layers ${quote(hyper)}0, ${step}, ${2 * step} and so on`,
      `${indices.join(", ")}: a network with layers between that have no keys, such as one with normalize=True`,
    );
  }
  const first = readLinear(state, `${hyper}0`, { masked });
  const contextSize = first.inputs - inputSize;
  if (contextSize < 0) {
    state.fail("tensor", `at least ${inputSize} columns in ${quote(`${hyper}0.weight`)}`, `${first.inputs}`);
  }
  const style = isResidual ? "zuko-residual" : "zuko";
  const blocks: ForeignBlock[] = [];
  let width = first.outputs;
  let last: ForeignLinear | undefined;
  for (const index of indices.slice(1)) {
    if (state.has(`${hyper}${index}.0.weight`)) {
      const linear = (part: number): ForeignLinear =>
        readLinear(state, `${hyper}${index}.${part}`, { inputs: width, outputs: width, masked });
      blocks.push({ linears: [linear(0), linear(2)] });
      continue;
    }
    const linear = readLinear(state, `${hyper}${index}`, { inputs: width, masked });
    width = linear.outputs;
    if (index === indices.at(-1)) last = linear;
    else blocks.push({ linears: [linear] });
  }
  if (isResidual && last === undefined)
    state.fail("weights", `a linear layer at the end of ${quote(hyper)}`, "a block");
  return { style, activation, inputSize, contextSize, first, blocks, ...(last && { last }) };
}

function readMixture(state: StateDict, prefix: string, options: ImportZukoOptions): ForeignMixture {
  const { flow } = options;
  if (flow !== undefined && flow !== "gmm") state.fail("type", `a ${flow}, as asked for`, "a GMM");
  const epsilon = epsilonOf(state, options);
  return state.hasUnder(`${prefix}phi.`)
    ? readFixedMixture(state, prefix, epsilon)
    : readConditionalMixture(state, prefix, options, epsilon);
}

function epsilonOf(state: StateDict, { epsilon, version }: ImportZukoOptions): number {
  if (epsilon !== undefined) return epsilon;
  if (version === undefined) {
    throw new OptionError(
      `${state.where}: expected option epsilon or version, because a GMM of zuko adds 1e-6 to its standard deviations from ` +
        '1.4.0 on and 1e-5 before, and the keys are the same, got neither. Pass version: "1.6.0", say.',
    );
  }
  const [major, minor] = versionOf(state.where, version);
  return major > 1 || (major === 1 && minor >= 4) ? 1e-6 : 1e-5;
}

function readFixedMixture(state: StateDict, prefix: string, epsilon: number): ForeignMixture {
  const { shape, data: logits } = state.floats(`${prefix}phi.0`);
  const components = shape[0] as number;
  const means = state.floats(`${prefix}phi.1`);
  const features = means.shape[1];
  if (shape.length !== 1 || means.shape.length !== 2 || means.shape[0] !== components || features === undefined) {
    return state.fail("tensor", `phi.0 [components] and phi.1 [components, features]`, `${shape} and ${means.shape}`);
  }
  const diagonal = state.floats(`${prefix}phi.2`);
  const [rows, width] = diagonal.shape;
  if (diagonal.shape.length !== 2 || (rows !== 1 && rows !== components) || (width !== 1 && width !== features)) {
    state.fail("tensor", `phi.2 with 1 or ${components} rows and 1 or ${features} columns`, `${diagonal.shape}`);
  }
  const isFull = state.has(`${prefix}phi.3`);
  if (isFull && width !== features) state.fail("tensor", `phi.2 with ${features} columns`, `${width}`);
  const below = isFull ? [state.floats(`${prefix}phi.3`, [rows, (features * (features - 1)) / 2]).data] : [];
  return {
    kind: "mixture",
    features,
    context: 0,
    components,
    covariance: isFull ? "full" : width === features ? "diagonal" : "spherical",
    tied: rows !== components,
    epsilon,
    numbers: [logits, means.data, diagonal.data, ...below],
  };
}

function readConditionalMixture(
  state: StateDict,
  prefix: string,
  options: ImportZukoOptions,
  epsilon: number,
): ForeignMixture {
  const { features, covariance = "full", tied = false } = options;
  if (features === undefined) {
    throw new OptionError(
      `${state.where}: expected option features, the number of variables, because a GMM with a context does not say how ` +
        "many of its outputs are of a component, got none.",
    );
  }
  const network = readHyper(state, prefix, 0, false, options);
  const { outputs } = network.last ?? network.first;
  const sizes = covarianceSize(features, covariance);
  const components = (outputs - (tied ? sizes : 0)) / (1 + features + (tied ? 0 : sizes));
  if (!Number.isInteger(components) || components < 1) {
    state.fail(
      "tensor",
      `outputs of ${quote(`${prefix}hyper`)} for components of ${features} features with ${tied ? "one " : ""}${covariance} covariance`,
      `${outputs}`,
    );
  }
  const context = network.contextSize;
  return { kind: "mixture", features, context, components, covariance, tied, epsilon, network };
}

/** The numbers of one covariance. */
function covarianceSize(features: number, covariance: Covariance): number {
  if (covariance === "spherical") return 1;
  return covariance === "diagonal" ? features : features + (features * (features - 1)) / 2;
}
