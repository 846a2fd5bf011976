import type { ColumnRelation } from "@pushforward/columns";
import { computedNumber, DATE_PARTS } from "@pushforward/columns/extend";
import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";
import type { Column } from "@pushforward/datasets";
import { roundToGrid } from "@pushforward/datasets/extend";

/** A cell of a table; undefined if missing. */
export type Cell = string | number | undefined;

/** The numbers `center + k·step` for integers k; a step of 0 for real numbers. */
export interface Grid {
  readonly step: number;
  /** Default: 0. */
  readonly center?: number | undefined;
}

/** The distance of the nearest number of a grid from 0: exactly 0 for multiples of the step. */
export function gridOffset({ step, center = 0 }: Grid): number {
  if (step === 0) return 0;
  const offset = center - Math.round(center / step) * step;
  return Math.abs(offset) < 1e-6 * step ? 0 : offset;
}

/** The nearest number of a grid. */
export function nearestOn(grid: Grid, value: number): number {
  return grid.step === 0 ? value : roundToGrid(value, grid.step, gridOffset(grid));
}

/** Rule by which the cells of a column follow from cells of different columns. */
export interface DependentCells {
  /** Places of the columns that determine it, in the order of the relation. */
  readonly from: readonly number[];
  readonly relation: ColumnRelation;
  /**
   * For a function: the cells of the source column, and the cells that follow. For bins: the smallest and the largest
   * number of each bin in the training rows, which rise, after a missing cell.
   */
  readonly keys: readonly Cell[];
  readonly values: readonly Cell[];
  /** Largest distance of numbers in the training rows from the numbers that follow, because files round. */
  readonly tolerance: number;
  /**
   * If several numbers of a grid are within the tolerance: the share of the nearest one. Different programs round 0.475 to 0.47 or
   * to 0.48. Default, in older files: all are equally likely.
   */
  readonly nearestShare?: number | undefined;
}

/**
 * The relation of columns as their rows show it.
 *
 * @param grid the grid of the numbers of the column.
 */
export function dependentCells(
  relation: ColumnRelation,
  from: readonly number[],
  sources: readonly Column[],
  column: Column,
  grid: Grid,
): DependentCells {
  if (relation.type !== "function" && relation.type !== "bins") {
    const exact = { from, relation, keys: [], values: [], tolerance: 0 };
    let tolerance = 0;
    let [rows, nearest] = [0, 0];
    for (const [row, expected] of followingCells(exact, sources, column.values.length, grid).entries()) {
      const cell = cellAt(column, row);
      if (typeof cell !== "number" || typeof expected !== "number") continue;
      tolerance = Math.max(tolerance, Math.abs(cell - expected));
      rows++;
      if (isFollowing(cell, expected, grid.step, 0)) nearest++;
    }
    const hasShare = cellsThatFollow(grid.step, tolerance) > 1;
    return { ...exact, tolerance, ...(hasShare && { nearestShare: (nearest + 0.5) / (rows + 1) }) };
  }
  const [source] = sources as [Column];
  const map = new Map<Cell, Cell>();
  for (let i = 0; i < column.values.length; i++) {
    const key = cellAt(source, i);
    if (!map.has(key)) map.set(key, cellAt(column, i));
  }
  const cells = relation.type === "bins" ? edgesOf(map) : [...map];
  return { from, relation, keys: cells.map(([key]) => key), values: cells.map(([, value]) => value), tolerance: 0 };
}

/** Of the numbers of a source in order, each first and last one with the same value; before them the missing cell. */
function edgesOf(map: ReadonlyMap<Cell, Cell>): (readonly [key: Cell, value: Cell])[] {
  const numbers = [...map].filter(([key]) => typeof key === "number");
  numbers.sort(([a], [b]) => (a as number) - (b as number));
  const isEdge = (k: number): boolean =>
    k === 0 ||
    k === numbers.length - 1 ||
    numbers[k - 1]?.[1] !== numbers[k]?.[1] ||
    numbers[k]?.[1] !== numbers[k + 1]?.[1];
  const missing = [...map].filter(([key]) => key === undefined);
  return [...missing, ...numbers.filter((_, k) => isEdge(k))];
}

