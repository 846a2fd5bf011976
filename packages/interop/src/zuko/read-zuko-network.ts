import { OptionError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { readLinear } from "../file/read-linear.ts";
import { asked, quote, type StateDict } from "../file/state-dict.ts";
import type {
  Covariance,
  ForeignBlock,
  ForeignFamily,
  ForeignLinear,
  ForeignMixture,
  ForeignNetwork,
  ForeignTransform,
} from "../flow/foreign-flow.ts";
import { checkMask, degreeMask, withContext, zukoDegrees } from "../flow/forms.ts";
import { type ImportZukoOptions, versionOf, type ZukoFamilies } from "./zuko-families.ts";

/** The network under `{prefix}hyper.`, plain or with residual blocks. */
export function readZukoNetwork(
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

/** Compares the masks with the masks that follow from the order. */
export function checkZukoMasks(
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

const NEAR = 1e-4;

/** A `FFJTransform`: its network under `{prefix}ode.`, its frequencies and its times. */
export function readZukoContinuous(
  state: StateDict,
  prefix: string,
  features: number,
  { activation = "elu" }: ImportZukoOptions,
): ForeignTransform {
  const { data: waves } = state.floats(`${prefix}freqs`);
  const frequencies = waves.length;
  if (frequencies === 0 || waves.some((wave, k) => Math.abs(wave - (k + 1) * Math.PI) > NEAR * (k + 1))) {
    state.fail("weights", `π, 2π and so on in ${quote(`${prefix}freqs`)}`, `${waves[0]}`);
  }
  const { data: times } = state.floats(`${prefix}times`, [2]);
  if (times[0] !== 0 || times[1] !== 1) {
    state.fail("weights", `the times 0 and 1 in ${quote(`${prefix}times`)}`, `${times[0]} and ${times[1]}`);
  }
  const layers: ForeignLinear[] = [];
  for (let inputs: number | undefined; state.has(`${prefix}ode.${2 * layers.length}.weight`); ) {
    const linear = readLinear(state, `${prefix}ode.${2 * layers.length}`, { inputs });
    layers.push(linear);
    inputs = linear.outputs;
  }
  const [first, last] = [layers[0], layers.at(-1)];
  if (first === undefined || last?.outputs !== features) {
    return state.fail(
      "weights",
      `layers under ${quote(`${prefix}ode.`)} with ${features} outputs`,
      `${last?.outputs ?? 0}`,
    );
  }
  const context = first.inputs - features - 2 * frequencies;
  if (context < 0) {
    const least = features + 2 * frequencies;
    state.fail("tensor", `at least ${least} columns in ${quote(`${prefix}ode.0.weight`)}`, `${first.inputs}`);
  }
  return { kind: "continuous", features, context, frequencies, activation, layers };
}

const MAX_ENTRIES = 2 ** 24;

/** Reads a GMM with keys that start with `{prefix}phi.` or `{prefix}hyper.`. */
export function readZukoMixture(state: StateDict, prefix: string, options: ImportZukoOptions): ForeignMixture {
  const { flow } = options;
  if (flow !== undefined && flow !== "gmm") state.fail("type", `a ${flow}, as requested`, "a GMM");
  const epsilon = epsilonOf(state, options);
  return state.hasUnder(`${prefix}phi.`)
    ? readFixedMixture(state, prefix, epsilon)
    : readConditionalMixture(state, prefix, options, epsilon);
}

function epsilonOf(state: StateDict, { epsilon, version }: ImportZukoOptions): number {
  if (epsilon !== undefined) return epsilon;
  if (version === undefined) {
    throw new OptionError([
      `${state.where}: expected `,
      asked("epsilon"),
      " or ",
      mention("version"),
      ", because a GMM of zuko adds 1e-6 to its standard deviations from 1.4.0 on and 1e-5 before, with the same keys, " +
        "got neither. Pass ",
      mention("version", { value: "1.6.0" }),
      ", say.",
    ]);
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
  // All covariances are kept as matrices, of which a small file could ask for large ones.
  if (components * features ** 2 > MAX_ENTRIES) {
    state.fail("limit", `covariances of at most ${MAX_ENTRIES} entries`, `${components} × ${features}²`);
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
    throw new OptionError([
      `${state.where}: expected `,
      asked("features"),
      ", the number of variables, because a GMM with a context does not say how many of its outputs are of a component, got none.",
    ]);
  }
  const network = readZukoNetwork(state, prefix, 0, false, options);
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

/** Number of parameters of a covariance. */
function covarianceSize(features: number, covariance: Covariance): number {
  if (covariance === "spherical") return 1;
  return covariance === "diagonal" ? features : features + (features * (features - 1)) / 2;
}

/** The networks of the variables of a NAF or UNAF under `{prefix}univariate.`, for `count` outputs of the conditioner. */
export function readZukoMonotone(
  state: StateDict,
  prefix: string,
  variables: number,
  count: number,
  families: ZukoFamilies,
): ForeignFamily {
  const isIntegral = state.hasUnder(`${prefix}univariate.integrand.`);
  const list = `${prefix}univariate.${isIntegral ? "integrand" : "network"}.`;
  const signal = isIntegral ? count - 1 : count;
  const layers = [];
  const widths: number[] = [];
  for (let inputs = 1 + signal; state.has(`${list}${2 * layers.length}.weight`); ) {
    const key = `${list}${2 * layers.length}`;
    const outputs = state.shape(`${key}.weight`)[1] ?? 0;
    const { data: weight } = state.floats(`${key}.weight`, [variables, outputs, inputs]);
    const { data: bias } = state.floats(`${key}.bias`, [variables, outputs]);
    layers.push({ weight, bias });
    widths.push(outputs);
    inputs = outputs;
  }
  if (widths.length < 2 || widths.at(-1) !== 1) {
    state.fail(
      "weights",
      `a hidden layer and one output under ${quote(list)}`,
      `layers of widths ${widths.join(", ")}`,
    );
  }
  const hidden = widths.slice(0, -1);
  const odd = hidden.find((width) => width % 2 === 1);
  if (!isIntegral && odd !== undefined) state.fail("weights", `even widths under ${quote(list)}`, `${odd}`);
  const kind = isIntegral ? "UNAF" : "NAF";
  const limit = families.monotone(kind, `${list}0.weight`);
  return { kind: "monotone", variables, signal, hidden, layers, ...(isIntegral && { limit }) };
}
