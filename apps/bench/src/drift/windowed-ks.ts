import type { StreamRows } from "@pushforward/diagnostics";

const WINDOW = 500;
/** Rows between two tests: a twentieth of the window. */
const STRIDE = 25;

/**
 * The two-sample Kolmogorov–Smirnov test of the last 500 rows against a reference, for each column, every 25 rows. A missing
 * cell is below all values.
 */
export class WindowedKs {
  private readonly columns: readonly WindowedColumn[];
  private readonly effective: number;
  private row = 0;

  constructor(reference: StreamRows) {
    this.columns = reference.columns.map(({ values }) => new WindowedColumn(values));
    this.effective = Math.sqrt((WINDOW * reference.rows) / (WINDOW + reference.rows));
  }

  /**
   * The next rows of the stream, until a column's statistic `√(nm/(n + m))·D` reaches a limit; the level of all columns is the
   * same, which is what Bonferroni's correction is for columns without ties.
   *
   * @returns the row that reaches it, and the largest statistic.
   */
  push({ rows, columns }: StreamRows, limit: number): { readonly row: number | undefined; readonly largest: number } {
    let largest = 0;
    for (let i = 0; i < rows; i++) {
      this.row++;
      for (const [j, column] of this.columns.entries()) column.add(columns[j]?.values[i] as number);
      if (this.row < WINDOW || this.row % STRIDE !== 0) continue;
      for (const column of this.columns) largest = Math.max(largest, this.effective * column.distance());
      if (largest >= limit) return { row: this.row - 1, largest };
    }
    return { row: undefined, largest };
  }
}

class WindowedColumn {
  private readonly sorted: Float64Array;
  /** How many values of the window are at most as large as each of the sorted ones, and not at most as the one before. */
  private readonly counts: Int32Array;
  private readonly window: Int32Array = new Int32Array(WINDOW);
  private count = 0;

  constructor(values: ArrayLike<number>) {
    this.sorted = Float64Array.from(values, below).sort();
    this.counts = new Int32Array(this.sorted.length + 1);
  }

  add(value: number): void {
    const place = placeOf(this.sorted, below(value));
    const at = this.count % WINDOW;
    if (this.count >= WINDOW) this.change(this.window[at] as number, -1);
    this.change(place, 1);
    this.window[at] = place;
    this.count++;
  }

  distance(): number {
    const { sorted, counts } = this;
    const n = sorted.length;
    let [inWindow, largest] = [0, 0];
    for (let i = 0; i < n; i++) {
      inWindow += counts[i] as number;
      // Within equal values the distribution function has no value of its own.
      if (i + 1 < n && sorted[i] === sorted[i + 1]) continue;
      const distance = Math.abs(inWindow / WINDOW - (i + 1) / n);
      if (distance > largest) largest = distance;
    }
    return largest;
  }

  private change(place: number, by: number): void {
    this.counts[place] = (this.counts[place] as number) + by;
  }
}

function below(value: number): number {
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
}

/** The number of sorted values below one. */
function placeOf(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
