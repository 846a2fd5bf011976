import type { ForeignLinear, ForeignNetwork } from "./foreign-flow.ts";

/** A linear layer of another library in the sequence in which ours has them, and how the context comes to it. */
export interface LayerPair {
  readonly linear: ForeignLinear;
  /** The last columns of the layer are those of the context. */
  readonly readsContext: boolean;
  /** The linear map of the context that belongs to the layer. */
  readonly context?: ForeignLinear;
}

/** The layers of a network in the sequence in which ours has them. */
export function layerPairs({ style, first, context, blocks, last }: ForeignNetwork): LayerPair[] {
  const isMade = style === "made" || style === "made-residual";
  const pairs: LayerPair[] = [{ linear: first, readsContext: !isMade, ...(context && { context }) }];
  for (const block of blocks) {
    // A MADE adds the context where a block opens, a ResidualNet gates by it where the block closes.
    const at = style === "resnet" ? 1 : 0;
    for (const [i, linear] of block.linears.entries()) {
      pairs.push({ linear, readsContext: false, ...(i === at && block.context && { context: block.context }) });
    }
  }
  if (last !== undefined) pairs.push({ linear: last, readsContext: false });
  return pairs;
}
