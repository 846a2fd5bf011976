import type { Column, Table } from "@pushforward/datasets";
import { getColumn } from "@pushforward/datasets/extend";
import { CELL_SIZE, type CellCoding, rangeOf, type Tilt } from "@pushforward/tables/extend";

/** Draws with weights. */
export interface TiltSample {
  readonly table: Table;
  readonly weights: Float64Array;
}

/** Draws of a question whose weights are uneven. */
export interface TiltTask {
  /** Columns to draw, in the order of the model, with their codings. */
  readonly columns: readonly { readonly name: string; readonly coding: CellCoding }[];
  /** Draws in the order of the columns without tilts. */
  readonly proposed: Table;
  /** Draws with weights for the answer, with the sum 1, and the effective number of these draws. */
  readonly answer: TiltSample;
  readonly size: number;
}

/** Ranges of numbers with a factor of their own. */
const RANGES = 12;
/** Draws with the factor 1 that count in addition to the effective ones. */
const PRIOR = 4;
/** The logarithm of the largest factor, and factors within this of each other that are not worth a tilt. */
const MOST = Math.log(50);
const SIMILAR = Math.log(1.5);

/**
 * Learns tilts for the draws of a question by the cross-entropy method (Rubinstein and Kroese 2004): the factor of a
 * code or range is its share in the answer over its share among the draws with the tilts of the columns before it. With the
 * effective number n of draws that the answer has, each factor f becomes `(n f + 4) / (n + 4)`.
 */
export function learnTilts({ columns, proposed, answer, size }: TiltTask): Map<string, Tilt> {
  const tilts = new Map<string, Tilt>();
  const weights = new Float64Array(proposed.rows).fill(1 / proposed.rows);
  for (const { name, coding } of columns) {
    const before = { cells: getColumn(proposed, name), weights };
    const after = { cells: getColumn(answer.table, name), weights: answer.weights };
    const isCoded = coding.components === 0;
    const bounds = isCoded ? undefined : boundsBetween(before, after);
    const placesOf = (cells: Column): Int32Array => places(cells, coding, bounds);
    const count = bounds === undefined ? coding.codes : bounds.length + 2;
    const [own, wanted] = [before, after].map(({ cells, weights: shares }) => sharesOf(placesOf(cells), shares, count));
    const logFactors = Float64Array.from({ length: count }, (_, place) => {
      const [p, q] = [(own as Float64Array)[place] as number, (wanted as Float64Array)[place] as number];
      // What no draw had, a tilt cannot judge.
      const factor = p === 0 ? (q === 0 ? 1 : Number.POSITIVE_INFINITY) : q / p;
      return Math.min(Math.log((size * factor + PRIOR) / (size + PRIOR)), MOST);
    });
    if (Math.max(...logFactors) - Math.min(...logFactors) < SIMILAR) continue;
    tilts.set(name, { logFactors, ...(bounds && { bounds }) });
    let total = 0;
    for (const [row, place] of placesOf(before.cells).entries()) {
      if (place >= 0) weights[row] = (weights[row] as number) * Math.exp(logFactors[place] as number);
      total += weights[row] as number;
    }
    for (let row = 0; row < weights.length; row++) weights[row] = (weights[row] as number) / total;
  }
  return tilts;
}

interface WeightedCells {
  readonly cells: Column;
  readonly weights: Float64Array;
}

/** Quantiles of the numbers of both samples, half of the weight for each. */
function boundsBetween(before: WeightedCells, after: WeightedCells): Float64Array {
  const numbers = [before, after].flatMap(({ cells, weights }) =>
    Array.from(cells.values as Float64Array, (value, i) => ({ value, weight: weights[i] as number })),
  );
  const present = numbers.filter(({ value }) => !Number.isNaN(value)).sort((a, b) => a.value - b.value);
  const total = present.reduce((sum, { weight }) => sum + weight, 0);
  const bounds: number[] = [];
  let sum = 0;
  for (const { value, weight } of present) {
    sum += weight;
    const isNext = sum >= ((bounds.length + 1) / RANGES) * total;
    if (isNext && bounds.length < RANGES - 1 && value !== bounds.at(-1)) bounds.push(value);
  }
  return Float64Array.from(bounds);
}

/** The code or range of each cell; −1 for none. */
function places(cells: Column, coding: CellCoding, bounds: Float64Array | undefined): Int32Array {
  if (bounds !== undefined) return Int32Array.from(cells.values as Float64Array, (value) => rangeOf(bounds, value));
  const coded = coding.encode(cells).cells;
  return Int32Array.from({ length: cells.values.length }, (_, row) => coded[row * CELL_SIZE] as number);
}

function sharesOf(places: Int32Array, weights: Float64Array, count: number): Float64Array {
  const shares = new Float64Array(count);
  for (const [row, place] of places.entries()) {
    if (place >= 0) shares[place] = (shares[place] as number) + (weights[row] as number);
  }
  return shares;
}
