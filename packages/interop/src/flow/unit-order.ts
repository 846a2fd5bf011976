import type { ForeignFamily, NetworkStyle } from "./foreign-flow.ts";
import { hiddenDegrees, zukoDegrees } from "./made-mask.ts";

/** What tells the order of the units of a masked network. */
export interface UnitSizes {
  readonly style: NetworkStyle;
  /** The ranks of the variables of a masked network; absent in another, whose units stay where they are. */
  readonly order?: readonly number[];
  readonly context: number;
}

/**
 * Which unit of the library each hidden unit of ours is, in a layer of `width`. Ours are sorted by degree, so that what a
 * unit sees is a prefix of the layer before; there degrees repeat in turn. Units of one degree keep their sequence.
 */
export function unitOrder({ style, order, context }: UnitSizes, width: number): number[] {
  if (order === undefined) return identityOrder(width);
  const ranks = Math.max(...order) + 1;
  const isZuko = style === "zuko" || style === "zuko-residual";
  const degrees = isZuko ? zukoDegrees(width, ranks, context > 0) : hiddenDegrees(width, ranks);
  return identityOrder(width).sort((a, b) => (degrees[a] as number) - (degrees[b] as number));
}

/**
 * Which output of the library each output of ours is. Ours are shift and raw scale, variable by variable; nflows' MADE has
 * the scale first, and its coupling has all shifts before all scales.
 */
export function outputOrder(family: ForeignFamily, outputs: number): number[] {
  if (family.kind !== "affine" || family.parameterization === "zuko") return identityOrder(outputs);
  if (family.parameterization === "nflows") return Array.from({ length: outputs }, (_, i) => i ^ 1);
  return Array.from({ length: outputs }, (_, i) => (i >> 1) + (i % 2) * (outputs / 2));
}

/** 0, 1, 2, … */
export function identityOrder(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** The order that undoes another. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length);
  for (const [i, from] of order.entries()) inverse[from] = i;
  return inverse;
}
