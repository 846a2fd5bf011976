import { ResidualMlp } from "@pushforward/conditioners";
import { softmax } from "@pushforward/core/plain";
import { CELL_SIZE, headSize } from "../../coding/cell-coding.ts";
import type { ColumnDensity } from "../../column-density.ts";
import { BLOCK, memberHeads } from "../../column-heads.ts";
import type { NetworkRows } from "./network-task.ts";

/** A code with fewer training rows is left as it is: its frequency is mostly chance. */
const LEAST_COUNT = 20;
/** The longest step of a bias, in nats. */
const LONGEST = 0.5;

/**
 * Moves the biases of a trained head so that the probabilities of its codes, averaged over the training rows, are their
 * frequencies: missing cells and values stay as frequent as they were, though training ends early and averages its weights.
 *
 *     bₖ ← bₖ + log (nₖ / n) − log meanᵢ p(k | contextᵢ)
 *
 * Only for codes whose cells no other part of the head can have; with a mixture, these are missing cells and frequent values.
 */
export function matchFrequencies(density: ColumnDensity, rows: NetworkRows): void {
  const bias = density.network instanceof ResidualMlp ? density.network.layers.at(-1)?.bias : undefined;
  if (bias === undefined) return;
  const counts = pureCounts(density, rows);
  if (!counts.some((count) => count >= LEAST_COUNT)) return;
  const means = meanProbabilities(density, rows);
  const values = Float32Array.from(bias.read());
  for (const [code, count] of counts.entries()) {
    if (count < LEAST_COUNT) continue;
    const step = Math.log(count / rows.rows / (means[code] as number));
    values[code] = (values[code] as number) + Math.min(Math.max(step, -LONGEST), LONGEST);
  }
  bias.write(values);
}

/** How many training rows have a code; 0 for codes whose cells the mixture can have as well. */
function pureCounts({ head }: ColumnDensity, { cells }: NetworkRows): Float64Array {
  const counts = new Float64Array(head.codes);
  const isShared = new Uint8Array(head.codes);
  for (let at = 0; at < cells.length; at += CELL_SIZE) {
    const code = cells[at] as number;
    if (code < 0) continue;
    counts[code] = (counts[code] as number) + 1;
    if (cells[at + CELL_SIZE - 1] !== 0) isShared[code] = 1;
  }
  return counts.map((count, code) => (isShared[code] === 1 ? 0 : count));
}

/** The probabilities of the codes, averaged over contexts. */
function meanProbabilities(density: ColumnDensity, { rows, context }: NetworkRows): Float64Array {
  const { codes } = density.head;
  const [size, width] = [headSize(density.head), density.contextShape[0] as number];
  const sums = new Float64Array(codes);
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    const heads = memberHeads(density, context.subarray(from * width, (from + count) * width), count);
    for (let at = 0; at < count * size; at += size) {
      for (const [code, share] of softmax(heads.subarray(at, at + codes)).entries())
        sums[code] = (sums[code] as number) + share;
    }
  }
  return sums.map((sum) => sum / rows);
}
