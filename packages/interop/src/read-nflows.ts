import { mention, OptionError } from "@pushforward/core";
import { asked } from "./asked.ts";
import { checkMask } from "./check-mask.ts";
import type {
  ForeignBlock,
  ForeignFamily,
  ForeignFlow,
  ForeignLinear,
  ForeignNetwork,
  ForeignTransform,
} from "./foreign-flow.ts";
import { listPrefixes } from "./list-prefixes.ts";
import { degreeMask, hiddenDegrees, inputDegrees, outputDegrees } from "./made-mask.ts";
import { nflowsLayerName } from "./nflows-layer-names.ts";
import type { ImportNflowsOptions } from "./nflows-options.ts";
import { readLinear } from "./read-linear.ts";
import { readContextStandardization, standardization } from "./read-standardization.ts";
import { binsOf, possibleSplines } from "./spline-kinds.ts";
import { quote, type StateDict } from "./state-dict.ts";

/** What a `state_dict` of nflows says, every key checked; of sbi's nflows flows and the original project's too. */
export function readNflows(state: StateDict, options: ImportNflowsOptions): ForeignFlow {
  const isSbi = state.hasUnder("net._transform.");
  const prefix = isSbi ? "net." : "";
  if (!state.hasUnder(`${prefix}_transform.`)) {
    state.fail(
      "type",
      'keys of a flow of nflows, such as "_transform._transforms.0._permutation"',
      state.keys().slice(0, 3).map(quote).join(", "),
    );
  }
  const reader = new NflowsReader(state, options, isSbi);
  const transform = reader.read(`${prefix}_transform.`);
  const standardizeContext = readContextStandardization(
    state,
    [`${prefix}_embedding_net.0.`, `${prefix}_embedding_net.`],
    reader.context,
  );
  const embedding = state
    .keys()
    .find((key) => key.startsWith(`${prefix}_embedding_net.`) && !/\._(mean|std)$/.test(key));
  if (embedding !== undefined) {
    state.fail("type", "a context that is standardized at most", `an embedding network (${quote(embedding)})`);
  }
  readConstant(state, `${prefix}_distribution._log_z`, reader.features);
  state.end();
  const isList = transform.kind === "composite";
  const transforms = isList ? transform.members : [transform];
  return {
    kind: "flow",
    features: reader.features,
    context: reader.context,
    transforms,
    isList,
    ...(standardizeContext && { standardizeContext }),
  };
}

/** The normalizing constant that some versions store with their standard normal. */
function readConstant(state: StateDict, key: string, features: number): void {
  if (!state.has(key)) return;
  const [value] = state.floats(key).data;
  const expected = (features / 2) * Math.log(2 * Math.PI);
  if (value === undefined || Math.abs(value - expected) > 1e-4 * expected) {
    state.fail("weights", `${expected} (a standard normal) in ${quote(key)}`, `${value}`);
  }
}

class NflowsReader {
  private readonly state: StateDict;
  private readonly options: ImportNflowsOptions;
  private readonly isSbi: boolean;
  private knownFeatures: number | undefined;
  private knownContext: number | undefined;
  private hasLinear: boolean;

  constructor(state: StateDict, options: ImportNflowsOptions, isSbi: boolean) {
    this.state = state;
    this.options = options;
    this.isSbi = isSbi;
    this.hasLinear = state.keys().some((key) => key.endsWith(".unconstrained_upper_diag"));
    const features = this.featuresByKeys();
    this.knownFeatures = features && state.checkFeatures(features);
  }

  get features(): number {
    return this.knownFeatures ?? this.state.fail("weights", "a transform that tells the number of variables", "none");
  }

  /** 0 without one. */
  get context(): number {
    return this.knownContext ?? 0;
  }

  read(prefix: string): ForeignTransform {
    const { state } = this;
    if (state.hasUnder(`${prefix}_transforms.`)) return this.readComposite(`${prefix}_transforms.`);
    if (state.has(`${prefix}_permutation`)) return this.readPermutation(prefix);
    if (state.hasUnder(`${prefix}autoregressive_net.`)) return this.readAutoregressive(prefix);
    if (state.hasUnder(`${prefix}transform_net.`)) return this.readCoupling(prefix);
    if (state.has(`${prefix}_shift`)) {
      const { shape, data: shift } = state.floats(`${prefix}_shift`);
      const { data: scale } = state.floats(`${prefix}_scale`, shape);
      return { kind: "standardize", ...standardization(state, `${prefix}_scale`, this.features, shift, scale) };
    }
    if (state.has(`${prefix}unconstrained_upper_diag`)) return this.readLinear(prefix);
    const name = nflowsLayerName(state, prefix);
    const layer = quote(state.keys().find((key) => key.startsWith(prefix)) ?? prefix);
    return state.fail(
      "type",
      "transforms that are read (permutation, masked affine or rational-quadratic autoregressive, affine, additive or " +
        "rational-quadratic coupling, pointwise affine, LU linear)",
      name === undefined
        ? `another, which is not supported: ${layer}`
        : `a ${name}, which is not supported yet: ${layer}`,
    );
  }

