import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { type CellCoding, type CodedColumn, columnOf, type RowOrigin } from "../coding/category-coding.ts";

/** Memory limit for encoded columns. A wide table with a large number of rows would need several gigabytes. */
const MOST_BYTES = 3e8;

/** Encoded columns of some rows. A column is encoded on access, and again after eviction. */
export class EncodedColumns {
  readonly table: Table;
  readonly origin: RowOrigin;
  private readonly codings: readonly { readonly name: string; readonly coding: CellCoding }[];
  private readonly mostBytes: number;
  /** The column that was read last is the last one. */
  private readonly kept: Map<number, CodedColumn> = new Map();
  private bytes = 0;

  constructor(
    table: Table,
    codings: readonly { readonly name: string; readonly coding: CellCoding }[],
    origin: RowOrigin = "new",
    mostBytes: number = MOST_BYTES,
  ) {
    this.table = table;
    this.origin = origin;
    this.codings = codings;
    this.mostBytes = mostBytes;
  }

  get rows(): number {
    return this.table.rows;
  }

  /** The column at a place. */
  at(place: number): CodedColumn {
    const { name, coding } = this.codings[place] as { readonly name: string; readonly coding: CellCoding };
    const known = this.kept.get(place);
    const column = known ?? coding.encode(columnOf(this.table, name), this.origin);
    if (known === undefined) this.bytes += bytesOf(column);
    this.kept.delete(place);
    this.kept.set(place, column);
    for (const [oldest, old] of this.kept) {
      if (this.bytes <= this.mostBytes || oldest === place) break;
      this.kept.delete(oldest);
      this.bytes -= bytesOf(old);
    }
    return column;
  }

  /** Columns in the encoding of networks. */
  of(places: readonly number[]): ColumnRows {
    return { coded: this.pick(places), rows: this.rows };
  }

  /** Columns by index; some are absent. */
  pick(places: readonly number[]): CodedColumn[] {
    const picked: CodedColumn[] = [];
    for (const place of places) picked[place] = this.at(place);
    return picked;
  }
}

function bytesOf({ codes, cells, logFloor, features }: CodedColumn): number {
  return codes.byteLength + cells.byteLength + logFloor.byteLength + features.byteLength;
}

/** A table of at most `most` rows: the table itself, or every k-th row. */
export function thinned(table: Table, most: number): Table {
  const step = Math.ceil(table.rows / most);
  if (step <= 1) return table;
  return takeTableRows(
    table,
    Array.from({ length: Math.floor(table.rows / step) }, (_, i) => i * step),
  );
}

/** Columns of some rows. */
export interface ColumnRows {
  readonly coded: readonly CodedColumn[];
  readonly rows: number;
}
