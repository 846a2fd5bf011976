import type { ComparedColumn } from "./dependent-column.ts";

/** Maximum number of bins, and minimum number of source values per bin. */
const MOST_BINS = 20;
const LEAST_VALUES = 3;
/** Evidence in nats for the edge between two bins by the rows of these bins alone. */
const LEAST_EDGE = 8;

/** Rows that are compared first, and rows of each value that are compared next. */
const FIRST_ROWS = 500;
const ROWS_PER_VALUE = 50;

/** Neighbors in the order of the source with the same cell. */
interface Run {
  readonly code: number;
  rows: number;
}

/** Memory for the orders of the columns, and for the logarithms of factorials. */
export class BinFinder {
  private readonly rows: Int32Array;
  private readonly firstOrders: Map<ComparedColumn, Int32Array> = new Map();
  private readonly orders: Map<ComparedColumn, Int32Array> = new Map();
  private readonly samples: Map<ComparedColumn, Int32Array> = new Map();
  private readonly logFactorials: Float64Array;

  /** @param rows all rows in an order that spreads the first ones over the table. */
  constructor(rows: Int32Array) {
    this.rows = rows;
    this.logFactorials = new Float64Array(rows.length + 1);
    for (let n = 1; n <= rows.length; n++) this.logFactorials[n] = this.logFactorial(n - 1) + Math.log(n);
  }

  /**
   * Evidence in nats that a number, divided into bins, implies a column: −log of the probability that cells in a random
   * order form as few runs. Rows without the number are no evidence, and must have the same cell. 0 after a contradiction
   * or with an edge that few rows support.
   */
  evidence(from: ComparedColumn, to: ComparedColumn): number {
    const classes = to.counts.length;
    if (from.values === undefined || classes > MOST_BINS || from.counts.length < LEAST_VALUES * classes) return 0;
    if (this.firstRuns(from, to) > MOST_BINS || this.sampleRuns(from, to) > MOST_BINS) return 0;
    const runs = this.runs(from, to);
    if (runs === undefined || from.counts.length < LEAST_VALUES * runs.length) return 0;
    const perClass = new Map<number, number[]>();
    for (const { code, rows } of runs) perClass.set(code, [...(perClass.get(code) ?? []), rows]);
    let evidence = this.logFactorial(runs.reduce((sum, { rows }) => sum + rows, 0)) - this.logFactorial(runs.length);
    for (const sizes of perClass.values()) {
      const rows = sizes.reduce((sum, size) => sum + size, 0);
      evidence += this.logFactorial(sizes.length) - this.logFactorial(rows);
      evidence -= this.logChoose(rows - 1, sizes.length - 1);
    }
    for (let k = 1; k < runs.length; k++) {
      const [a, b] = [(runs[k - 1] as Run).rows, (runs[k] as Run).rows];
      if (this.logChoose(a + b, a) < LEAST_EDGE) return 0;
    }
    return evidence;
  }

  /** Number of runs in the first rows, which is small for few pairs of columns and takes little time. */
  private firstRuns(from: ComparedColumn, to: ComparedColumn): number {
    const order = this.firstOrders.get(from) ?? inOrder(from, this.rows.subarray(0, FIRST_ROWS));
    this.firstOrders.set(from, order);
    return countRuns(to, order);
  }

  /** The same in rows with rare values as well. */
  private sampleRuns(from: ComparedColumn, to: ComparedColumn): number {
    let sample = this.samples.get(to);
    if (sample === undefined) {
      const counts = new Int32Array(to.counts.length);
      sample = this.rows.filter((row) => {
        const code = to.codes[row] as number;
        counts[code] = (counts[code] as number) + 1;
        return (counts[code] as number) <= ROWS_PER_VALUE;
      });
      this.samples.set(to, sample);
    }
    return countRuns(to, inOrder(from, sample));
  }

  /** Runs of equal cells in the order of the source; undefined after a contradiction, for a single run, or above the limit. */
  private runs(from: ComparedColumn, to: ComparedColumn): Run[] | undefined {
    const images = this.images(from, to);
    if (images === undefined) return undefined;
    const runs: Run[] = [];
    for (const value of this.orderOf(from)) {
      const [code, rows] = [images[value] as number, from.counts[value] as number];
      const last = runs.at(-1);
      if (last?.code === code) last.rows += rows;
      else if (runs.length === MOST_BINS) return undefined;
      else runs.push({ code, rows });
    }
    return runs.length > 1 ? runs : undefined;
  }

  /** For each code of the source the code of the other column; undefined if several follow from one. */
  private images(from: ComparedColumn, to: ComparedColumn): Int32Array | undefined {
    const images = new Int32Array(from.counts.length).fill(-1);
    for (let i = 0; i < this.rows.length; i++) {
      const row = this.rows[i] as number;
      const [value, code] = [from.codes[row] as number, to.codes[row] as number];
      if (images[value] !== -1 && images[value] !== code) return undefined;
      images[value] = code;
    }
    return images;
  }

  /** The codes of a column in the order of their numbers. */
  private orderOf(column: ComparedColumn): Int32Array {
    let order = this.orders.get(column);
    if (order === undefined) {
      const codes = new Map(column.cells.map((cell, code) => [cell, code]));
      const numbers = Float64Array.from(column.cells.filter((cell) => typeof cell === "number")).sort();
      order = Int32Array.from(numbers, (value) => codes.get(value) as number);
      this.orders.set(column, order);
    }
    return order;
  }

  private logFactorial(n: number): number {
    return this.logFactorials[n] as number;
  }

  private logChoose(n: number, k: number): number {
    return this.logFactorial(n) - this.logFactorial(k) - this.logFactorial(n - k);
  }
}

/** The rows with a number, in the order of the numbers. */
function inOrder({ values }: ComparedColumn, rows: Int32Array): Int32Array {
  const numbers = values as Float64Array;
  const order = rows.filter((row) => !Number.isNaN(numbers[row]));
  return order.sort((a, b) => (numbers[a] as number) - (numbers[b] as number));
}

function countRuns({ codes }: ComparedColumn, order: Int32Array): number {
  let runs = 0;
  for (let i = 0; i < order.length; i++) if (codes[order[i] as number] !== codes[order[i - 1] as number]) runs++;
  return runs;
}
