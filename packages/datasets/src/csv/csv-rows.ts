import type { Column } from "../tables.ts";
import type { CsvColumns } from "./csv-number-reader.ts";
import type { CsvOptions, CsvTable } from "./csv-options.ts";

const FIRST_CAPACITY = 1024;

/** The rows of the chunk that is being read. */
export class CsvRows {
  /** Number of rows so far, and index of the next row. */
  count = 0;
  /** 1 for columns of numbers. */
  readonly isNumber: Uint8Array;
  /** Values of the columns of numbers. */
  numbers: Float64Array[] = [];
  /** Values of the columns of text. */
  readonly texts: string[][];
  private readonly columns: CsvColumns;
  private readonly missing: CsvOptions["missing"];
  private readonly chunkRows: number;
  private capacity = 0;
  private rowNumbers: Float64Array = new Float64Array(0);
  private dropped = 0;
  /** For each column, dropped rows, and kept rows without a value. */
  private readonly droppedBy: Int32Array;
  private readonly missingRows: number[][];
  /** Columns without a value in the row that is being read. */
  private readonly missingSlots: number[] = [];
  private emitted = false;

  constructor(columns: CsvColumns, missing: CsvOptions["missing"], chunkRows: number) {
    const { names, kinds } = columns;
    this.columns = columns;
    this.missing = missing;
    this.chunkRows = chunkRows;
    this.isNumber = Uint8Array.from(kinds, (kind) => (kind === "number" ? 1 : 0));
    this.texts = names.map(() => []);
    this.droppedBy = new Int32Array(names.length);
    this.missingRows = names.map(() => []);
    this.allocate(Math.min(FIRST_CAPACITY, chunkRows));
  }

  /** Makes room for a row; returns the chunk when it is full. */
  makeRoom(): CsvTable | undefined {
    if (this.count < this.capacity) return undefined;
    if (this.count === this.chunkRows) return this.take();
    this.allocate(Math.min(2 * this.capacity, this.chunkRows));
    return undefined;
  }

  startRow(): void {
    if (this.missingSlots.length > 0) this.missingSlots.length = 0;
  }

  /** Notes a missing value of the row. Returns `true` if the value must be refused. */
  noteMissing(slot: number): boolean {
    this.missingSlots.push(slot);
    return (this.missing ?? "error") === "error" && this.columns.kept[slot] !== 1;
  }

  /** Keeps the row that was read last, or leaves it out. */
  endRow(rowNumber: number): void {
    if (this.missingSlots.length > 0 && !this.keepIncomplete()) return;
    this.rowNumbers[this.count++] = rowNumber;
  }

  /**
   * Returns the current chunk and starts a new one. Returns undefined for a chunk without rows that is not the first.
   */
  take(): CsvTable | undefined {
    const { count: rows, dropped } = this;
    if (rows === 0 && dropped === 0 && this.emitted) return undefined;
    this.emitted = true;
    const { names, kinds } = this.columns;
    const columns = names.map((name, slot): Column => {
      if (kinds[slot] === "number") {
        return { name, kind: "number", values: (this.numbers[slot] as Float64Array).slice(0, rows) };
      }
      const values = (this.texts[slot] as string[]).slice(0, rows);
      const gaps = this.missingRows[slot] as number[];
      return { name, kind: "text", values, ...(gaps.length > 0 && { missing: new Set(gaps) }) };
    });
    const droppedBy = new Map(names.map((name, slot) => [name, this.droppedBy[slot] as number]));
    for (const [name, count] of droppedBy) if (count === 0) droppedBy.delete(name);
    const rowNumbers = this.rowNumbers.slice(0, rows);
    this.count = 0;
    this.dropped = 0;
    this.droppedBy.fill(0);
    for (const gaps of this.missingRows) gaps.length = 0;
    return { rows, columns, dropped, droppedBy, rowNumbers };
  }

  /** Keeps or drops a row with missing values. Returns `true` if the row is kept. */
  private keepIncomplete(): boolean {
    const { missingSlots, count, droppedBy } = this;
    const { kept } = this.columns;
    if (this.missing === "drop" && missingSlots.some((slot) => kept[slot] === 0)) {
      this.dropped++;
      for (const slot of missingSlots) if (kept[slot] === 0) droppedBy[slot] = (droppedBy[slot] as number) + 1;
      return false;
    }
    for (const slot of missingSlots) (this.missingRows[slot] as number[]).push(count);
    return true;
  }

  private allocate(capacity: number): void {
    this.capacity = capacity;
    this.numbers = this.columns.kinds.map((kind, slot) => {
      const values = new Float64Array(kind === "number" ? capacity : 0);
      values.set(this.numbers[slot]?.subarray(0, this.count) ?? []);
      return values;
    });
    const rowNumbers = new Float64Array(capacity);
    rowNumbers.set(this.rowNumbers.subarray(0, this.count));
    this.rowNumbers = rowNumbers;
  }
}
