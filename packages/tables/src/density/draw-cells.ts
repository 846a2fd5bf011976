import type { Key } from "@pushforward/core";
import type { CellSettings } from "@pushforward/core/extend";
import { cellComponent } from "@pushforward/ops";
import { headSize } from "./coding/category-coding.ts";

/** Drawn cells, row by row. */
export interface DrawnCells {
  readonly codes: Int32Array;
  /** Places on the normal quantile scale, for cells with the code of the mixture. */
  readonly quantiles: Float64Array;
}

/**
 * Draws a cell from each of some heads of `cellLogProb`.
 *
 * @param heads `[rows, head]`.
 * @param uniforms returns a number from 0 to 1 for each row. Default: independent numbers.
 */
export function drawCells(
  heads: ArrayLike<number>,
  settings: CellSettings,
  key: Key,
  uniforms?: (key: Key) => ArrayLike<number>,
): DrawnCells {
  const { codes: count, components } = settings;
  const size = headSize(settings);
  const rows = heads.length / size;
  const numbers = uniforms ?? ((own: Key) => own.uniform(rows));
  const choices = numbers(key.fold("code"));
  const codes = new Int32Array(rows);
  const quantiles = new Float64Array(rows);
  const [parts, places] = components > 0 ? [key.fold("component").uniform(rows), numbers(key.fold("place"))] : [];
  for (let row = 0; row < rows; row++) {
    const at = row * size;
    codes[row] = choose(heads, at, count, choices[row] as number);
    if (parts === undefined || places === undefined || codes[row] !== count - 1) continue;
    const m = choose(heads, at + count, components, parts[row] as number);
    const [rawMean, rawScale] = [heads[at + count + components + m], heads[at + count + 2 * components + m]];
    const { mean, scale } = cellComponent(rawMean as number, rawScale as number, m, components);
    // A uniform number of float32 may be 0.
    const u = Math.max(places[row] as number, 2 ** -25);
    quantiles[row] = mean + scale * Math.log(u / (1 - u));
  }
  return { codes, quantiles };
}

/** The place that a uniform number chooses by the softmax of some logits. */
function choose(logits: ArrayLike<number>, from: number, count: number, u: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < count; k++) highest = Math.max(highest, logits[from + k] as number);
  let total = 0;
  for (let k = 0; k < count; k++) total += Math.exp((logits[from + k] as number) - highest);
  let left = u * total;
  for (let k = 0; k < count - 1; k++) {
    left -= Math.exp((logits[from + k] as number) - highest);
    if (left < 0) return k;
  }
  return count - 1;
}