/** For each row the cell that follows, or {@link NOTHING} if the training rows do not determine it. */
export function followingCells(
  dependent: DependentCells,
  sources: readonly Column[],
  rows: number,
  grid: Grid,
): (Cell | typeof NOTHING)[] {
  const { relation } = dependent;
  const lookUp = cellTable(dependent);
  const cells = (row: number): Cell[] => sources.map((source) => cellAt(source, row));
  return Array.from({ length: rows }, (_, row) => {
    const own = cells(row);
    switch (relation.type) {
      case "constant":
        return NOTHING;
      case "duplicate":
        return own[0];
      case "function":
      case "bins":
        return lookUp(own[0]);
      default:
        return computed(relation, own, grid);
    }
  });
}

/** Rounding of a computed number, as a share of its size. */
export const RELATIVE_ROUNDING = 1e-9;

/**
 * The cell that follows from a cell of the source. A number within a bin has the cell of the bin. No cell follows from a
 * number between two bins, or outside the range of the training rows: a later date may begin a new bin.
 */
function cellTable({ relation, keys, values }: DependentCells): (cell: Cell) => Cell | typeof NOTHING {
  const map = new Map<Cell, Cell>(keys.map((key, i) => [key, values[i]]));
  const edges = relation.type === "bins" ? keys.filter((key) => key !== undefined) : [];
  const first = keys.length - edges.length;
  return (cell) => {
    if (map.has(cell)) return map.get(cell);
    if (typeof cell !== "number" || edges.length === 0) return NOTHING;
    // A drawn number may differ from the number of the file in the last digits.
    const slack = RELATIVE_ROUNDING * Math.abs(cell);
    const at = edges.findLastIndex((edge) => (edge as number) <= cell + slack);
    if (at < 0) return NOTHING;
    const value = values[first + at];
    const isEdge = cell - (edges[at] as number) <= slack;
    return isEdge || (at + 1 < edges.length && value === values[first + at + 1]) ? value : NOTHING;
  };
}

/** No cell follows. */
export const NOTHING: unique symbol = Symbol("nothing follows");

/** `true` if a cell equals the expected cell, up to the rounding of numbers. */
export function isFollowing(cell: Cell, expected: Cell, step: number, rounding: number): boolean {
  if (typeof cell !== "number" || typeof expected !== "number") return cell === expected;
  const least = RELATIVE_ROUNDING * Math.max(Math.abs(cell), Math.abs(expected));
  return Math.abs(cell - expected) <= Math.max(step * 0.501, rounding) + least;
}

/** Number of grid values of a column that `isFollowing` accepts; 1 for a real number, which then has a mass. */
function cellsThatFollow(step: number, rounding: number): number {
  return step === 0 ? 1 : 1 + 2 * Math.floor(Math.max(step * 0.501, rounding) / step + 1e-9);
}

/** The probabilities of the nearest number of a grid, and of each other number that `isFollowing` accepts. */
export function followingShares(
  { tolerance, nearestShare }: DependentCells,
  step: number,
): { readonly nearest: number; readonly other: number } {
  const count = cellsThatFollow(step, tolerance);
  const nearest = nearestShare ?? 1 / count;
  return { nearest, other: (1 - nearest) / Math.max(1, count - 1) };
}

/** The cell of a row. */
export function cellAt(column: Column, row: number): Cell {
  if (column.kind === "text") return column.missing?.has(row) ? undefined : column.values[row];
  const value = column.values[row] as number;
  return Number.isNaN(value) ? undefined : value;
}

/** A column of cells. */
export function columnFromCells(name: string, kind: Column["kind"], cells: readonly Cell[]): Column {
  if (kind === "number") {
    return { name, kind, values: Float64Array.from(cells, (cell) => (cell === undefined ? Number.NaN : Number(cell))) };
  }
  const missing = new Set(cells.flatMap((cell, row) => (cell === undefined ? [row] : [])));
  return { name, kind, values: cells.map((cell) => String(cell ?? "")), ...(missing.size > 0 && { missing }) };
}

function computed(relation: ColumnRelation, cells: readonly Cell[], grid: Grid): Cell {
  if (cells.some((cell) => typeof cell !== "number")) return undefined;
  const value = computedNumber(relation, cells as readonly number[]);
  if (Number.isNaN(value)) return undefined;
  return nearestOn(grid, value);
}

const TYPE = "pushforward/table-density.dependent";
/** The number of sources of each relation; undefined for a linear function, which stores a weight for each source. */
const SOURCES = {
  duplicate: 1,
  function: 1,
  bins: 1,
  datePart: 1,
  log: 1,
  square: 1,
  product: 2,
  ratio: 2,
  years: 2,
  linear: undefined,
} as const;
/** Linear functions in older files. */
const OLDER = ["affine", "sum", "difference", "total"] as const;
const RELATIONS = [...(Object.keys(SOURCES) as (keyof typeof SOURCES)[]), ...OLDER];

