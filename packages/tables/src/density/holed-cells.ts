import type { Column, Table } from "@pushforward/datasets";
import { type HolePlaces, type HoleTask, holePlaces, repeatCells } from "../mixtures/hole-rows.ts";
import type { CodedCells } from "./cell-limits.ts";
import { CELL_SIZE, type CodedColumn, columnOf } from "./coding/category-coding.ts";
import type { DensityColumn } from "./density-column.ts";
import { type Cell, cellAt, columnFromCells } from "./dependent-cells.ts";

/** The cells of a column: the cells of the rows, and the drawn cells in its holes. */
export interface CellsOfColumn {
  readonly own: Column;
  readonly coded: CodedColumn;
  readonly holes: HolePlaces | undefined;
  /** The cells in the holes; cells of the same row are consecutive. */
  drawn: Column | undefined;
  codedDrawn: CodedColumn | undefined;
}

/** Cells to write to: numbers, with NaN for a missing cell, or categories. */
type Target = Float64Array | Cell[];

/** The cells of rows with holes, and of their draws. */
export class HoledCells {
  private readonly columns: readonly DensityColumn[];
  private readonly task: HoleTask;
  private readonly cells: readonly CellsOfColumn[];
  /** By column with holes: the cells already drawn in the holes. */
  private readonly targets: ReadonlyMap<string, Target>;
  private placed: number;

  /** @param byOrder number of draws of a row before the first draw that is placed. */
  constructor(columns: readonly DensityColumn[], task: HoleTask, byOrder: number) {
    const { table, holes, times } = task;
    this.columns = columns;
    this.task = task;
    this.placed = byOrder;
    this.cells = columns.map(({ name, coding }) => {
      const own = columnOf(table, name);
      const mask = holes.get(name);
      const coded = coding.encode(own);
      return { own, coded, holes: mask && holePlaces(mask), drawn: undefined, codedDrawn: undefined };
    });
    this.targets = new Map(
      this.cells.flatMap(({ own, holes: places }, k) => {
        if (places === undefined) return [];
        const size = places.rows.length * times;
        const isNumber = columns[k]?.coding.columnKind === "number";
        return [[own.name, isNumber ? new Float64Array(size).fill(Number.NaN) : new Array(size).fill(undefined)]];
      }),
    );
  }

  /** The cells of the column at a place. */
  of(k: number): CellsOfColumn {
    return this.cells[k] as CellsOfColumn;
  }

  /** The coded cells of all columns, without draws. */
  get known(): readonly CodedColumn[] {
    return this.cells.map(({ coded }) => coded);
  }

  /** The cells in the holes of a column, to write to. Draws of a row are consecutive. */
  targetOf(k: number): Target {
    return this.targets.get(this.of(k).own.name) as Target;
  }

  /** Writes the first `count` draws of each hole of a column. */
  write(k: number, drawn: Column, count: number): void {
    this.writeTo(this.targetOf(k), drawn, 0, count);
  }

  /** Replaces numbers among the first `count` draws of each hole; NaN for a draw that stays. */
  replace(k: number, numbers: Float64Array, count: number): void {
    const target = this.targetOf(k);
    for (let at = 0; at < numbers.length; at++) {
      const value = numbers[at] as number;
      if (!Number.isNaN(value)) target[Math.floor(at / count) * this.task.times + (at % count)] = value;
    }
  }

  /** Sets the cells in the holes of a column. Default: its written cells. */
  setDrawn(k: number, cells: Float64Array | readonly Cell[] = this.targetOf(k)): void {
    const { name, coding } = this.columns[k] as DensityColumn;
    const own = this.of(k);
    own.drawn =
      cells instanceof Float64Array
        ? { name, kind: "number", values: cells }
        : columnFromCells(name, coding.columnKind, cells);
    own.codedDrawn = coding.encode(own.drawn);
  }

  /** Places draws of a mixture after the draws already placed. */
  place(drawn: ReadonlyMap<string, Column>, count: number): void {
    for (const [name, column] of drawn) {
      const target = this.targets.get(name);
      if (target !== undefined) this.writeTo(target, column, this.placed, count);
    }
    this.placed += count;
  }

