import { normalQuantile } from "@pushforward/core/plain";
import type { CellCoding } from "../../density/coding/cell-coding.ts";
import { NumberCoding } from "../../density/coding/number-coding.ts";

/** A stochastic matrix over the codes of a column: from each latent code to the codes near it. */
export interface CodeKernel {
  /** Where the entries of each latent code begin, and at the end their number. */
  readonly starts: Int32Array;
  /** The code of each entry. */
  readonly codes: Int32Array;
  /** Its probability given the latent code. */
  readonly values: Float64Array;
}

/** Standard deviation on the normal quantile scale. */
const WIDTH = 0.1;
/** Probability that a latent code moves. */
const SHARE = 0.95;
/** Entries below this share of the largest one are left out. */
const NEGLIGIBLE = 1e-4;

/**
 * The kernel of a column of numbers, which smooths the tables of a mixture: a latent code stays with probability 0.05, and
 * otherwise becomes a code x near it on the normal quantile scale of the column, `∝ pₓ·exp(−½(zₓ − z)²/0.1²)`. A missing
 * cell always stays. There is none for categories.
 *
 * @param marginal probabilities of the codes.
 */
export function codeKernel(coding: CellCoding, marginal: Float64Array): CodeKernel | undefined {
  if (!(coding instanceof NumberCoding)) return undefined;
  const places = placesOf(coding, marginal);
  const starts = [0];
  const codes: number[] = [];
  const values: number[] = [];
  for (const c of marginal.keys()) {
    const row = kernelRow(places, marginal, c);
    const least = NEGLIGIBLE * row.reduce((most, p) => Math.max(most, p), 0);
    const kept = row.reduce((sum, p) => sum + (p >= least ? p : 0), 0);
    for (const [x, p] of row.entries()) {
      if (p < least) continue;
      codes.push(x);
      values.push(p / kept);
    }
    starts.push(codes.length);
  }
  return { starts: Int32Array.from(starts), codes: Int32Array.from(codes), values: Float64Array.from(values) };
}

function kernelRow(places: Float64Array, marginal: Float64Array, c: number): Float64Array {
  const row = new Float64Array(marginal.length);
  const z = places[c] as number;
  if (Number.isNaN(z)) {
    row[c] = 1;
    return row;
  }
  let total = 0;
  for (const [x, mass] of marginal.entries()) {
    const t = ((places[x] as number) - z) / WIDTH;
    row[x] = Number.isNaN(t) ? 0 : mass * Math.exp(-0.5 * t * t);
    total += row[x] as number;
  }
  for (const x of row.keys()) row[x] = (SHARE * (row[x] as number)) / total + (x === c ? 1 - SHARE : 0);
  return row;
}

/** The normal quantile of the middle of the ranks of each code; NaN for a missing cell. */
function placesOf({ options }: NumberCoding, marginal: Float64Array): Float64Array {
  const { atoms, edges } = options;
  const values = [...atoms, ...edges.slice(1).map((edge, b) => ((edges[b] as number) + edge) / 2)];
  const order = Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number));
  const total = order.reduce((sum, c) => sum + (marginal[c] as number), 0);
  const places = new Float64Array(marginal.length).fill(Number.NaN);
  let before = 0;
  for (const c of order) {
    const mass = (marginal[c] as number) / total;
    places[c] = normalQuantile(before + mass / 2);
    before += mass;
  }
  return places;
}
