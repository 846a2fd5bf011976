import {
  describeDependent,
  describeVariable,
  isLearnedVariable,
  type PlottedColumn,
  plottedColumn,
} from "@pushforward/columns/extend";
import type { DependentColumn, Table, Variable } from "pushforward";
import { niceTicks, type Tick } from "../../shared/nice-ticks.ts";
import { rangeOf, thinned } from "../../shared/page-error.ts";
import type { Range } from "../../shared/settings.ts";
import type {
  ColumnUse,
  MarginalPicture,
  PairPicture,
  PairValues,
  Quantiles,
  TableAxis,
  TableCells,
  TableColumn,
} from "../../shared/table-protocol.ts";
import type { MixedTable } from "./read-mixed.ts";

/**
 * Argument in parentheses after the kind of a variable, as in declarations; undefined for a kind without an argument.
 */
export function kindArgument({ kind, format, bounds, levels }: Variable): string | undefined {
  if (kind === "date") return format;
  if (kind === "ordinal") return levels?.map(levelText).join("<");
  if (bounds === undefined) return undefined;
  const [low, high] = bounds;
  return kind === "circular" && low === 0 ? String(high) : `${low},${high}`;
}

function levelText(level: string): string {
  return /[<)"]/.test(level) ? `"${level.replaceAll('"', '""')}"` : level;
}

/** Bounds that hold all numbers of a variable, for an interval and for a circle; undefined for other variables. */
export function suggestedBounds({
  kind,
  min,
  max,
  step = 0,
}: Variable): { readonly interval: string; readonly circular: string } | undefined {
  if (kind === "date" || min === undefined || max === undefined) return undefined;
  const end = kind === "integer" ? max + Math.max(1, step) : Math.floor(max) + 1;
  return {
    interval: min < max ? `${min},${max}` : `${min},${min + 1}`,
    circular: min >= 0 ? String(end) : `${Math.floor(min)},${end}`,
  };
}

/** Describes the use of each column of a table. */
export function tableColumns({ understood, learned, relations, declared }: MixedTable): TableColumn[] {
  const chosen = new Set(learned.map(({ name }) => name));
  const declaredNames = new Set(declared.map(([name]) => name));
  const follows = new Map(
    relations.filter(({ relation }) => relation.type !== "constant").map((one) => [one.column, followsText(one)]),
  );
  const notes = new Map<string, string[]>();
  for (const { column, text } of understood.notes) notes.set(column, [...(notes.get(column) ?? []), text]);
  return understood.variables.map((variable) => {
    const { name } = variable;
    const source = follows.get(name);
    return {
      ...describedColumn(variable, chosen.has(name) ? (source === undefined ? "learned" : "follows") : undefined),
      isDeclared: declaredNames.has(name),
      notes: notes.get(name) ?? [],
      ...(source !== undefined && { follows: source }),
    };
  });
}

function followsText(one: DependentColumn): string {
  return one.relation.type === "function" ? `a function of ${one.from.join(", ")}` : describeDependent(one);
}

/**
 * Describes a column in words.
 *
 * @param use how the column is used; undefined if it is not learned.
 */
export function describedColumn(variable: Variable, use: ColumnUse | undefined): TableColumn {
  const { name, kind, distinct } = variable;
  const argument = kindArgument(variable);
  const suggested = suggestedBounds(variable);
  const isLearnable = isLearnedVariable(variable) && distinct > 0;
  return {
    ...{ name, kind, detail: detailOf(variable) },
    use: use ?? (isLearnable ? "left" : "kept"),
    isDeclared: false,
    notes: [],
    ...(argument !== undefined && { argument }),
    ...(suggested !== undefined && { suggested }),
  };
}

/** Description of a variable without its name and, if it is obvious, without its kind. */
function detailOf(variable: Variable): string {
  const { name, kind } = variable;
  const text = describeVariable(variable).slice(`${name}: `.length);
  if (text === kind || !isLearnedVariable(variable)) return "";
  if (text.startsWith(`${kind}, `)) return text.slice(`${kind}, `.length);
  return text
    .replace(new RegExp(`^${kind} (?:\\((.*?)\\)|\\[.*?[)\\]], )`), "$1")
    .replace(/^category of (\d[\d,]*(?<=\d))/, "$1 categories");
}

/** A column that is drawn: its axis, and the place of each row on it. */
interface AxisColumn {
  readonly axis: TableAxis;
  /** Numbers, or places among the labels; NaN for a cell that has none. */
  valuesOf(table: Table): Float64Array;
}

/** Rows of a long tail are left out of pictures: this share at each end. */
const TAIL = 0.002;
/** Marks of an axis. */
const TICKS = 4;

