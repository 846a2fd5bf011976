import { DataError, type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";
import type { Column, NumberColumn, Table, TextColumn } from "@pushforward/datasets";
import { getColumn, isOnGrid, refuseInfinite } from "@pushforward/datasets/extend";

/** Maximum number of levels with a separate flag. Each needs at least 20 training rows, and a fiftieth of all. */
const MOST_FLAGS = 10;
const LEAST_ROWS = 20;
const LEAST_SHARE = 0.02;
/** Numbers beyond this limit are clipped to it, so that squares stay finite. */
const FARTHEST = 1e100;

/** Rows as features. */
export interface EmbeddedRows {
  readonly rows: number;
  /** `[rows, features]`. */
  readonly features: Float64Array;
  /**
   * For each column, the rows with a cell that no training row could have: a new category, a number off the grid of its
   * column, or a missing cell in a column without missing cells in training.
   */
  readonly isNew: readonly Uint8Array[];
  /** For each column, the rows with a missing cell that counts as unknown. */
  readonly isUnknown: readonly Uint8Array[];
}

/** From the columns of a table to features, which are numbers without gaps. */
export class TableEmbedding {
  readonly columns: readonly ColumnEmbedding[];
  /** For each feature the place of its column. */
  readonly owners: readonly number[];

  constructor(columns: readonly ColumnEmbedding[]) {
    this.columns = columns;
    this.owners = columns.flatMap((column, k) => new Array<number>(widthOf(column)).fill(k));
  }

  /**
   * Returns the features of the rows of a table.
   *
   * @throws {DataError} a column is missing or has the wrong kind.
   */
  embed(table: Table): EmbeddedRows {
    const { rows } = table;
    const width = this.owners.length;
    const features = new Float64Array(rows * width);
    const isNew = this.columns.map(() => new Uint8Array(rows));
    const isUnknown = this.columns.map(() => new Uint8Array(rows));
    let from = 0;
    for (const [k, column] of this.columns.entries()) {
      const target = { features, isNew: isNew[k] as Uint8Array, isUnknown: isUnknown[k] as Uint8Array, width };
      const own = getColumn(table, column.name);
      refuseInfinite(own);
      if (column.kind === "number") embedNumbers(column, expectKind(own, "number"), target, from);
      else embedCategories(column, expectKind(own, "text"), target, from);
      from += widthOf(column);
    }
    return { rows, features, isNew, isUnknown };
  }
}

interface Target {
  readonly features: Float64Array;
  readonly isNew: Uint8Array;
  readonly isUnknown: Uint8Array;
  readonly width: number;
}

function expectKind<K extends Column["kind"]>(column: Column, kind: K): Extract<Column, { kind: K }> {
  if (column.kind === kind) return column as Extract<Column, { kind: K }>;
  const [expected, got] = kind === "number" ? ["numbers", "text"] : ["text", "numbers"];
  throw new DataError(`AnomalyScore: expected ${expected} in column "${column.name}", got ${got}.`, {
    column: column.name,
  });
}

function widthOf(column: ColumnEmbedding): number {
  if (column.kind === "number") return column.hasMissing ? 2 : 1;
  const flags = flagCount(column);
  return flags + (column.levels.length > flags + 1 ? 1 : 0);
}

/** Number of levels after the first that have a flag. */
function flagCount({ counts }: CategoryEmbedding): number {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const least = Math.max(LEAST_ROWS, LEAST_SHARE * rows);
  let flags = 0;
  while (flags < MOST_FLAGS && (counts[flags + 1] ?? 0) >= least) flags++;
  // With two levels, one flag tells all.
  return counts.length === 2 ? 1 : flags;
}

function embedNumbers(
  { center, hasMissing, skipsMissing, step = 0 }: NumberEmbedding,
  column: NumberColumn,
  target: Target,
  from: number,
) {
  const { features, isNew, isUnknown, width } = target;
  for (const [row, x] of column.values.entries()) {
    const at = row * width + from;
    const isMissing = Number.isNaN(x);
    features[at] = isMissing ? center : Math.min(Math.max(x, -FARTHEST), FARTHEST);
    if (hasMissing) features[at + 1] = isMissing ? 1 : 0;
    else if (isMissing) (skipsMissing ? isUnknown : isNew)[row] = 1;
    if (!isMissing && !isOnGrid(x, center, step)) isNew[row] = 1;
  }
}

function embedCategories(column: CategoryEmbedding, { values, missing }: TextColumn, target: Target, from: number) {
  const { features, isNew, isUnknown, width } = target;
  const flags = flagCount(column);
  const hasRarity = widthOf(column) > flags;
  const places = new Map(column.levels.map((level, k) => [level, k]));
  const rows = column.counts.reduce((sum, count) => sum + count, 0);
  for (const [row, value] of values.entries()) {
    const at = row * width + from;
    const isMissing = missing?.has(row) === true;
    const skips = isMissing && column.skipsMissing === true;
    if (skips) isUnknown[row] = 1;
    const place = skips ? 0 : places.get(isMissing ? null : value);
    if (place === undefined) isNew[row] = 1;
    else if (place > 0 && place <= flags) features[at + place - 1] = 1;
    const count = place === undefined ? 0 : (column.counts[place] as number);
    if (hasRarity) features[at + flags] = Math.log((rows + 1) / (count + 1));
  }
}

/** Missing cells of a column whose training rows had some. */
interface MissingCells {
  /**
   * `true` if a missing cell counts as the median or as the most frequent level. A row is not odd because a cell is
   * unknown. In older model files a missing cell has a flag or a level of its own.
   */
  readonly skipsMissing?: boolean | undefined;
}

/** How a column of numbers becomes features. */
interface NumberEmbedding extends MissingCells {
  readonly name: string;
  readonly kind: "number";
  /** The median, in place of missing cells. */
  readonly center: number;
  /** `true` for a flag for missing cells. */
  readonly hasMissing: boolean;
  /** Spacing of the grid that contains all numbers, with `center` as a grid point. Default: no grid. */
  readonly step?: number | undefined;
}

/**
 * Embedding of a column of categories: a flag for each frequent level but the first. If rarer levels exist, also the
 * negative logarithm of the frequency of each.
 */
interface CategoryEmbedding extends MissingCells {
  readonly name: string;
  readonly kind: "category";
  /** The levels of the training rows, the most frequent first; null is a level of missing cells. */
  readonly levels: readonly (string | null)[];
  /** Number of training rows per level. */
  readonly counts: readonly number[];
}

/** How a column becomes features. */
type ColumnEmbedding = NumberEmbedding | CategoryEmbedding;

const TYPE = "pushforward/anomaly-score.columns";

/** The columns of an embedding in a model file. */
export function embeddingToJson({ columns }: TableEmbedding): Json {
  return columns.map((column): Json => {
    const missing = column.skipsMissing === true && { skipsMissing: true };
    if (column.kind === "number") {
      const { name, kind, center, hasMissing, step } = column;
      return { name, kind, center, hasMissing, ...missing, ...(step !== undefined && { step }) };
    }
    const { name, kind, levels, counts } = column;
    return { name, kind, levels: [...levels], counts: [...counts], ...missing };
  });
}

/** @throws {ModelFileError} they are no columns. */
export function embeddingFromJson(items: readonly Json[]): TableEmbedding {
  return new TableEmbedding(items.map(columnFromJson));
}

function columnFromJson(item: Json): ColumnEmbedding {
  const reader = new ConfigReader(TYPE, item);
  const name = reader.string("name");
  const kind = reader.oneOf("kind", ["number", "category"]);
  const skipsMissing = reader.has("skipsMissing") && reader.boolean("skipsMissing");
  const column: ColumnEmbedding =
    kind === "number"
      ? {
          ...{ name, kind, skipsMissing },
          ...{ center: reader.number("center"), hasMissing: reader.boolean("hasMissing") },
          ...(reader.has("step") && { step: reader.number("step", { min: Number.MIN_VALUE }) }),
        }
      : {
          ...{ name, kind, skipsMissing, levels: reader.array("levels").map(levelFromJson) },
          counts: reader.counts("counts", { min: 1 }),
        };
  reader.end();
  if (column.kind === "category" && column.levels.length !== column.counts.length) {
    throw new ModelFileError("config", `${TYPE}: expected as many counts as levels of column "${name}".`);
  }
  return column;
}

function levelFromJson(level: Json): string | null {
  if (typeof level === "string" || level === null) return level;
  throw new ModelFileError("config", `${TYPE}: expected levels to be strings or null, got ${typeof level}.`);
}

/**
 * The embedding of the columns of a table.
 *
 * @param steps spacing of the numbers of columns; 0 where they may lie anywhere. Default: so in all columns.
 */
export function fitEmbedding({ columns }: Table, steps: ReadonlyMap<string, number> = new Map()): TableEmbedding {
  return new TableEmbedding(
    columns.map((column) =>
      column.kind === "number" ? numberEmbedding(column, steps.get(column.name) ?? 0) : categoryEmbedding(column),
    ),
  );
}

function numberEmbedding({ name, values }: NumberColumn, step: number): ColumnEmbedding {
  const known = values.filter((value) => Number.isFinite(value)).sort();
  return {
    ...{ name, kind: "number" },
    center: known[Math.floor(known.length / 2)] ?? 0,
    hasMissing: false,
    skipsMissing: values.some((value) => Number.isNaN(value)),
    ...(step > 0 && { step }),
  };
}

function categoryEmbedding({ name, values, missing }: TextColumn): ColumnEmbedding {
  const counts = new Map<string, number>();
  for (const [row, value] of values.entries()) {
    if (!missing?.has(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return {
    ...{ name, kind: "category", skipsMissing: (missing?.size ?? 0) > 0 },
    levels: sorted.map(([level]) => level),
    counts: sorted.map(([, count]) => count),
  };
}
