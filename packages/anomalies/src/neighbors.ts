import type { Parameter } from "@pushforward/core";
import { AbstractModule, parameter } from "@pushforward/core/extend";

/** Neighbors of a row that its distance is averaged over. */
const NEIGHBORS = 5;
/** Steps of the power iteration; any direction gives the same distances. */
const POWER_STEPS = 8;
/** Reference rows that a model keeps at most, and how many numbers they are in one view. */
const [MOST_REFERENCES, LEAST_REFERENCES, MOST_NUMBERS] = [4000, 1000, 100_000];

/**
 * The mean distance of a row of a view to its 5 nearest reference rows, exactly, in float64. References are stored in
 * float32.
 */
export class Neighbors extends AbstractModule {
  private readonly references: Parameter;
  /** Made when it is first needed: a model that is read gets its numbers after its parts. */
  #sorted: Sorted | undefined;

  /** @param values `[count, width]`; absent: still to be written, for a model read from a file. */
  constructor(count: number, width: number, values?: Float32Array) {
    super();
    this.references = parameter([count, width], values && (() => values), { trainable: false });
  }

  /** Neighbors among the first rows of `[rows, width]`, as many as a model keeps: the rows are in random order. */
  static fit(rows: Float64Array, width: number): Neighbors {
    const most = Math.min(MOST_REFERENCES, Math.max(LEAST_REFERENCES, Math.floor(MOST_NUMBERS / width)));
    const count = Math.min(rows.length / width, most);
    return new Neighbors(count, width, Float32Array.from(rows.subarray(0, count * width)));
  }

  /** How many references there are. */
  get count(): number {
    return this.references.shape[0] as number;
  }

  /** One mean distance for each of the rows `[rows, width]`. */
  distances(rows: Float64Array): Float64Array {
    const width = this.references.shape[1] as number;
    this.#sorted ??= sortedAlong(this.references.read(), width);
    const sorted = this.#sorted;
    const squares = new Float64Array(Math.min(NEIGHBORS, this.count));
    const row = new Float64Array(width);
    return Float64Array.from({ length: rows.length / width }, (_, i) => {
      for (let j = 0; j < width; j++) row[j] = rows[i * width + j] as number;
      squares.fill(Number.POSITIVE_INFINITY);
      nearest(sorted, row, squares);
      return squares.reduce((sum, square) => sum + Math.sqrt(square), 0) / squares.length;
    });
  }
}

/** References in the rising order of their places along a direction of length 1. */
interface Sorted {
  readonly references: Float64Array;
  readonly direction: Float64Array;
  readonly places: Float64Array;
}

/** Sorts references along the direction in which they vary most, nearly: the first principal component. */
function sortedAlong(references: ArrayLike<number>, width: number): Sorted {
  const count = references.length / width;
  const along = (direction: Float64Array, from: number): number => {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += (direction[j] as number) * (references[from + j] as number);
    return sum;
  };
  let direction = Float64Array.from({ length: width }, (_, j) => 1 + j / width);
  for (let step = 0; step < POWER_STEPS; step++) {
    const next = new Float64Array(width);
    for (let at = 0; at < references.length; at += width) {
      const place = along(direction, at);
      for (let j = 0; j < width; j++) next[j] = (next[j] as number) + place * (references[at + j] as number);
    }
    const length = Math.hypot(...next);
    // Where all references are 0 any direction will do.
    direction = length > 0 ? next.map((x) => x / length) : new Float64Array(width);
  }
  const unsorted = Float64Array.from({ length: count }, (_, k) => along(direction, k * width));
  const order = Array.from(unsorted.keys()).sort((a, b) => (unsorted[a] as number) - (unsorted[b] as number));
  return {
    direction,
    places: Float64Array.from(order, (k) => unsorted[k] as number),
    references: Float64Array.from({ length: references.length }, (_, at) => {
      const k = order[Math.floor(at / width)] as number;
      return references[k * width + (at % width)] as number;
    }),
  };
}

/** Writes the smallest squared distances of a row to references to `squares`, which rise. */
function nearest({ references, direction, places }: Sorted, row: Float64Array, squares: Float64Array): void {
  const width = row.length;
  let place = 0;
  for (let j = 0; j < width; j++) place += (direction[j] as number) * (row[j] as number);
  let right = firstAtLeast(places, place);
  let left = right - 1;
  let limit = Number.POSITIVE_INFINITY;
  while (left >= 0 || right < places.length) {
    const before = left >= 0 ? place - (places[left] as number) : Number.POSITIVE_INFINITY;
    const behind = right < places.length ? (places[right] as number) - place : Number.POSITIVE_INFINITY;
    const gap = Math.min(before, behind);
    // All further references are at least as far away as their places; the margin is for rounding.
    if (gap * gap > limit * (1 + 1e-9)) return;
    const at = (before < behind ? left-- : right++) * width;
    let square = 0;
    for (let j = 0; j < width && square < limit; j++) {
      const difference = (row[j] as number) - (references[at + j] as number);
      square += difference * difference;
    }
    if (!(square < limit)) continue;
    let rank = squares.length - 1;
    while (rank > 0 && (squares[rank - 1] as number) > square) {
      squares[rank] = squares[rank - 1] as number;
      rank--;
    }
    squares[rank] = square;
    limit = squares[squares.length - 1] as number;
  }
}

function firstAtLeast(places: Float64Array, place: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] as number) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
