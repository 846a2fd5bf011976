import type { Column, Table } from "@pushforward/datasets";
import { type HolePlaces, type HoleTask, holePlaces, repeatCells } from "../mixtures/hole-rows.ts";
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

/** The cells of rows with holes, and of their draws. */
export class HoledCells {
  private readonly columns: readonly DensityColumn[];
  private readonly task: HoleTask;
  private readonly cells: readonly CellsOfColumn[];
  /** By column with holes: the cells already drawn in the holes. */
  private readonly targets: ReadonlyMap<string, Cell[]>;
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
      this.cells.flatMap(({ own, holes: places }) =>
        places === undefined ? [] : [[own.name, new Array(places.rows.length * times).fill(undefined)]],
      ),
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
  targetOf(k: number): Cell[] {
    return this.targets.get(this.of(k).own.name) as Cell[];
  }

  /** Sets the cells in the holes of a column. Default: its written cells. */
  setDrawn(k: number, cells: readonly Cell[] = this.targetOf(k)): void {
    const { name, coding } = this.columns[k] as DensityColumn;
    const own = this.of(k);
    own.drawn = columnFromCells(name, coding.columnKind, cells);
    own.codedDrawn = coding.encode(own.drawn);
  }

  /** Places draws of a mixture after the draws already placed. */
  place(drawn: ReadonlyMap<string, Column>, count: number): void {
    const { times } = this.task;
    for (const [name, column] of drawn) {
      const target = this.targets.get(name);
      if (target === undefined) continue;
      for (let at = 0; at < column.values.length; at++) {
        target[Math.floor(at / count) * times + this.placed + (at % count)] = cellAt(column, at);
      }
    }
    this.placed += count;
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
    const values = whole.values as (number | string)[];
    const missing = new Set<number>(whole.kind === "text" ? whole.missing : []);
    const lacking = drawn.kind === "text" ? drawn.missing : undefined;
    for (const [place, row] of holes.rows.entries()) {
      for (let i = 0; i < times; i++) {
        const [from, to] = [place * times + i, row * times + i];
        values[to] = drawn.values[from] as number | string;
        if (lacking?.has(from)) missing.add(to);
        else if (missing.size > 0) missing.delete(to);
      }
    }
    if (whole.kind === "number") return whole;
    return { name: whole.name, kind: "text", values: whole.values, ...(missing.size > 0 && { missing }) };
  }

  /** The contexts of some draws: the codes of the parents, then the features of parents that have features. */
  contexts(parents: readonly number[], draws: readonly number[]): Float32Array {
    const { times } = this.task;
    const width = parents.reduce((sum, j) => sum + 1 + this.of(j).coded.featureCount, 0);
    const context = new Float32Array(draws.length * width);
    let feature = parents.length;
    for (const [p, j] of parents.entries()) {
      const { coded, codedDrawn, holes } = this.of(j);
      const count = coded.featureCount;
      for (let d = 0; d < draws.length; d++) {
        const draw = draws[d] as number;
        const row = Math.floor(draw / times);
        const place = holes?.place[row] ?? -1;
        const { codes, features } = place < 0 ? coded : (codedDrawn as CodedColumn);
        const at = place < 0 ? row : place * times + (draw % times);
        context[d * width + p] = codes[at] as number;
        for (let f = 0; f < count; f++) context[d * width + feature + f] = features[at * count + f] as number;
      }
      feature += count;
    }
    return context;
  }

  /** The cells of a column in the draws of some rows that are judged. */
  cellsOf(k: number, rows: readonly number[], judged: number): Pick<CodedColumn, "cells" | "logFloor"> {
    const cells = new Float32Array(rows.length * judged * CELL_SIZE);
    const logFloor = new Float64Array(rows.length * judged);
    const { coded, codedDrawn } = this.of(k);
    for (let g = 0, to = 0; g < rows.length; g++) {
      const row = rows[g] as number;
      const place = this.placeOf(k, row);
      const source = place < 0 ? coded : (codedDrawn as CodedColumn);
      for (let i = 0; i < judged; i++, to++) {
        const at = place < 0 ? row : place * this.task.times + i;
        for (let c = 0; c < CELL_SIZE; c++) cells[to * CELL_SIZE + c] = source.cells[at * CELL_SIZE + c] as number;
        logFloor[to] = source.logFloor[at] as number;
      }
    }
    return { cells, logFloor };
  }

  /** The place of a cell among the holes of its column; −1 for a known cell. */
  placeOf(k: number, row: number): number {
    return this.cells[k]?.holes?.place[row] ?? -1;
  }

  /** The coded column of a cell in a draw, and the place of the cell there. */
  codedAt(k: number, row: number, draw: number): readonly [CodedColumn, number] {
    const { coded, codedDrawn } = this.of(k);
    const place = this.placeOf(k, row);
    return place < 0 ? [coded, row] : [codedDrawn as CodedColumn, place * this.task.times + draw];
  }
}