  private readComposite(list: string): ForeignTransform {
    const { state } = this;
    const prefixes = listPrefixes(state, list, (gap) =>
      state.fail("type", `a transform at ${quote(gap)}`, "one without keys, whose kind nothing tells"),
    );
    return { kind: "composite", members: prefixes.map((prefix) => this.read(prefix)) };
  }

  private readPermutation(prefix: string): ForeignTransform {
    const { state, features } = this;
    const order = state.integers(`${prefix}_permutation`, features, 0, features - 1);
    if (new Set(order).size !== features) {
      state.fail("weights", `each of 0 to ${features - 1} once in ${quote(`${prefix}_permutation`)}`, order.join(", "));
    }
    return { kind: "permutation", order };
  }

  private readLinear(prefix: string): ForeignTransform {
    const { state, features } = this;
    const entries = (features * (features - 1)) / 2;
    return {
      kind: "lu",
      features,
      lower: state.floats(`${prefix}lower_entries`, [entries]).data,
      upper: state.floats(`${prefix}upper_entries`, [entries]).data,
      diagonal: state.floats(`${prefix}unconstrained_upper_diag`, [features]).data,
      bias: state.floats(`${prefix}bias`, [features]).data,
    };
  }

  private readAutoregressive(prefix: string): ForeignTransform {
    const { state, features } = this;
    const net = `${prefix}autoregressive_net.`;
    this.refuseBatchNorm(net);
    const order = Array.from({ length: features }, (_, i) => i);
    const masked = (key: string, inputs: readonly number[], outputs?: number): [ForeignLinear, number[]] =>
      this.readMasked(net, key, inputs, outputs);
    const [first, hidden] = masked("initial_layer", inputDegrees(features));
    const context = state.has(`${net}context_layer.weight`)
      ? readLinear(state, `${net}context_layer`, { outputs: first.outputs })
      : undefined;
    this.noteContext(net, context?.inputs ?? 0);
    const blocks: ForeignBlock[] = [];
    const isResidual = state.hasUnder(`${net}blocks.0.linear_layers.`);
    let degrees = hidden;
    for (let b = 0; state.hasUnder(`${net}blocks.${b}.`); b++) {
      const block = `blocks.${b}.`;
      if (!isResidual) {
        const [linear, next] = masked(`${block}linear`, degrees, first.outputs);
        blocks.push({ linears: [linear] });
        degrees = next;
        continue;
      }
      const [one, inner] = masked(`${block}linear_layers.0`, degrees, first.outputs);
      const [two, next] = masked(`${block}linear_layers.1`, inner, first.outputs);
      degrees = next;
      const gate =
        context && readLinear(state, `${net}${block}context_layer`, { inputs: context.inputs, outputs: first.outputs });
      blocks.push({ linears: [one, two], ...(gate && { context: gate }) });
    }
    if (blocks.length === 0) {
      state.fail(
        "weights",
        `a key under ${quote(`${net}blocks.0.`)}`,
        "none: nothing tells what a MADE without blocks is",
      );
    }
    const last = this.readMaskedOutput(net, degrees);
    const network: ForeignNetwork = {
      style: isResidual ? "made-residual" : "made",
      activation: this.options.activation ?? (isResidual ? "relu" : "tanh"),
      inputSize: features,
      contextSize: context?.inputs ?? 0,
      first,
      ...(context && { context }),
      blocks,
      last,
    };
    if (!isResidual && this.options.activation === undefined && !this.isSbi) {
      throw new OptionError([
        `${state.where}: expected `,
        asked("activation"),
        `, because ${quote(`${net}blocks.0.linear`)} is a feed-forward MADE, which nflows makes with "relu" and sbi with "tanh", got none.`,
      ]);
    }
    const count = last.outputs / features;
    const family: ForeignFamily =
      count === 2
        ? { kind: "affine", parameterization: "nflows" }
        : this.spline(count, `${net}final_layer`, undefined, false);
    return { kind: "autoregressive", order, network, family };
  }

