import { takeTableRows } from "@pushforward/datasets/extend";
import type { TableModel } from "@pushforward/tables";
import type { Table } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { RowCondition } from "./conditions.ts";

/** Rows that are drawn for each one that is asked for, at most, and at least for all of them. */
const MOST_PER_ROW = 1000;
const LEAST = 20_000;

/** How many rows are drawn at most. */
export function mostDraws(count: number): number {
  return Math.max(LEAST, MOST_PER_ROW * count);
}

/** Drawn rows that meet conditions, and how many did not. */
export class SampleWhere {
  private readonly conditions: readonly RowCondition[];
  private readonly cells: TableModel;
  private readonly failed: number[];
  private drawn = 0;
  private rejected = 0;

  constructor(conditions: readonly RowCondition[], cells: TableModel) {
    this.conditions = conditions;
    this.cells = cells;
    this.failed = conditions.map(() => 0);
  }

  /**
   * The first rows that meet all conditions.
   *
   * @param tables rows as the file has them, more than are needed.
   * @throws {UserError} there are too few of them.
   */
  *take(tables: Iterable<Table>, count: number): Generator<Table> {
    let left = count;
    for (const table of tables) {
      const kept = this.keep(table).slice(0, left);
      left -= kept.length;
      if (kept.length > 0) yield takeTableRows(table, kept);
      if (left === 0) return;
    }
    throw new UserError(
      `--where: expected ${count} rows that meet ${this.conditions.map(({ text }) => text).join(", ")}, got ${count - left} among ${this.drawn} drawn ones.`,
    );
  }

  /** What was rejected, in a sentence. */
  note(): string {
    const parts = this.conditions.map(({ text }, i) => `${this.failed[i]} for ${text}`);
    return `${this.rejected} of ${this.drawn} drawn rows were rejected: ${parts.join(", ")}`;
  }

  /** The places of the rows that meet all conditions. */
  private keep(written: Table): number[] {
    const read = this.cells.read(written, { isPartial: true });
    const tests = this.conditions.map(({ test }) => test(read));
    const kept: number[] = [];
    for (let row = 0; row < written.rows; row++) {
      let isKept = true;
      for (const [i, results] of tests.entries()) {
        if (results[row]) continue;
        this.failed[i] = (this.failed[i] as number) + 1;
        isKept = false;
      }
      if (isKept) kept.push(row);
    }
    this.drawn += written.rows;
    this.rejected += written.rows - kept.length;
    return kept;
  }
}
