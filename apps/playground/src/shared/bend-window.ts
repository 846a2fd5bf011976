import type { BendFrame, View } from "./protocol.ts";
import type { Range } from "./settings.ts";

/** Half the width of the window of the base. */
const REACH = 3.3;

/** Cells of a side of the base whose areas are shown, half as wide as the cells between lines. */
export const MESH = 24;

/**
 * Returns the window of the bend picture at a layer, in standard units. It moves from the window of the base, which
 * contains the whole grid, to the window of the density picture at the last layer.
 *
 * @param at the number of layers passed; between two layers it is not an integer.
 */
export function bendWindow(
  { mean, sd }: Pick<BendFrame, "mean" | "sd">,
  { x, y }: Pick<View, "x" | "y">,
  at: number,
  layers: number,
): readonly [Range, Range] {
  const far = layers === 0 ? 1 : at / layers;
  const around = (data: Range, j: 0 | 1): Range => {
    const [low, high] = data.map((value) => (value - mean[j]) / sd[j]) as [number, number];
    return [low * far - REACH * (1 - far), high * far + REACH * (1 - far)];
  };
  return [around(x, 0), around(y, 1)];
}
