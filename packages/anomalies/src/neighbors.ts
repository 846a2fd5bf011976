import type { Parameter } from "@pushforward/core";
import { AbstractModule, parameter } from "@pushforward/core/extend";

/** Neighbors of a row that its distance is averaged over. */
const NEIGHBORS = 5;
/** Reference rows that a model keeps at most, and how many numbers they are in one view. */
const [MOST_REFERENCES, LEAST_REFERENCES, MOST_NUMBERS] = [4000, 1000, 100_000];

/**
 * The mean distance of a row of a view to its 5 nearest reference rows, exactly, in float64. References are stored in
 * float32.
 */
export class Neighbors extends AbstractModule {
  private readonly references: Parameter;

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
    const references = Float32Array.from(this.references.read());
    const squares = new Float64Array(Math.min(NEIGHBORS, references.length / width));
    return Float64Array.from({ length: rows.length / width }, (_, row) => {
      squares.fill(Number.POSITIVE_INFINITY);
      nearest(references, rows.subarray(row * width, (row + 1) * width), squares);
      return squares.reduce((sum, square) => sum + Math.sqrt(square), 0) / squares.length;
    });
  }
}

/** Writes the smallest squared distances of a row to references to `squares`, which rise. */
function nearest(references: Float32Array, row: Float64Array, squares: Float64Array): void {
  const width = row.length;
  let limit = Number.POSITIVE_INFINITY;
  for (let at = 0; at < references.length; at += width) {
    let square = 0;
    // Most references are too far away after a few features.
    for (let j = 0; j < width && square < limit; j++) {
      const difference = (row[j] as number) - (references[at + j] as number);
      square += difference * difference;
    }
    if (!(square < limit)) continue;
    let place = squares.length - 1;
    while (place > 0 && (squares[place - 1] as number) > square) {
      squares[place] = squares[place - 1] as number;
      place--;
    }
    squares[place] = square;
    limit = squares[squares.length - 1] as number;
  }
}
