import type { NetworkLayerForm } from "@pushforward/core";
import { OptionError } from "@pushforward/core";
import { checkSize } from "./check-size.ts";

/**
 * Whose network it is: ours, or that of zuko or nflows with their layers, degrees of hidden units, ways of the context and
 * initial values, so that weights of theirs give the same function here.
 */
export type NetworkConvention = "pushforward" | "zuko" | "nflows";

/** Which network of a library. */
export interface NetworkKind {
  readonly convention: NetworkConvention;
  readonly isMasked: boolean;
  readonly residual: boolean;
}

/** One layer of a network, before it has values. */
export interface LayerLayout extends NetworkLayerForm {
  readonly inputs: number;
  readonly outputs: number;
  /** How the context is given to the layer: as further inputs, or by a linear map of its own with a bias. */
  readonly context?: "inputs" | "map";
  /** False: dropout takes nothing behind the layer. */
  readonly drops?: boolean;
  /** Weights and biases start at U(−start, start); `"fan-in"`: 1/√(number of inputs), as those of PyTorch. */
  readonly start: number | "fan-in";
}

/** What nflows draws the second layers of its residual blocks from. */
const SMALL_START = 1e-3;

/** The layers of a network. */
export function networkLayout(
  kind: NetworkKind,
  inputSize: number,
  hidden: readonly number[],
  outputSize: number,
): LayerLayout[] {
  const { convention, isMasked, residual } = kind;
  if (convention === "nflows")
    return residual
      ? nflowsResidual(isMasked, inputSize, hidden, outputSize)
      : nflowsPlain(isMasked, inputSize, hidden, outputSize);
  if (convention === "zuko" && residual) return zukoResidual(inputSize, hidden, outputSize);
  return residual
    ? ownResidual(inputSize, hidden, outputSize)
    : plain(inputSize, hidden, outputSize, convention === "zuko" ? "fan-in" : 0);
}

/** in → hidden… → out, the context in the first layer. */
function plain(
  inputSize: number,
  hidden: readonly number[],
  outputSize: number,
  lastStart: 0 | "fan-in",
): LayerLayout[] {
  const sizes = [inputSize, ...hidden, outputSize];
  return sizes.slice(1).map((outputs, i) => ({
    inputs: sizes[i] as number,
    outputs,
    ...(i === 0 && { context: "inputs" as const }),
    start: i === hidden.length ? lastStart : "fan-in",
  }));
}

/** Pre-activation blocks, and an activation before the last layer, which starts at zero. */
function ownResidual(inputSize: number, hidden: readonly number[], outputSize: number): LayerLayout[] {
  const [width = 0, ...blocks] = hidden;
  return [
    { inputs: inputSize, outputs: width, context: "inputs", start: "fan-in" },
    ...blocks.flatMap((): LayerLayout[] => [
      { inputs: width, outputs: width, start: "fan-in" },
      { inputs: width, outputs: width, adds: true, start: "fan-in" },
    ]),
    { inputs: width, outputs: outputSize, start: 0 },
  ];
}

/**
 * MADE: the context joins the first layer through the activation, and the first of each block by a map of its own.
 * ResidualNet: it is further inputs of the first layer, and gates what the blocks add. Neither activates before the last
 * layer.
 */
function nflowsResidual(
  isMasked: boolean,
  inputSize: number,
  hidden: readonly number[],
  outputSize: number,
): LayerLayout[] {
  const [width = 0, ...blocks] = hidden;
  const square = { inputs: width, outputs: width };
  return [
    isMasked
      ? { inputs: inputSize, outputs: width, context: "map", contextUse: "activate", start: "fan-in" }
      : { inputs: inputSize, outputs: width, context: "inputs", start: "fan-in" },
    ...blocks.flatMap((): LayerLayout[] => [
      { ...square, ...(isMasked && { context: "map" as const }), start: "fan-in" },
      {
        ...square,
        ...(!isMasked && { context: "map" as const, contextUse: "gate" as const }),
        adds: true,
        start: SMALL_START,
      },
    ]),
    { inputs: width, outputs: outputSize, raw: true, start: "fan-in" },
  ];
}

/** MADE with feed-forward blocks: the context joins the first layer only, through the activation. */
function nflowsPlain(
  isMasked: boolean,
  inputSize: number,
  hidden: readonly number[],
  outputSize: number,
): LayerLayout[] {
  const layers = plain(inputSize, hidden, outputSize, "fan-in");
  const [first, ...others] = layers as [LayerLayout, ...LayerLayout[]];
  if (!isMasked) return layers;
  return [{ ...first, context: "map", contextUse: "activate", drops: false }, ...others];
}

/** A linear layer where the width changes, and a block for each hidden layer; only blocks have an activation. */
function zukoResidual(inputSize: number, hidden: readonly number[], outputSize: number): LayerLayout[] {
  const blocks = hidden.flatMap((width, i): LayerLayout[] => {
    const before = i === 0 ? inputSize : (hidden[i - 1] as number);
    const square = { inputs: width, outputs: width, start: "fan-in" } as const;
    const first: LayerLayout[] = [
      { inputs: before, outputs: width, ...(i === 0 ? { context: "inputs" } : { raw: true }), start: "fan-in" },
    ];
    return [...(i > 0 && before === width ? [] : first), { ...square, raw: true }, { ...square, adds: true }];
  });
  return [...blocks, { inputs: hidden.at(-1) as number, outputs: outputSize, raw: true, start: "fan-in" }];
}

/** Checks convention and widths of the hidden layers. */
export function checkNetwork(where: string, kind: NetworkKind, hidden: readonly number[]): void {
  const { convention, isMasked, residual } = kind;
  if (convention !== "pushforward" && convention !== "zuko" && convention !== "nflows") {
    throw new OptionError(
      `${where}: expected convention to be "pushforward", "zuko" or "nflows", got ${JSON.stringify(convention)}.`,
    );
  }
  if (convention === "zuko" && residual && !isMasked) {
    throw new OptionError(
      `${where}: expected the convention "pushforward" or "nflows", got "zuko", which has no residual network without masks. ` +
        "Use Mlp for a network of zuko.",
    );
  }
  for (const width of hidden) checkSize(where, "each width in hidden", width);
  const isOfOneWidth = (residual && convention !== "zuko") || (convention === "nflows" && isMasked);
  if (isOfOneWidth && (hidden.length === 0 || hidden.some((width) => width !== hidden[0]))) {
    const reason = residual ? "because residual blocks add to them" : "as nflows has them";
    throw new OptionError(`${where}: expected hidden layers of one width, ${reason}, got [${hidden.join(", ")}].`);
  }
  if (residual && hidden.length === 0) {
    throw new OptionError(`${where}: expected at least one hidden layer for residual blocks, got none.`);
  }
}