  /** A masked layer whose mask must be the one that its degrees give, and those the ones that nflows derives. */
  private readMasked(
    net: string,
    name: string,
    inputs: readonly number[],
    outputs: number | undefined,
  ): [layer: ForeignLinear, degrees: number[]] {
    const { state, features } = this;
    const key = `${net}${name}`;
    const layer = readLinear(state, key, { inputs: inputs.length, outputs, masked: true });
    const degrees = state.integers(`${key}.degrees`, layer.outputs, 0, features);
    const expected = hiddenDegrees(layer.outputs, features);
    const odd = degrees.findIndex((degree, i) => degree !== expected[i]);
    if (odd >= 0) {
      state.fail(
        "weights",
        `degree ${expected[odd]} at place ${odd} of ${quote(`${key}.degrees`)}`,
        `${degrees[odd]}: random masks are not supported`,
      );
    }
    checkMask(state, key, layer, degreeMask(degrees, inputs, false));
    return [layer, degrees];
  }

  private readMaskedOutput(net: string, inputs: readonly number[]): ForeignLinear {
    const { state, features } = this;
    const key = `${net}final_layer`;
    const layer = readLinear(state, key, { inputs: inputs.length, masked: true });
    if (layer.outputs % features !== 0) {
      state.fail("tensor", `a multiple of ${features} rows in ${quote(`${key}.weight`)}`, `${layer.outputs}`);
    }
    const expected = outputDegrees(features, layer.outputs / features);
    const degrees = state.integers(`${key}.degrees`, layer.outputs, 1, features);
    const odd = degrees.findIndex((degree, i) => degree !== expected[i]);
    if (odd >= 0) {
      state.fail("weights", `degree ${expected[odd]} at place ${odd} of ${quote(`${key}.degrees`)}`, `${degrees[odd]}`);
    }
    checkMask(state, key, layer, degreeMask(degrees, inputs, true));
    return layer;
  }

  private readCoupling(prefix: string): ForeignTransform {
    const { state, features } = this;
    if (state.hasUnder(`${prefix}unconditional_transform.`)) {
      state.fail("type", "a coupling without unconditional_transform", "one, which is not supported");
    }
    const transformed = this.readSides(prefix);
    const count = transformed.filter((t) => t).length;
    const net = `${prefix}transform_net.`;
    this.refuseBatchNorm(net);
    if (state.hasUnder(`${net}spline_predictor.`)) return this.readContextMap(net, count);
    const network = this.readResidualNet(net, features - count);
    const { outputs } = network.last as ForeignLinear;
    if (outputs % count !== 0) {
      state.fail("tensor", `a multiple of ${count} rows in ${quote(`${net}final_layer.weight`)}`, `${outputs}`);
    }
    return { kind: "coupling", transformed, network, family: this.couplingFamily(outputs / count, net, network) };
  }

  private couplingFamily(count: number, net: string, network: ForeignNetwork): ForeignFamily {
    if (count === 1) return { kind: "additive" };
    if (count === 2) return { kind: "affine", parameterization: "nflows-coupling" };
    return this.spline(count, `${net}final_layer`, network.first.outputs, this.hasLinear);
  }

  private readSides(prefix: string): boolean[] {
    const { state, features } = this;
    const read = (name: string): number[] => state.integers(`${prefix}${name}`, undefined, 0, features - 1);
    const identity = read("identity_features");
    const transform = read("transform_features");
    const transformed = Array<boolean>(features).fill(false);
    for (const i of transform) transformed[i] = true;
    const isSorted = (values: readonly number[]): boolean =>
      values.every((v, i) => i === 0 || v > (values[i - 1] as number));
    const isSplit =
      identity.length + transform.length === features &&
      isSorted(identity) &&
      isSorted(transform) &&
      identity.every((i) => transformed[i] === false);
    if (!isSplit || transform.length === 0 || (identity.length === 0 && features > 1)) {
      state.fail(
        "weights",
        `the variables 0 to ${features - 1}, in order, on two sides in ${quote(`${prefix}identity_features`)} and transform_features`,
        `[${identity.join(", ")}] and [${transform.join(", ")}]`,
      );
    }
    return transformed;
  }

  private readResidualNet(net: string, inputSize: number): ForeignNetwork {
    const { state } = this;
    const first = readLinear(state, `${net}initial_layer`);
    const contextSize = first.inputs - inputSize;
    if (contextSize < 0) {
      state.fail(
        "tensor",
        `at least ${inputSize} columns in ${quote(`${net}initial_layer.weight`)}`,
        `${first.inputs}`,
      );
    }
    this.noteContext(net, contextSize);
    const width = first.outputs;
    const blocks: ForeignBlock[] = [];
    for (let b = 0; state.hasUnder(`${net}blocks.${b}.`); b++) {
      const block = `${net}blocks.${b}.`;
      const sizes = { inputs: width, outputs: width };
      const linears = [
        readLinear(state, `${block}linear_layers.0`, sizes),
        readLinear(state, `${block}linear_layers.1`, sizes),
      ];
      const context =
        contextSize > 0
          ? readLinear(state, `${block}context_layer`, { inputs: contextSize, outputs: width })
          : undefined;
      blocks.push({ linears, ...(context && { context }) });
    }
    const last = readLinear(state, `${net}final_layer`, { inputs: width });
    const { activation = "relu" } = this.options;
    return { style: "resnet", activation, inputSize, contextSize, first, blocks, last };
  }

