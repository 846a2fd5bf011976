import { OptionError } from "@pushforward/core";
import { readLinear } from "../file/read-linear.ts";
import { asked, quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignBlock, ForeignLinear, ForeignNetwork } from "../flow/foreign-flow.ts";
import { checkMask, degreeMask, hiddenDegrees, inputDegrees, outputDegrees } from "../flow/forms.ts";
import type { ImportNflowsOptions, NflowsFileOptions } from "./nflows-architectures.ts";

/** The ResidualNet under `net`. */
export function readNflowsNet(
  state: StateDict,
  net: string,
  inputSize: number,
  { activation = "relu" }: ImportNflowsOptions,
): ForeignNetwork {
  const first = readLinear(state, `${net}initial_layer`);
  const contextSize = first.inputs - inputSize;
  if (contextSize < 0) {
    state.fail("tensor", `at least ${inputSize} columns in ${quote(`${net}initial_layer.weight`)}`, `${first.inputs}`);
  }
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
      contextSize > 0 ? readLinear(state, `${block}context_layer`, { inputs: contextSize, outputs: width }) : undefined;
    blocks.push({ linears, ...(context && { context }) });
  }
  const last = readLinear(state, `${net}final_layer`, { inputs: width });
  return { style: "resnet", activation, inputSize, contextSize, first, blocks, last };
}

/** sbi's network from the context to the spline of a single variable. */
export function readContextMap(
  state: StateDict,
  net: string,
  { activation = "relu" }: ImportNflowsOptions,
): ForeignNetwork {
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
  const blocks = rest.map((linear) => ({ linears: [linear] }));
  return { style: "zuko", activation, inputSize: 0, contextSize: first.inputs, first, blocks, last };
}

/** Refuses networks with unsupported layers. */
export function refuseBatchNorm(state: StateDict, net: string): void {
  const key = state.keys().find((one) => one.startsWith(net) && one.includes(".batch_norm"));
  if (key !== undefined) state.fail("type", "networks without batch normalization", quote(key));
}

/** The MADE under `net`, residual or feed-forward; every mask must be the one that nflows derives. */
export function readNflowsMade(
  state: StateDict,
  net: string,
  features: number,
  { activation, isSbi }: NflowsFileOptions,
): ForeignNetwork {
  refuseBatchNorm(state, net);
  const made = new MadeReader(state, net, features);
  const first = made.layer("initial_layer");
  const context = state.has(`${net}context_layer.weight`)
    ? readLinear(state, `${net}context_layer`, { outputs: first.outputs })
    : undefined;
  const isResidual = state.hasUnder(`${net}blocks.0.linear_layers.`);
  const blocks: ForeignBlock[] = [];
  for (let b = 0; state.hasUnder(`${net}blocks.${b}.`); b++) {
    const block = `blocks.${b}.`;
    if (!isResidual) {
      blocks.push({ linears: [made.layer(`${block}linear`, first.outputs)] });
      continue;
    }
    const linears = [0, 1].map((i) => made.layer(`${block}linear_layers.${i}`, first.outputs));
    const gate =
      context && readLinear(state, `${net}${block}context_layer`, { inputs: context.inputs, outputs: first.outputs });
    blocks.push({ linears, ...(gate && { context: gate }) });
  }
  if (blocks.length === 0) {
    const reason = "none: nothing tells what a MADE without blocks is";
    state.fail("weights", `a key under ${quote(`${net}blocks.0.`)}`, reason);
  }
  const last = made.output();
  if (!isResidual && activation === undefined && !isSbi) {
    throw new OptionError([
      `${state.where}: expected `,
      asked("activation"),
      `, because ${quote(`${net}blocks.0.linear`)} is a feed-forward MADE, which nflows makes with "relu" and sbi with "tanh", got none.`,
    ]);
  }
  return {
    style: isResidual ? "made-residual" : "made",
    activation: activation ?? (isResidual ? "relu" : "tanh"),
    inputSize: features,
    contextSize: context?.inputs ?? 0,
    first,
    ...(context && { context }),
    blocks,
    last,
  };
}

/** Reads the masked layers of a MADE one after the other. */
class MadeReader {
  private readonly state: StateDict;
  private readonly net: string;
  private readonly features: number;
  /** Degrees of the inputs of the next layer. */
  private degrees: readonly number[];

  constructor(state: StateDict, net: string, features: number) {
    this.state = state;
    this.net = net;
    this.features = features;
    this.degrees = inputDegrees(features);
  }

  /** A hidden layer. */
  layer(name: string, outputs?: number): ForeignLinear {
    const { state, features } = this;
    const key = `${this.net}${name}`;
    const layer = readLinear(state, key, { inputs: this.degrees.length, outputs, masked: true });
    this.take(key, layer, hiddenDegrees(layer.outputs, features), false);
    return layer;
  }

  /** The last layer. */
  output(): ForeignLinear {
    const { state, features } = this;
    const key = `${this.net}final_layer`;
    const layer = readLinear(state, key, { inputs: this.degrees.length, masked: true });
    if (layer.outputs % features !== 0) {
      state.fail("tensor", `a multiple of ${features} rows in ${quote(`${key}.weight`)}`, `${layer.outputs}`);
    }
    this.take(key, layer, outputDegrees(features, layer.outputs / features), true);
    return layer;
  }

  /**
   * Compares the degrees of a layer with the expected degrees, and its mask with the mask that follows from the
   * degrees.
   */
  private take(key: string, layer: ForeignLinear, expected: readonly number[], isLast: boolean): void {
    const { state, features } = this;
    const degrees = state.integers(`${key}.degrees`, layer.outputs, isLast ? 1 : 0, features);
    const odd = degrees.findIndex((degree, i) => degree !== expected[i]);
    if (odd >= 0) {
      const got = `${degrees[odd]}${isLast ? "" : ": random masks are not supported"}`;
      state.fail("weights", `degree ${expected[odd]} at place ${odd} of ${quote(`${key}.degrees`)}`, got);
    }
    checkMask(state, key, layer, degreeMask(degrees, this.degrees, isLast));
    this.degrees = degrees;
  }
}
