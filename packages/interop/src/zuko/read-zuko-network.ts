import { readLinear } from "../file/read-linear.ts";
import { quote, type StateDict } from "../file/state-dict.ts";
import { checkMask } from "../flow/check-mask.ts";
import type { ForeignBlock, ForeignLinear, ForeignNetwork } from "../flow/foreign-flow.ts";
import { degreeMask, withContext, zukoDegrees } from "../flow/made-mask.ts";
import type { ImportZukoOptions } from "./zuko-options.ts";

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

/** Compares the masks with those that the order gives. */
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