function relationToJson(relation: ColumnRelation): Json {
  return relation.type === "linear" ? { ...relation, weights: [...relation.weights] } : { ...relation };
}

/** The relation as JSON, for a model file. */
export function dependentCellsToJson(dependent: DependentCells): Json {
  const { from, relation, keys, values, tolerance, nearestShare } = dependent;
  const json = (cells: readonly Cell[]): Json => cells.map((cell) => cell ?? null);
  return {
    ...{ from: [...from], relation: relationToJson(relation), keys: json(keys), values: json(values), tolerance },
    ...(nearestShare !== undefined && { nearestShare }),
  };
}

/**
 * Reads the relation that {@link dependentCellsToJson} wrote.
 *
 * @throws {ModelFileError} a field is missing or has a wrong type.
 */
export function dependentCellsFromJson(json: Json): DependentCells {
  const reader = new ConfigReader(TYPE, json);
  const from = reader.counts("from", { min: 0 });
  const relationReader = new ConfigReader(`${TYPE}.relation`, reader.raw("relation"));
  const type = relationReader.oneOf("type", RELATIONS);
  const relation = relationFromJson(type, relationReader);
  relationReader.end();
  const cells = (name: string): Cell[] =>
    reader.array(name).map((cell) => {
      if (cell === null) return undefined;
      if (typeof cell === "string" || (typeof cell === "number" && Number.isFinite(cell))) return cell;
      throw new ModelFileError("config", `${TYPE}.${name}: expected texts and numbers, got ${JSON.stringify(cell)}.`);
    });
  const [keys, values] = [cells("keys"), cells("values")];
  const tolerance = reader.number("tolerance", { min: 0 });
  const nearestShare = reader.has("nearestShare") ? reader.number("nearestShare", { min: 0, max: 1 }) : undefined;
  reader.end();
  if (type === "bins") checkEdges(keys);
  const needed = relation.type === "linear" ? relation.weights.length : SOURCES[relation.type as keyof typeof SOURCES];
  if (from.length !== needed || keys.length !== values.length) {
    throw new ModelFileError("config", `${TYPE}: expected ${needed} columns and a value per key, got others.`);
  }
  return { from, relation, keys, values, tolerance, ...(nearestShare !== undefined && { nearestShare }) };
}

/** @throws {ModelFileError} the edges of bins are not numbers that rise, after at most one missing cell. */
function checkEdges(keys: readonly Cell[]): void {
  const edges = keys[0] === undefined ? keys.slice(1) : keys;
  if (edges.every((edge, k) => typeof edge === "number" && (k === 0 || edge > (edges[k - 1] as number)))) return;
  throw new ModelFileError("config", `${TYPE}.keys: expected numbers that rise, got ${JSON.stringify(keys)}.`);
}

function relationFromJson(type: (typeof RELATIONS)[number], reader: ConfigReader): ColumnRelation {
  switch (type) {
    case "linear":
      return { type, weights: reader.numbers("weights"), plus: reader.number("plus") };
    case "affine":
      return { type: "linear", weights: [reader.number("slope")], plus: reader.number("intercept") };
    case "sum":
    case "difference":
      return { type: "linear", weights: [1, type === "sum" ? 1 : -1], plus: 0 };
    case "total":
      return { type: "linear", weights: reader.numbers("signs"), plus: 0 };
    case "product":
      return { type, ...optionalNumber(reader, "scale"), ...optionalNumber(reader, "rate") };
    case "ratio": {
      const square = reader.has("isBySquare") && { isBySquare: reader.boolean("isBySquare") };
      return { type, ...optionalNumber(reader, "scale"), ...square };
    }
    case "years":
      return { type, ...optionalNumber(reader, "daysPerYear") };
    case "datePart":
      return { type, part: reader.oneOf("part", DATE_PARTS) };
    case "log":
    case "square":
      return { type, ...(reader.has("isFloat32") && { isFloat32: reader.boolean("isFloat32") }) };
    default:
      return { type };
  }
}

function optionalNumber<const Name extends string>(
  reader: ConfigReader,
  name: Name,
): { readonly [N in Name]?: number } {
  return reader.has(name) ? ({ [name]: reader.number(name) } as { [N in Name]?: number }) : {};
}
