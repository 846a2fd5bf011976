import { OptionError } from "@pushforward/core";
import { asked } from "../file/asked.ts";
import { readLinear } from "../file/read-linear.ts";
import { quote, type StateDict } from "../file/state-dict.ts";
import { checkMask } from "../flow/check-mask.ts";
import type { ForeignBlock, ForeignLinear, ForeignNetwork } from "../flow/foreign-flow.ts";
import { degreeMask, hiddenDegrees, inputDegrees, outputDegrees } from "../flow/made-mask.ts";
import type { NflowsFileOptions } from "./nflows-options.ts";
import { refuseBatchNorm } from "./read-nflows-net.ts";

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
  /** Those of what the next layer reads. */
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

  /** Compares the degrees of a layer with those that it must have, and its mask with the one that they give. */
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