  /** Writes `count` draws of each hole, from the draw `first` on. */
  private writeTo(target: Target, drawn: Column, first: number, count: number): void {
    const { times } = this.task;
    if (target instanceof Float64Array) {
      const numbers = drawn.values as Float64Array;
      for (let at = 0, to = first; at < numbers.length; at += count, to += times) {
        target.set(numbers.subarray(at, at + count), to);
      }
      return;
    }
    for (let at = 0; at < drawn.values.length; at++) {
      target[Math.floor(at / count) * times + first + (at % count)] = cellAt(drawn, at);
    }
  }

  /** The cells in the holes of each column that has any. */
  drawn(): ReadonlyMap<string, Column> {
    return new Map(this.cells.flatMap(({ own, drawn }) => (drawn === undefined ? [] : [[own.name, drawn]])));
  }

  /** All rows, with the cells in their holes. */
  table(): Table {
    const { table, times } = this.task;
    return { rows: table.rows * times, columns: this.columns.map((_, k) => this.wholeColumn(k)) };
  }

  /** A column of all draws. */
  wholeColumn(k: number): Column {
    const { times } = this.task;
    const { own, holes, drawn } = this.of(k);
    const whole = repeatCells(own, times);
    if (holes === undefined || drawn === undefined) return whole;
    if (whole.kind === "number") {
      const [numbers, values] = [drawn.values as Float64Array, whole.values as Float64Array];
      for (const [place, row] of holes.rows.entries()) {
        values.set(numbers.subarray(place * times, (place + 1) * times), row * times);
      }
      return whole;
    }
    const values = whole.values as string[];
    const missing = new Set<number>(whole.missing);
    const lacking = drawn.kind === "text" ? drawn.missing : undefined;
    for (const [place, row] of holes.rows.entries()) {
      for (let i = 0; i < times; i++) {
        const [from, to] = [place * times + i, row * times + i];
        values[to] = drawn.values[from] as string;
        if (lacking?.has(from)) missing.add(to);
        else if (missing.size > 0) missing.delete(to);
      }
    }
    return { name: whole.name, kind: "text", values, ...(missing.size > 0 && { missing }) };
  }

  /** The contexts of some draws: the codes of the parents, then the features of parents that have features. */
  contexts(parents: readonly number[], draws: ArrayLike<number>): Float32Array {
    const width = parents.reduce((sum, j) => sum + 1 + this.of(j).coded.featureCount, 0);
    const context = new Float32Array(draws.length * width);
    const rows = rowsOfDraws(draws, this.task.times);
    let feature = parents.length;
    for (const [p, j] of parents.entries()) {
      const { coded, codedDrawn, holes } = this.of(j);
      const count = coded.featureCount;
      const places = holes === undefined ? rows : placesOfDraws(draws, rows, this.task.times, holes.place);
      copyEntries(context, width, { from: p, count: 1 }, places, coded.codes, codedDrawn?.codes ?? NONE);
      copyEntries(context, width, { from: feature, count }, places, coded.features, codedDrawn?.features ?? NONE);
      feature += count;
    }
    return context;
  }

  /** The cells of a column in the draws of some rows that are judged. */
  cellsOf(k: number, rows: readonly number[], judged: number): Pick<CodedColumn, "cells" | "logFloor"> {
    const cells = new Float32Array(rows.length * judged * CELL_SIZE);
    const logFloor = new Float64Array(rows.length * judged);
    const { coded, codedDrawn } = this.of(k);
    for (const [g, row] of rows.entries()) {
      const place = this.placeOf(k, row);
      const source = place < 0 ? coded : (codedDrawn as CodedColumn);
      const from = place < 0 ? row : place * this.task.times;
      copyDraws(cells, g * judged, source.cells, from, { count: judged, size: CELL_SIZE, isSame: place < 0 });
      copyDraws(logFloor, g * judged, source.logFloor, from, { count: judged, size: 1, isSame: place < 0 });
    }
    return { cells, logFloor };
  }

