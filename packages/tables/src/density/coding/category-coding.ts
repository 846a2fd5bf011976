import { DataError } from "@pushforward/core";
import type { Column, TextColumn } from "@pushforward/datasets";
import { CELL_SIZE, type CellCoding, type CodedColumn, logShares } from "./cell-coding.ts";
import { RANK_FEATURES, writeRankFeatures } from "./number-features.ts";

/** The parts of a {@link CategoryCoding}, as a model file stores them. */
export interface CategoryCodingOptions {
  readonly categories: readonly string[];
  /** How often each category occurs, then, if cells are missing, how many. */
  readonly counts: readonly number[];
  /** The categories in their order, where they have one. Default: they have none. */
  readonly levels?: readonly string[] | undefined;
}

/** A column of categories: one code for each, and one for a missing cell where there is one. Ordered ones tell their rank, too. */
export class CategoryCoding implements CellCoding {
  readonly categories: readonly string[];
  readonly counts: readonly number[];
  readonly codes: number;
  readonly components = 0;
  readonly levels: readonly string[] | undefined;
  readonly featureCount: number;
  readonly hasRank: boolean;
  readonly missingCode: number | undefined;
  readonly columnKind = "text";
  readonly step = 0;
  readonly logMarginal: Float64Array;
  readonly logHead: number;
  private readonly index: ReadonlyMap<string, number>;
  private readonly common: number;
  private readonly logUnseen: number;
  /** The features of each code; none for a missing cell. */
  private readonly ranks: readonly Float32Array[];

  constructor({ categories, counts, levels }: CategoryCodingOptions) {
    this.categories = [...categories];
    this.counts = [...counts];
    this.codes = counts.length;
    const rows = counts.reduce((sum, count) => sum + count, 0);
    this.logMarginal = this.logFrequencies(counts);
    this.logHead = Math.log1p(-1 / (rows + 1));
    // New categories share it, and missing cells where none was seen.
    this.logUnseen = -Math.log((counts.length > categories.length ? 1 : 2) * (rows + 1));
    this.index = new Map(categories.map((category, code) => [category, code]));
    this.levels = levels && [...levels];
    this.hasRank = levels !== undefined;
    this.featureCount = this.hasRank ? RANK_FEATURES : 0;
    this.missingCode = counts.length > categories.length ? counts.length - 1 : undefined;
    this.ranks = levels === undefined ? [] : rankFeatures(categories, counts, levels);
    this.common = counts.indexOf(Math.max(...counts));
  }

  /** Whether the column can have a category: a training row had it, or it is one of the levels. */
  has(category: string): boolean {
    return this.index.has(category);
  }

  logFrequencies(counts: ArrayLike<number>): Float64Array {
    return logShares(Array.from(counts));
  }

  encode(column: Column): CodedColumn {
    const { kind, values } = column;
    const rows = values.length;
    const missing = kind === "text" ? column.missing : undefined;
    const codes = new Float32Array(rows);
    const cells = new Float32Array(rows * CELL_SIZE);
    const logFloor = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
    const { featureCount } = this;
    const features = new Float32Array(rows * featureCount);
    for (let i = 0; i < rows; i++) {
      const isMissing = missing?.has(i) ?? false;
      const code = isMissing ? this.missingCode : this.index.get(String(values[i]));
      codes[i] = code ?? this.common;
      cells[i * CELL_SIZE] = code ?? -1;
      if (code === undefined) logFloor[i] = this.logUnseen;
      const rank = code === undefined ? undefined : this.ranks[code];
      if (rank !== undefined) features.set(rank, i * featureCount);
    }
    return { codes, cells, logFloor, features, featureCount };
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

/** What the ranks of ordered categories tell: the place of each among the rows, and its standardized number. */
function rankFeatures(
  categories: readonly string[],
  counts: readonly number[],
  levels: readonly string[],
): Float32Array[] {
  const places = new Map(levels.map((level, place) => [level, place]));
  const placeOf = (code: number): number => places.get(categories[code] as string) as number;
  const shares = categories.map((_, code) => (counts[code] as number) + 0.5);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const mean = shares.reduce((sum, share, code) => sum + (share / total) * placeOf(code), 0);
  const variance = shares.reduce((sum, share, code) => sum + (share / total) * (placeOf(code) - mean) ** 2, 0);
  return categories.map((_, code) => {
    const place = placeOf(code);
    const below = shares.reduce((sum, share, other) => sum + (placeOf(other) < place ? share : 0), 0);
    const features = new Float32Array(RANK_FEATURES);
    const rank = (below + (shares[code] as number) / 2) / total;
    writeRankFeatures(rank, (place - mean) / (Math.sqrt(variance) || 1), features, 0);
    return features;
  });
}

/** What is known of a column of text besides its training rows. */
export interface CategoryCodingHints {
  /** Rows whose categories occur as well, though nobody counts them. Default: none. */
  readonly support?: TextColumn | undefined;
  /** The categories in their order; all of them can occur. Default: they have no order. */
  readonly levels?: readonly string[] | undefined;
}

/**
 * The coding of a column of text: its categories by how often they occur, ties by code point.
 *
 * @throws {DataError} there are no rows, or a category is none of the levels.
 */
export function categoryCoding(column: TextColumn, { support, levels }: CategoryCodingHints = {}): CategoryCoding {
  const { name, values, missing } = column;
  if (values.length === 0) throw new DataError(`table: expected rows, got none in column "${name}".`, { column: name });
  const counts = new Map<string, number>();
  for (const [row, value] of values.entries()) {
    if (!missing?.has(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  for (const [row, value] of support?.values.entries() ?? []) {
    if (!support?.missing?.has(row) && !counts.has(value)) counts.set(value, 0);
  }
  for (const level of levels ?? []) if (!counts.has(level)) counts.set(level, 0);
  const other = levels && [...counts.keys()].find((value) => !levels.includes(value));
  if (levels !== undefined && other !== undefined) {
    throw new DataError(`table: expected one of ${levels.join(", ")} in column "${name}", got "${other}".`, {
      column: name,
    });
  }
  const order = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const hasMissing = (missing?.size ?? 0) + (support?.missing?.size ?? 0) > 0;
  return new CategoryCoding({
    categories: order.map(([category]) => category),
    counts: [...order.map(([, count]) => count), ...(hasMissing ? [missing?.size ?? 0] : [])],
    levels,
  });
}