/** The axis of a column, as the rows of `reference` have it. */
function tableAxis(variable: Variable, reference: Table): AxisColumn {
  const plotted = plottedColumn(variable, reference);
  const { categories } = plotted;
  if (categories !== undefined) {
    return { axis: { kind: "categories", labels: categories }, valuesOf: (table) => plotted.valuesOf(table) };
  }
  const range = rangeOf(plotted.valuesOf(reference), TAIL, 0);
  return {
    axis: { kind: "numbers", range, ticks: ticksOf(plotted, range, variable) },
    valuesOf: (table) => plotted.valuesOf(table),
  };
}

function ticksOf({ label }: PlottedColumn, range: Range, { step = 0 }: Variable): Tick[] {
  if (label === undefined) return niceTicks(range, TICKS);
  const [low, high] = range;
  // Dates at both ends and in the middle, each one that the column can have.
  return [low, (low + high) / 2, high].map((at) => {
    const value = step > 0 ? Math.round(at / step) * step : at;
    return { value, label: label(value) };
  });
}

/** Returns the cells of some columns of a table of texts, row by row. */
export function tableCells(table: Table, names: readonly string[], rows: ArrayLike<number>): TableCells {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const columns = names.flatMap((name) => byName.get(name) ?? []);
  return {
    columns: columns.map(({ name }) => name),
    rows: Array.from(rows, (row) => columns.map(({ values }) => String(values[row] ?? "").trim())),
  };
}

/** Bars of a histogram; a column of fewer different numbers on a grid has one for each. */
const BARS = 32;

/** A column as bars: its axis, and the share of the rows of a table in each bar. */
export interface ColumnBars {
  readonly axis: TableAxis;
  /** Numbers, or places among the labels; NaN for a cell that has none. */
  valuesOf(table: Table): Float64Array;
  /** @param weights of the rows, with the sum 1. Default: all the same. */
  sharesOf(table: Table, weights?: Float64Array): number[];
  /** The share of the cells of a column of numbers that are missing. */
  missingOf(table: Table, weights?: Float64Array): number;
}

/** The bars of a column, as the rows of `reference` have it. */
export function columnBars(variable: Variable, reference: Table): ColumnBars {
  const { axis, valuesOf } = tableAxis(variable, reference);
  const { shown, count, placeOf } = barsOf(axis, variable);
  return {
    ...{ axis: shown, valuesOf },
    sharesOf: (table, weights) => shares(valuesOf(table), weights, count, placeOf),
    missingOf: (table, weights) => (axis.kind === "numbers" ? missingShare(valuesOf(table), weights) : 0),
  };
}

interface Bars {
  readonly shown: TableAxis;
  readonly count: number;
  placeOf(value: number): number;
}

function barsOf(axis: TableAxis, { step = 0 }: Variable): Bars {
  if (axis.kind === "categories") return { shown: axis, count: axis.labels.length, placeOf: (value) => value };
  const [low, high] = axis.range;
  const isGrid = step > 0 && (high - low) / step < BARS;
  // A bar of a grid stands on its value.
  const [from, to] = isGrid ? [low - step / 2, high + step / 2] : [low, high];
  const count = isGrid ? Math.round((to - from) / step) : BARS;
  const placeOf = (value: number): number =>
    value === high && !isGrid ? count - 1 : Math.floor(((value - from) / (to - from)) * count);
  return { shown: { ...axis, range: [from, to] }, count, placeOf };
}

/** The share of all rows in each bar; rows beyond the axis are in none. */
function shares(
  values: Float64Array,
  weights: Float64Array | undefined,
  count: number,
  placeOf: (value: number) => number,
): number[] {
  const result = new Array<number>(count).fill(0);
  for (const [row, value] of values.entries()) {
    const place = placeOf(value);
    if (place >= 0 && place < count) result[place] = (result[place] as number) + (weights?.[row] ?? 1 / values.length);
  }
  return result;
}

function missingShare(values: Float64Array, weights: Float64Array | undefined): number {
  return values.reduce((sum, value, row) => sum + (Number.isNaN(value) ? (weights?.[row] ?? 1 / values.length) : 0), 0);
}

/** Number of points in a picture, equal for samples and data, so that the two compare. */
const POINTS = 1200;
/** Minimum number of values in a category for meaningful quantiles. */
const LEAST = 5;
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

/** Most categories that can be told apart in a picture of points. */
const MOST_GROUPS = 8;

/**
 * Data and samples of two columns. Either set may be absent.
 *
 * @param others columns of the table: the first with few categories colors points.
 */