  /** The cells of a column in the first draws of some rows, with their numbers. */
  codedOf(k: number, rows: readonly number[], count: number): CodedCells {
    const isNumber = this.columns[k]?.coding.columnKind === "number";
    return {
      cells: this.cellsOf(k, rows, count).cells,
      values: isNumber ? this.numbersOf(k, rows, count) : undefined,
    };
  }

  isHole(k: number, row: number): boolean {
    return this.placeOf(k, row) >= 0;
  }

  /** The place of a cell among the holes of its column; −1 for a known cell. */
  placeOf(k: number, row: number): number {
    return this.cells[k]?.holes?.place[row] ?? -1;
  }

  /** The codes of a column in the first draws of some rows. */
  codesOf(k: number, rows: readonly number[], count: number): Float32Array {
    const { coded, codedDrawn } = this.of(k);
    const result = new Float32Array(rows.length * count);
    this.copyFirst(result, k, rows, count, coded.codes, codedDrawn?.codes);
    return result;
  }

  /** The numbers of a column in the first draws of some rows; NaN for a missing cell and for a category. */
  numbersOf(k: number, rows: readonly number[], count: number): Float64Array {
    const { coded, codedDrawn } = this.of(k);
    const result = new Float64Array(rows.length * count).fill(Number.NaN);
    this.copyFirst(result, k, rows, count, coded.values, codedDrawn?.values);
    return result;
  }

  private copyFirst<T extends Float32Array | Float64Array>(
    result: T,
    k: number,
    rows: readonly number[],
    count: number,
    known: T | undefined,
    drawn: T | undefined,
  ): void {
    for (const [g, row] of rows.entries()) {
      const place = this.placeOf(k, row);
      const source = place < 0 ? known : drawn;
      const from = place < 0 ? row : place * this.task.times;
      if (source !== undefined) copyDraws(result, g * count, source, from, { count, size: 1, isSame: place < 0 });
    }
  }
}

const NONE = new Float32Array();

/**
 * Copies entries of `count` draws.
 *
 * @param size entries of a draw. @param isSame `true` if all draws have the same entries.
 */
function copyDraws(
  target: Float32Array | Float64Array,
  to: number,
  source: Float32Array | Float64Array,
  from: number,
  { count, size, isSame }: { readonly count: number; readonly size: number; readonly isSame: boolean },
): void {
  if (!isSame) target.set(source.subarray(from * size, (from + count) * size), to * size);
  else for (let i = 0; i < count; i++) target.set(source.subarray(from * size, (from + 1) * size), (to + i) * size);
}

function rowsOfDraws(draws: ArrayLike<number>, times: number): Int32Array {
  const rows = new Int32Array(draws.length);
  for (let d = 0; d < rows.length; d++) rows[d] = Math.floor((draws[d] as number) / times);
  return rows;
}

/**
 * The place of each draw among the cells of a column: the row of a known cell, or −1 − the place of the draw among the
 * cells that were drawn.
 *
 * @param holes for each row its place among the rows with a hole; −1 for a known cell.
 */
function placesOfDraws(draws: ArrayLike<number>, rows: Int32Array, times: number, holes: Int32Array): Int32Array {
  const places = new Int32Array(rows.length);
  for (let d = 0; d < rows.length; d++) {
    const row = rows[d] as number;
    const place = holes[row] as number;
    places[d] = place < 0 ? row : -1 - (place * times + ((draws[d] as number) - row * times));
  }
  return places;
}

/** Copies `count` entries for each draw into a part of the rows of a context. */
function copyEntries(
  context: Float32Array,
  width: number,
  { from, count }: { readonly from: number; readonly count: number },
  places: Int32Array,
  known: Float32Array,
  drawn: Float32Array,
): void {
  for (let d = 0, to = from; d < places.length; d++, to += width) {
    const place = places[d] as number;
    const source = place < 0 ? drawn : known;
    const at = (place < 0 ? -1 - place : place) * count;
    for (let f = 0; f < count; f++) context[to + f] = source[at + f] as number;
  }
}
