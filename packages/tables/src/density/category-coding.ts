import { DataError } from "@pushforward/core";
import type { Column, TextColumn } from "@pushforward/datasets";
import type { CellCoding, CodedColumn } from "./cell-coding.ts";
import { CELL_SIZE } from "./cell-coding.ts";

/** The parts of a {@link CategoryCoding}, as a model file stores them. */
export interface CategoryCodingOptions {
  readonly categories: readonly string[];
  /** How often each category occurs, then, if cells are missing, how many. */
  readonly counts: readonly number[];
}

/** A column of categories: one code for each, and one for a missing cell where there is one. */
export class CategoryCoding implements CellCoding {
  readonly categories: readonly string[];
  readonly counts: readonly number[];
  readonly codes: number;
  readonly components = 0;
  readonly hasFeatures = false;
  readonly step = 0;
  readonly logMarginal: Float64Array;
  readonly logHead: number;
  private readonly index: ReadonlyMap<string, number>;
  private readonly common: number;
  private readonly logUnseen: number;

  constructor({ categories, counts }: CategoryCodingOptions) {
    this.categories = [...categories];
    this.counts = [...counts];
    this.codes = counts.length;
    const rows = counts.reduce((sum, count) => sum + count, 0);
    this.logMarginal = Float64Array.from(counts, (count) => Math.log((count + 0.5) / (rows + 0.5 * counts.length)));
    this.logHead = Math.log1p(-1 / (rows + 1));
    // New categories share it, and missing cells where none was seen.
    this.logUnseen = -Math.log((counts.length > categories.length ? 1 : 2) * (rows + 1));
    this.index = new Map(categories.map((category, code) => [category, code]));
    this.common = counts.indexOf(Math.max(...counts));
  }

  encode(column: Column): CodedColumn {
    const { kind, values } = column;
    const rows = values.length;
    const missing = kind === "text" ? column.missing : undefined;
    const hasMissing = this.codes > this.categories.length;
    const codes = new Float32Array(rows);
    const cells = new Float32Array(rows * CELL_SIZE);
    const logFloor = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
    for (let i = 0; i < rows; i++) {
      const isMissing = missing?.has(i) ?? false;
      const code = isMissing ? (hasMissing ? this.codes - 1 : undefined) : this.index.get(String(values[i]));
      codes[i] = code ?? this.common;
      cells[i * CELL_SIZE] = code ?? -1;
      if (code === undefined) logFloor[i] = this.logUnseen;
    }
    return { codes, cells, logFloor, features: undefined };
  }

  decode(name: string, codes: Int32Array): TextColumn {
    const missing = new Set<number>();
    const values = Array.from(codes, (code, row) => {
      if (code < this.categories.length) return this.categories[code] as string;
      missing.add(row);
      return "";
    });
    return { name, kind: "text", values, ...(missing.size > 0 && { missing }) };
  }
}

/**
 * The coding of a column of text: its categories by how often they occur, ties by code point.
 *
 * @param support rows whose categories occur as well, though nobody counts them. Default: none.
 * @throws {DataError} there are no rows.
 */
export function categoryCoding(column: TextColumn, support?: TextColumn): CategoryCoding {
  const { name, values, missing } = column;
  if (values.length === 0) throw new DataError(`table: expected rows, got none in column "${name}".`, { column: name });
  const counts = new Map<string, number>();
  for (const [row, value] of values.entries()) {
    if (!missing?.has(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  for (const [row, value] of support?.values.entries() ?? []) {
    if (!support?.missing?.has(row) && !counts.has(value)) counts.set(value, 0);
  }
  const order = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const hasMissing = (missing?.size ?? 0) + (support?.missing?.size ?? 0) > 0;
  return new CategoryCoding({
    categories: order.map(([category]) => category),
    counts: [...order.map(([, count]) => count), ...(hasMissing ? [missing?.size ?? 0] : [])],
  });
}