export function pairPicture(
  [first, second]: readonly [Variable, Variable],
  data: Table | undefined,
  samples: Table | undefined,
  others: readonly Variable[] = [],
): PairPicture {
  const reference = data ?? samples;
  if (reference === undefined) throw new Error("pairPicture: expected data or samples, got none.");
  const [a, b] = [tableAxis(first, reference), tableAxis(second, reference)];
  const isTurned = a.axis.kind === "numbers" && b.axis.kind === "categories";
  const [x, y] = isTurned ? [b, a] : [a, b];
  const arePoints = a.axis.kind === "numbers" && b.axis.kind === "numbers";
  const group = arePoints ? groupOf(others, reference) : undefined;
  return {
    columns: isTurned ? [second.name, first.name] : [first.name, second.name],
    axes: [x.axis, y.axis],
    ...(group && { groups: { column: group.column, labels: group.labels } }),
    ...(data !== undefined && { data: valuesOf(x, y, data, POINTS, group) }),
    ...(samples !== undefined && { samples: valuesOf(x, y, samples, Math.min(POINTS, data?.rows ?? POINTS), group) }),
  };
}

interface Group {
  readonly column: string;
  readonly labels: readonly string[];
  valuesOf(table: Table): Float64Array;
}

/** The first column with few categories. */
function groupOf(variables: readonly Variable[], reference: Table): Group | undefined {
  for (const variable of variables) {
    const { axis, valuesOf } = tableAxis(variable, reference);
    if (axis.kind !== "categories" || axis.labels.length < 2 || axis.labels.length > MOST_GROUPS) continue;
    return { column: variable.name, labels: axis.labels, valuesOf };
  }
  return undefined;
}

function valuesOf(x: AxisColumn, y: AxisColumn, table: Table, most: number, group: Group | undefined): PairValues {
  const [across, up] = [x.valuesOf(table), y.valuesOf(table)];
  if (x.axis.kind === "numbers") return points(across, up, most, group?.valuesOf(table));
  const count = x.axis.labels.length;
  return y.axis.kind === "numbers" ? groups(across, up, count) : sharesOf(across, up, count, y.axis);
}

function points(x: Float64Array, y: Float64Array, most: number, groups: Float64Array | undefined): PairValues {
  const whole = Array.from(x.keys()).filter((row) => !Number.isNaN((x[row] as number) + (y[row] as number)));
  const rows = Array.from(thinned(whole.length, most), (place) => whole[place] as number);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row] as number);
  return { kind: "points", x: pick(x), y: pick(y), ...(groups && { groups: pick(groups) }) };
}

function groups(places: Float64Array, values: Float64Array, count: number): PairValues {
  const byPlace = Array.from({ length: count }, (): number[] => []);
  for (const [row, place] of places.entries()) {
    const value = values[row] as number;
    if (!Number.isNaN(value)) byPlace[place]?.push(value);
  }
  return { kind: "groups", groups: byPlace.map(quantiles) };
}

function quantiles(values: readonly number[]): Quantiles | null {
  if (values.length < LEAST) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (level: number): number => sorted[Math.round(level * (sorted.length - 1))] as number;
  return LEVELS.map(at) as unknown as Quantiles;
}

function sharesOf(
  x: Float64Array,
  y: Float64Array,
  count: number,
  { labels }: Extract<TableAxis, { kind: "categories" }>,
): PairValues {
  const shares = Array.from({ length: count }, () => new Array<number>(labels.length).fill(0));
  for (const [row, place] of x.entries()) {
    const cells = shares[place];
    const at = y[row] as number;
    if (cells?.[at] !== undefined) cells[at] += 1 / x.length;
  }
  return { kind: "shares", shares };
}

/** Data and samples of a column as bars. Either set may be absent. */
export function marginalPicture(
  variable: Variable,
  data: Table | undefined,
  samples: Table | undefined,
): MarginalPicture {
  const reference = data ?? samples;
  if (reference === undefined) throw new Error("marginalPicture: expected data or samples, got none.");
  const { axis, sharesOf, missingOf } = columnBars(variable, reference);
  const part = <T>(of: (table: Table) => T): { data?: T; samples?: T } => ({
    ...(data !== undefined && { data: of(data) }),
    ...(samples !== undefined && { samples: of(samples) }),
  });
  const missing = part((table) => missingOf(table));
  const isMissing = [missing.data, missing.samples].some((share) => (share ?? 0) > 0);
  return {
    ...{ column: variable.name, axis },
    ...part((table) => sharesOf(table)),
    ...(isMissing && { missing }),
  };
}
