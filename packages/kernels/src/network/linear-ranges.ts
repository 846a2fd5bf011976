import type { LinearSizes } from "../families/linear.ts";

/** The size of {@link linearRanges} of a mask, in numbers. */
export function linearRangesSize({ inputs, outputs }: Omit<LinearSizes, "batch">): number {
  return 4 * (1 + Math.ceil(outputs / 8) + Math.ceil(inputs / 8));
}

/**
 * Data about a mask for the linear kernels, computed once. The first number is the count of leading outputs that see no
 * inputs. The second is 1 if the remaining outputs see all inputs, so that they need no mask. From the fifth number on,
 * each group of eight remaining outputs, then each group of eight inputs, has four numbers. Two are the start and the
 * end of the range that some members see, or are seen by. Two are the start and the end of a part that all members see,
 * in which the kernels need not read the mask. Outputs are counted from the first that sees an input.
 */
export function linearRanges(
  mask: Float32Array,
  { inputs, outputs }: Omit<LinearSizes, "batch">,
  ranges: Int32Array,
): void {
  let blind = 0;
  while (blind < outputs && ones(mask, blind, outputs, inputs) === 0) blind++;
  // Where none sees anything there is nothing to begin with.
  if (blind === outputs) blind = 0;
  let isDense = true;
  let at = 4;
  for (let column = blind; column < outputs; column += 8) {
    const count = Math.min(8, outputs - column);
    const range = ranges.subarray(at, at + 4);
    writeRange(inputs, 1, (k) => ones(mask, k * outputs + column, 1, count) / count, range);
    isDense &&= range[2] === 0 && range[3] === inputs;
    at += 4;
  }
  for (let row = 0; row < inputs; row += 8) {
    const count = Math.min(8, inputs - row);
    const share = (k: number): number => ones(mask, row * outputs + blind + k, outputs, count) / count;
    // The kernels read four columns at a time.
    writeRange(outputs - blind, 4, share, ranges.subarray(at, at + 4));
    at += 4;
  }
  ranges.set([blind, isDense ? 1 : 0, 0, 0]);
}

/** `share(k)` is the share of the units that see k, from 0 to 1. */
function writeRange(size: number, step: number, share: (k: number) => number, range: Int32Array): void {
  let start = 0;
  let end = size;
  while (start < end && share(start) === 0) start++;
  while (end > start && share(end - 1) === 0) end--;
  // The longest part is the only one when units are sorted.
  let [wholeStart, wholeEnd] = [0, 0];
  for (let k = start; k < end; k++) {
    const from = k;
    while (k < end && share(k) === 1) k++;
    if (k - from > wholeEnd - wholeStart) [wholeStart, wholeEnd] = [from, k];
  }
  start -= start % step;
  range.set([start, Math.max(start, Math.min(Math.ceil(end / step) * step, size)), wholeStart, wholeEnd]);
}

function ones(mask: Float32Array, at: number, step: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += mask[at + i * step] as number;
  return sum;
}
