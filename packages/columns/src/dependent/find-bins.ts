import type { ComparedColumn } from "./dependent-column.ts";

/** Maximum number of bins, and minimum number of source values per bin. */
const MOST_BINS = 20;
const LEAST_VALUES = 3;
/** Evidence in nats for the edge between two bins by the rows of these bins alone. */
const LEAST_EDGE = 8;

/** Memory for the order of the rows by each column, and for the logarithms of factorials. */
export class BinFinder {
  private readonly orders: Map<ComparedColumn, Int32Array> = new Map();
  private readonly logFactorials: Float64Array;

  constructor(rows: number) {
    this.logFactorials = new Float64Array(rows + 1);
    for (let n = 1; n <= rows; n++) this.logFactorials[n] = (this.logFactorials[n - 1] as number) + Math.log(n);
  }

  /**
   * Evidence in nats that a number, divided into bins, implies a column: −log of the probability that cells in a random
   * order form as few runs. Rows without the number are no evidence, and must have the same cell. 0 after a contradiction
   * or with an edge that few rows support.
   */
  evidence(from: ComparedColumn, to: ComparedColumn): number {
    const classes = to.counts.length;
    if (from.values === undefined || classes > MOST_BINS || from.counts.length < LEAST_VALUES * classes) return 0;
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

  /** Runs of equal cells in the order of the source; undefined after a contradiction, for a single run, or above the limit. */
  private runs(from: ComparedColumn, to: ComparedColumn): Run[] | undefined {
    const values = from.values as Float64Array;
    const order = this.orderOf(from);
    const runs: { code: number; rows: number }[] = [];
    let last: { code: number; rows: number } | undefined;
    for (let i = 0; i < order.length; i++) {
      const row = order[i] as number;
      const code = to.codes[row] as number;
      if (last !== undefined && last.code === code) {
        last.rows++;
        continue;
      }
      const isTie = i > 0 && values[order[i - 1] as number] === values[row];
      if (isTie || runs.length === MOST_BINS) return undefined;
      last = { code, rows: 1 };
      runs.push(last);
    }
    return runs.length > 1 && this.haveOneCell(from, to) ? runs : undefined;
  }

  /** `true` if the rows without a number have the same cell. */
  private haveOneCell({ missingCode, codes }: ComparedColumn, to: ComparedColumn): boolean {
    if (missingCode < 0) return true;
    const first = codes.indexOf(missingCode);
    return codes.every((code, row) => code !== missingCode || to.codes[row] === to.codes[first]);
  }

  /** The rows with a number, in the order of the numbers. */
  private orderOf(column: ComparedColumn): Int32Array {
    let order = this.orders.get(column);
    if (order === undefined) {
      const values = column.values as Float64Array;
      order = Int32Array.from(values.keys()).filter((row) => !Number.isNaN(values[row]));
      order.sort((a, b) => (values[a] as number) - (values[b] as number));
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

/** Neighbors in the order of the source with the same cell. */
interface Run {
  readonly code: number;
  readonly rows: number;
}