  /** sbi's network from the context to the spline of a single variable. */
  private readContextMap(net: string, count: number): ForeignTransform {
    const { state, features } = this;
    if (features !== 1) state.fail("type", "a spline_predictor for one variable", `${features}`);
    const layers: ForeignLinear[] = [];
    let inputs: number | undefined;
    for (let i = 0; state.has(`${net}spline_predictor.${i}.weight`); i += 2) {
      const layer = readLinear(state, `${net}spline_predictor.${i}`, { inputs });
      inputs = layer.outputs;
      layers.push(layer);
    }
    const [first, ...rest] = layers;
    const last = rest.pop();
    if (first === undefined || last === undefined) {
      return state.fail("weights", `layers ${quote(`${net}spline_predictor.0`)}, 2, …`, "fewer than two");
    }
    this.noteContext(net, first.inputs);
    const blocks = rest.map((linear) => ({ linears: [linear] }));
    const { activation = "relu" } = this.options;
    const network: ForeignNetwork = {
      style: "zuko",
      activation,
      inputSize: 0,
      contextSize: first.inputs,
      first,
      blocks,
      last,
    };
    const family = this.spline(last.outputs / count, `${net}spline_predictor`, first.outputs, true);
    return { kind: "elementwise", features, network, family };
  }

  /** @param hidden the width that the network tells nflows; a MADE tells none. */
  private spline(count: number, key: string, hidden: number | undefined, isUsual: boolean): ForeignFamily {
    const bins = binsOf("rational-quadratic", count);
    const { spline = this.isSbi ? "rational-quadratic" : undefined } = this.options;
    if (spline !== undefined && spline !== "rational-quadratic") {
      this.state.fail("type", "rational-quadratic splines", `a ${spline} one, which is not supported yet`);
    }
    if (bins === undefined) {
      const isBox = Number.isInteger((count - 1) / 3);
      this.state.fail(
        "type",
        `3·bins − 1 numbers per variable (a rational-quadratic spline with linear tails) from ${quote(key)}`,
        `${count}${isBox ? ", that of a spline without tails, which is not supported" : ""}`,
      );
    }
    if (spline === undefined) {
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("spline"),
        `, because ${quote(key)} has ${count} numbers per variable, which may be a spline that is ${possibleSplines(count)}, got none. Pass `,
        mention("spline", { value: "rational-quadratic" }),
        " if it is one, or a reference, which shows whether it is; the others are not supported yet.",
      ]);
    }
    const {
      tailBound = this.isSbi || isUsual ? 3 : undefined,
      softmaxScale = hidden === undefined ? 1 : 1 / Math.sqrt(hidden),
    } = this.options;
    if (tailBound === undefined) {
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("tailBound"),
        `, because nothing in the file tells on which interval the splines of ${quote(key)} act, got none.`,
      ]);
    }
    return { kind: "spline", parameterization: "nflows", bins, bound: tailBound, softmaxScale };
  }

  private noteContext(net: string, size: number): void {
    this.knownContext ??= size;
    if (this.knownContext !== size) {
      this.state.fail("tensor", `a context of ${this.knownContext} in ${quote(net)}, as before`, `${size}`);
    }
  }

  private refuseBatchNorm(net: string): void {
    const key = this.state.keys().find((one) => one.startsWith(net) && one.includes(".batch_norm"));
    if (key !== undefined) this.state.fail("type", "networks without batch normalization", quote(key));
  }

  /** From the first key that tells it. */
  private featuresByKeys(): number | undefined {
    const { state } = this;
    for (const key of state.keys()) {
      if (key.endsWith("._permutation") || key.endsWith(".unconstrained_upper_diag")) return state.shape(key)[0];
      if (key.endsWith(".autoregressive_net.initial_layer.weight")) return state.shape(key)[1];
      if (key.endsWith(".transform_features")) {
        const identity = key.replace(/transform_features$/, "identity_features");
        return (state.shape(key)[0] ?? 0) + (state.shape(identity)[0] ?? 0);
      }
    }
    for (const key of state.keys()) {
      if (key.endsWith("._shift")) return state.shape(key)[0] ?? 1;
    }
    return undefined;
  }
}
