import { readLinear } from "../file/read-linear.ts";
import { quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignBlock, ForeignLinear, ForeignNetwork } from "../flow/foreign-flow.ts";
import type { ImportNflowsOptions } from "./nflows-options.ts";

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

/** Refuses networks whose layers are not all among those that are read. */
export function refuseBatchNorm(state: StateDict, net: string): void {
  const key = state.keys().find((one) => one.startsWith(net) && one.includes(".batch_norm"));
  if (key !== undefined) state.fail("type", "networks without batch normalization", quote(key));
}
