import type { Parameter } from "@pushforward/core";
import { AbstractModule, parameter, tensorValues } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/** Number of nearest references of a row. */
const NEIGHBORS = 5;
/** Maximum number of reference rows, minimum if a table is wide, and maximum of their numbers in a view. */
const [MOST_REFERENCES, LEAST_REFERENCES, MOST_NUMBERS] = [4000, 1000, 100_000];
/** Numbers of the matrix of inner products of a block of rows. */
const BLOCK_NUMBERS = 1 << 18;
/** Bound of the rounding of an inner product in float32, relative to the lengths of both vectors, for 1,000 features. */
const ROUNDING = 1e-4;

/**
 * The mean distance of a row of a view to its 5 nearest reference rows, exactly, of numbers rounded to float32. A
 * reference row that equals the row is left out once, so that a training row is not its own neighbor.
 */
export class Neighbors extends AbstractModule {
  private readonly references: Parameter;

  /** @param values `[count, width]`; absent: still to be written, for a model read from a file. */
  constructor(count: number, width: number, values?: Float32Array) {
    super();
    this.references = parameter([count, width], values && (() => values), { trainable: false });
  }

  /**
   * Takes the first rows of `[rows, width]` as references, which must be in random order.
   *
   * @param most maximum number of references; less if a model would keep too many numbers.
   */
  static fit(rows: Float64Array, width: number, most: number): Neighbors {
    const affordable = Math.max(LEAST_REFERENCES, Math.floor(MOST_NUMBERS / width));
    const count = Math.min(rows.length / width, most, MOST_REFERENCES, affordable);
    return new Neighbors(count, width, new Float32Array(rows.subarray(0, count * width)));
  }

  /** Number of references. */
  get count(): number {
    return this.references.shape[0] as number;
  }

  /** Returns the mean distance of each of the rows `[rows, width]`. */
  distances(rows: Float64Array): Float64Array {
    const [count, width] = this.references.shape as [number, number];
    const search = new Search(this.references.read(), width);
    const result = new Float64Array(rows.length / width);
    const size = Math.max(1, Math.floor(BLOCK_NUMBERS / count));
    for (let from = 0; from < result.length; from += size) {
      const block = new Float32Array(rows.subarray(from * width, (from + size) * width));
      const length = block.length / width;
      const products = tensorValues(() =>
        tf.matMul(tf.tensor2d(block, [length, width]), tf.transpose(this.references.variable as tf.Tensor2D)),
      );
      for (let i = 0; i < length; i++) {
        const row = block.subarray(i * width, (i + 1) * width);
        result[from + i] = search.meanDistance(row, products.subarray(i * count, (i + 1) * count));
      }
    }
    return result;
  }
}

/**
 * Finds the nearest references of rows. Inner products in float32 exclude most references. Distances to the remaining
 * references are computed from differences, in float64.
 */
class Search {
  private readonly references: ArrayLike<number>;
  /** Squared lengths of the references, and their maximum. */
  private readonly lengths: Float64Array;
  private readonly longest: number;
  private readonly smallest: Float64Array;
  private readonly candidates: Int32Array;
  private readonly estimates: Float64Array;

  constructor(references: ArrayLike<number>, width: number) {
    const count = references.length / width;
    this.references = references;
    this.lengths = Float64Array.from({ length: count }, (_, k) => squaredLength(references, k * width, width));
    this.longest = this.lengths.reduce((most, length) => Math.max(most, length), 0);
    // One more than the neighbors, because a reference that equals the row is left out.
    this.smallest = new Float64Array(Math.min(NEIGHBORS + 1, count));
    this.candidates = new Int32Array(count);
    this.estimates = new Float64Array(count);
  }

  /** @param products inner products of the row with all references, in float32. */
  meanDistance(row: Float32Array, products: Float32Array): number {
    const { lengths, smallest, candidates, estimates } = this;
    const margin = 2 * ROUNDING * Math.sqrt(squaredLength(row, 0, row.length) * this.longest);
    smallest.fill(Number.POSITIVE_INFINITY);
    // Without the squared length of the row, which is the same for all.
    let bound = Number.POSITIVE_INFINITY;
    let found = 0;
    for (let k = 0; k < lengths.length; k++) {
      const estimate = (lengths[k] as number) - 2 * (products[k] as number);
      if (estimate > bound) continue;
      candidates[found] = k;
      estimates[found++] = estimate;
      bound = insert(smallest, estimate) + 2 * margin;
    }
    smallest.fill(Number.POSITIVE_INFINITY);
    for (let c = 0; c < found; c++) {
      if ((estimates[c] as number) <= bound) insert(smallest, this.squaredDistance(row, candidates[c] as number));
    }
    const first = smallest[0] === 0 ? 1 : 0;
    const used = smallest.subarray(first, first + NEIGHBORS);
    return used.reduce((sum, square) => sum + Math.sqrt(square), 0) / used.length;
  }

  private squaredDistance(row: Float32Array, reference: number): number {
    const from = reference * row.length;
    let square = 0;
    for (let j = 0; j < row.length; j++) {
      const difference = (row[j] as number) - (this.references[from + j] as number);
      square += difference * difference;
    }
    return square;
  }
}

/** Inserts a number into an increasing array of fixed length. Returns the last one. */
function insert(increasing: Float64Array, value: number): number {
  let place = increasing.length - 1;
  if (!(value < (increasing[place] as number))) return increasing[place] as number;
  while (place > 0 && (increasing[place - 1] as number) > value) {
    increasing[place] = increasing[place - 1] as number;
    place--;
  }
  increasing[place] = value;
  return increasing.at(-1) as number;
}

function squaredLength(values: ArrayLike<number>, from: number, width: number): number {
  let sum = 0;
  for (let j = 0; j < width; j++) sum += (values[from + j] as number) ** 2;
  return sum;
}
