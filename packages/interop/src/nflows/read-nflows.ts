import {
  type Floats,
  listPrefixes,
  quote,
  readContextStandardization,
  type StateDict,
  standardization,
} from "../file/state-dict.ts";
import type {
  ForeignFamily,
  ForeignFlow,
  ForeignLinear,
  ForeignNetwork,
  ForeignTransform,
} from "../flow/foreign-flow.ts";
import { type ImportNflowsOptions, type NflowsFileOptions, nflowsLayerName } from "./nflows-architectures.ts";
import { readContextMap, readNflowsMade, readNflowsNet, refuseBatchNorm } from "./read-nflows-made.ts";
import { readNflowsSpline } from "./read-nflows-spline.ts";

/**
 * Reads a `state_dict` of nflows and checks every key. It also reads the nflows flows of sbi and of the original
 * project.
 */
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
    state.fail("type", "a context that is standardized or unchanged", `an embedding network (${quote(embedding)})`);
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
  private readonly options: NflowsFileOptions;
  private knownFeatures: number | undefined;
  private knownContext: number | undefined;
  private hasLinear: boolean;

  constructor(state: StateDict, options: ImportNflowsOptions, isSbi: boolean) {
    this.state = state;
    this.options = { ...options, isSbi };
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
    if (state.has(`${prefix}log_upper_diag`)) return this.readQr(prefix);
    if (state.has(`${prefix}unconstrained_diagonal`)) return this.readSvd(prefix);
    if (state.has(`${prefix}running_mean`)) return this.readBatchNorm(prefix);
    const name = nflowsLayerName(state, prefix);
    const layer = quote(state.keys().find((key) => key.startsWith(prefix)) ?? prefix);
    return state.fail(
      "type",
      "transforms that are read (permutation, masked affine, rational-quadratic or quadratic autoregressive, affine, additive or " +
        "spline coupling, pointwise affine, batch normalization, LU, QR or SVD linear)",
      name === undefined
        ? `another, which is not supported: ${layer}`
        : `a ${name}, which is not supported yet: ${layer}`,
    );
  }

  private readComposite(list: string): ForeignTransform {
    const { state } = this;
    const prefixes = listPrefixes(state, list, 1, (gap) =>
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

  private readBatchNorm(prefix: string): ForeignTransform {
    const { state, features } = this;
    const read = (name: string): Floats => state.floats(`${prefix}${name}`, [features]).data;
    const variance = read("running_var");
    const bad = variance.find((value) => value < 0);
    if (bad !== undefined)
      state.fail("weights", `variances of at least 0 in ${quote(`${prefix}running_var`)}`, `${bad}`);
    return {
      kind: "batch-norm",
      features,
      raw: read("unconstrained_weight"),
      bias: read("bias"),
      mean: read("running_mean"),
      variance,
    };
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

  private readQr(prefix: string): ForeignTransform {
    const { state, features } = this;
    return {
      kind: "qr",
      features,
      upper: state.floats(`${prefix}upper_entries`, [(features * (features - 1)) / 2]).data,
      logDiagonal: state.floats(`${prefix}log_upper_diag`, [features]).data,
      vectors: this.readReflections(`${prefix}orthogonal.q_vectors`),
      bias: state.floats(`${prefix}bias`, [features]).data,
    };
  }

  private readSvd(prefix: string): ForeignTransform {
    const { state, features } = this;
    return {
      kind: "svd",
      features,
      left: this.readReflections(`${prefix}orthogonal_1.q_vectors`),
      right: this.readReflections(`${prefix}orthogonal_2.q_vectors`),
      diagonal: state.floats(`${prefix}unconstrained_diagonal`, [features]).data,
      bias: state.floats(`${prefix}bias`, [features]).data,
    };
  }

  /** The vectors of reflections. Each vector must be nonzero. */
  private readReflections(key: string): Floats {
    const { state, features } = this;
    const { shape, data } = state.floats(key);
    if (shape.length !== 2 || shape[1] !== features || shape[0] === 0) {
      state.fail("tensor", `rows of ${features} numbers in ${quote(key)}`, `shape [${shape.join(", ")}]`);
    }
    for (let row = 0; row < (shape[0] as number); row++) {
      const vector = data.subarray(row * features, (row + 1) * features);
      if (vector.every((v) => v === 0))
        state.fail("weights", `vectors other than 0 in ${quote(key)}`, `0 in row ${row}`);
    }
    return data;
  }

  private readAutoregressive(prefix: string): ForeignTransform {
    const { state, features, options } = this;
    const net = `${prefix}autoregressive_net.`;
    const network = readNflowsMade(state, net, features, options);
    this.noteContext(net, network.contextSize);
    const count = (network.last as ForeignLinear).outputs / features;
    const family: ForeignFamily =
      count === 2
        ? { kind: "affine", parameterization: "nflows" }
        : this.spline(count, `${net}final_layer`, undefined, false);
    const order = Array.from({ length: features }, (_, i) => i);
    return { kind: "autoregressive", order, network, family };
  }

  private readCoupling(prefix: string): ForeignTransform {
    const { state, features } = this;
    if (state.hasUnder(`${prefix}unconditional_transform.`)) {
      state.fail("type", "a coupling without unconditional_transform", "one, which is not supported");
    }
    const transformed = this.readSides(prefix);
    const count = transformed.filter((t) => t).length;
    const net = `${prefix}transform_net.`;
    refuseBatchNorm(state, net);
    if (state.hasUnder(`${net}spline_predictor.`)) return this.readContextMap(net, count);
    const network = readNflowsNet(state, net, features - count, this.options);
    this.noteContext(net, network.contextSize);
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

  /** sbi's network from the context to the spline of a single variable. */
  private readContextMap(net: string, count: number): ForeignTransform {
    const { state, features } = this;
    if (features !== 1) state.fail("type", "a spline_predictor for one variable", `${features}`);
    const network = readContextMap(state, net, this.options);
    this.noteContext(net, network.contextSize);
    const { outputs } = network.last as ForeignLinear;
    const family = this.spline(outputs / count, `${net}spline_predictor`, network.first.outputs, true);
    return { kind: "elementwise", features, network, family };
  }

  /** @param hidden hidden width that the network reports to nflows; undefined for a MADE, which reports none. */
  private spline(count: number, key: string, hidden: number | undefined, isUsual: boolean): ForeignFamily {
    return readNflowsSpline(this.state, this.options, { count, key, hidden, isUsual });
  }

  private noteContext(net: string, size: number): void {
    this.knownContext ??= size;
    if (this.knownContext !== size) {
      this.state.fail("tensor", `a context of ${this.knownContext} in ${quote(net)}, as before`, `${size}`);
    }
  }

  /** Returns the number of features from the first key that determines it. */
  private featuresByKeys(): number | undefined {
    const { state } = this;
    for (const key of state.keys()) {
      if (
        key.endsWith("._permutation") ||
        /\.(unconstrained_upper_diag|log_upper_diag|unconstrained_diagonal)$/.test(key)
      )
        return state.shape(key)[0];
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
