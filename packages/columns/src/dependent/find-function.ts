import type { ComparedColumn } from "./compared-column.ts";

/** Memory for the image of each code, of the size of the longest list of codes. */
export class FunctionFinder {
  private readonly image: Int32Array;
  private readonly stamp: Int32Array;
  private readonly rows: Int32Array;
  private round = 0;

  constructor(mostCodes: number, rows: Int32Array) {
    this.image = new Int32Array(mostCodes);
    this.stamp = new Int32Array(mostCodes);
    this.rows = rows;
  }

  /**
   * Evidence in nats that each value of a column has one value of another: rows that are foretold by an earlier one count as
   * much as their value is rare. Rows where the first column has no value are no evidence: all of them may be of one kind. 0
   * where two rows contradict.
   */
  evidence(from: ComparedColumn, to: ComparedColumn, surprise: Float64Array): number {
    const { image, stamp, rows } = this;
    const round = ++this.round;
    const missing = from.missingCode;
    let evidence = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const a = from.codes[row] as number;
      const b = to.codes[row] as number;
      if (stamp[a] !== round) {
        stamp[a] = round;
        image[a] = b;
      } else if (image[a] !== b) return 0;
      else if (a !== missing) evidence += surprise[b] as number;
    }
    return evidence;
  }
}
