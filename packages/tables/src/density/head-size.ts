import type { CellSettings } from "@pushforward/core";

/** How many numbers the head of a cell has: logits of the codes, then logits, means and log-scales of the mixture. */
export function headSize({ codes, components }: CellSettings): number {
  return codes + 3 * components;
}
