import { rowNumber, tableLocation, tablePlace } from "@pushforward/columns/extend";
import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { CategoryCoding, type CellCoding } from "../density/coding/category-coding.ts";
import { NumberCoding } from "../density/coding/number-coding.ts";
import { cellAt } from "../density/dependent-cells.ts";
import type { RowDensity } from "./table-model.ts";

/** Counts, per column and reason, of cells that no training row could have. */
export interface UnseenCounts {
  /** Categories that no training row had. */
  readonly categories?: Readonly<Record<string, number>>;
  /** Missing cells of columns in which no training row lacked a value. */
  readonly missing?: Readonly<Record<string, number>>;
  /** Numbers off the grid of their column: 33.5 among integers. */
  readonly offGrid?: Readonly<Record<string, number>>;
  /** All of these in context columns, which have no probability. */
  readonly context?: Readonly<Record<string, number>>;
}

type Reason = keyof UnseenCounts;

/** Counts cells that no training row could have. */
export class UnseenCells {
  private readonly known: ReadonlyMap<string, CellCoding>;
  private readonly context: ReadonlySet<string>;
  private readonly counts: Map<Reason, Map<string, number>> = new Map();

  constructor({ columns, context }: Pick<RowDensity, "columns" | "context">) {
    this.known = new Map(
      columns.flatMap(({ name, coding }) => (coding === undefined ? [] : [[name, coding] as const])),
    );
    this.context = new Set(context);
  }

  /**
   * Counts the impossible cells of some rows, in the form that the model reads.
   *
   * @param missing "value": missing cells are values of their column. "unknown": every cell may be missing. Default:
   * "value".
   */
  look(columns: readonly Column[], missing: "value" | "unknown" = "value"): void {
    for (const column of columns) {
      const coding = this.known.get(column.name);
      if (coding === undefined) continue;
      for (let row = 0; row < column.values.length; row++) {
        const reason = reasonOf(coding, column, row);
        if (reason === undefined || (reason === "missing" && missing === "unknown")) continue;
        this.count(this.context.has(column.name) ? "context" : reason, column.name, 1);
      }
    }
  }

  /** Counts up to now, as JSON; undefined for none. */
  found(): UnseenCounts | undefined {
    if (this.counts.size === 0) return undefined;
    return Object.fromEntries(Array.from(this.counts, ([reason, own]) => [reason, Object.fromEntries(own)]));
  }

  /** Adds the counts of a different object. */
  add(counts: UnseenCounts | undefined): void {
    for (const [reason, own] of Object.entries(counts ?? {})) {
      for (const [name, count] of Object.entries(own)) this.count(reason as Reason, name, Number(count));
    }
  }

  /** Messages about the counts: one sentence per reason. */
  notes(): string[] {
    return Array.from(this.counts, ([reason, own]) => {
      const total = [...own.values()].reduce((sum, count) => sum + count, 0);
      const where = [...own].map(([name, count]) => `${count} in "${name}"`).join(", ");
      return NOTES[reason](total === 1 ? "1 cell" : `${total} cells`, where, total === 1);
    });
  }

  private count(reason: Reason, name: string, count: number): void {
    const own = this.counts.get(reason) ?? new Map<string, number>();
    this.counts.set(reason, own.set(name, (own.get(name) ?? 0) + count));
  }
}

const NOTES: Readonly<Record<Reason, (cells: string, where: string, isOne: boolean) => string>> = {
  categories: (cells, where, isOne) =>
    `${cells} ${isOne ? "has" : "have"} a category that no training row had (${where}): ${isOne ? "it counts" : "they count"} as about one in all training rows.`,
  missing: (cells, where, isOne) =>
    `${cells} ${isOne ? "is" : "are"} missing in columns without missing cells in the training rows (${where}): ${isOne ? "it counts" : "they count"} as about one in all training rows.`,
  offGrid: (cells, where, isOne) =>
    `${cells} ${isOne ? "holds a number" : "hold numbers"} off the grid of ${isOne ? "its column" : "their columns"} (${where}), on which all numbers of the training rows lie: ${isOne ? "its row has a very low density" : "their rows have very low densities"}.`,
  context: (cells, where, isOne) =>
    `${cells} of context columns ${isOne ? "holds" : "hold"} what no training row had (${where}): the model reads the most frequent category or the nearest number instead.`,
};

function reasonOf(coding: CellCoding, column: Column, row: number): Exclude<Reason, "context"> | undefined {
  const cell = cellAt(column, row);
  if (canOccur(coding, cell)) return undefined;
  return cell === undefined ? "missing" : typeof cell === "string" ? "categories" : "offGrid";
}

/**
 * Returns `true` if a column can contain a cell: a category of the training rows, a number within its bounds and on its
 * grid, or a missing cell if training rows had missing cells.
 */
export function canOccur(coding: CellCoding, cell: number | string | undefined): boolean {
  if (cell === undefined) return coding.missingCode !== undefined;
  if (typeof cell === "string") return coding instanceof CategoryCoding && coding.has(cell);
  return coding instanceof NumberCoding && coding.canOccur(cell);
}

/**
 * Rejects context rows with cells that no training row could have: the model would read a different cell instead.
 *
 * @param table context columns in the form that the model reads.
 * @param source the original columns, for the row numbers.
 * @param file its name, for the message.
 * @throws {DataError} a cell is impossible; the message names its row.
 */
export function refuseUnseen(
  { columns }: Pick<RowDensity, "columns">,
  table: Table,
  source: Table,
  file: string,
): void {
  for (const column of table.columns) {
    const coding = columns.find(({ name }) => name === column.name)?.coding;
    if (coding === undefined) continue;
    for (let row = 0; row < table.rows; row++) {
      const cell = cellAt(column, row);
      if (canOccur(coding, cell)) continue;
      const at = tableLocation(file, column.name, rowNumber(source, row));
      const [expected, got] =
        cell === undefined
          ? ["a value, as each training row had", "none"]
          : typeof cell === "string"
            ? ["a category that training rows had", JSON.stringify(cell)]
            : ["a number on the grid of the training rows", String(cell)];
      throw new DataError(`${tablePlace(at)}expected ${expected}, got ${got}.`, at);
    }
  }
}
