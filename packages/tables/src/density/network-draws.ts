import type { Key } from "@pushforward/core";
import { logAddExp, logSumExp } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import {
  chosenTerm,
  type DrawCounts,
  type HolePlaces,
  type HoleTask,
  holePlaces,
  repeatCells,
  stratified,
} from "../mixtures/hole-rows.ts";
import { CELL_SIZE, type CellCoding, type CodedColumn, columnOf, headSize } from "./coding/category-coding.ts";
import type { ColumnDensity } from "./column-density.ts";
import {
  columnLogProb,
  dependentLogProb,
  headsLogProb,
  marginalHead,
  memberHeads,
  sameCells,
  takeCoded,
} from "./column-heads.ts";
import { keptCells, logFreeOf, placesOfCopies } from "./copied-cells.ts";
import type { DensityColumn, DependentDensityColumn } from "./density-column.ts";
import { cellAt, columnFromCells, followingCells, NOTHING } from "./dependent-cells.ts";
import { drawCells } from "./draw-cells.ts";
import { DrawPaths } from "./draw-paths.ts";
import { HoleCopies } from "./hole-copies.ts";
import { agreeingLogProb, KnownFunctions, restrictHead } from "./known-functions.ts";

/** The cells of a column: the cells of the rows, and the drawn cells in its holes. */
interface CellsOfColumn {
  readonly own: Column;
  readonly coded: CodedColumn;
  readonly holes: HolePlaces | undefined;
  /** The cells in the holes; cells of the same row are consecutive. */
  drawn: Column | undefined;
  codedDrawn: CodedColumn | undefined;
}

/** Heads of a hole that are restricted to present cells if it may not be missing, and the share of these cells. */
interface HoleHeads {
  readonly heads: Float32Array;
  readonly logPresent: ArrayLike<number>;
}

/** Holes that are drawn from few numbers. */
interface AgreeingDraws {
  /** The log-probability of a draw as it is drawn, from its log-probability; undefined for other holes. */
  readonly logOrder: (place: number, draw: number, logProb: number) => number | undefined;
}

/** The draws of the networks, and the networks' evaluation of all draws. */
export class NetworkDraws {
  /** For each draw the log-probabilities of all cells, of the cells in the holes as drawn, and of separate columns. */
  readonly logNetworks: Float64Array;
  readonly logOrder: Float64Array;
  readonly logDependent: Float64Array;
  private readonly columns: readonly DensityColumn[];
  private readonly task: HoleTask;
  /** Number of draws per row that the networks evaluate, and number that they draw. */
  private readonly judged: number;
  private readonly byOrder: number;
  private readonly cells: CellsOfColumn[] = [];
  /** By column with holes: the cells already drawn in the holes. */
  private readonly drawnCells: ReadonlyMap<string, (string | number | undefined)[]>;
  private placed: number;
  private readonly copies: HoleCopies;
  private readonly functions: KnownFunctions;
  private readonly paths: DrawPaths;

  constructor(columns: readonly DensityColumn[], task: HoleTask, { judged, byOrder }: DrawCounts) {
    const { table, holes, times } = task;
    this.columns = columns;
    this.task = task;
    this.judged = judged;
    this.byOrder = byOrder;
    this.placed = byOrder;
    const isHole = (k: number, row: number): boolean => this.placeOf(k, row) >= 0;
    this.copies = new HoleCopies(columns, { isHole, coded: (k, row, draw) => this.codedAt(k, row, draw) });
    this.functions = new KnownFunctions(columns, isHole, (k, row) => cellAt((this.cells[k] as CellsOfColumn).own, row));
    this.paths = new DrawPaths(table.rows, times);
    const size = table.rows * times;
    this.logNetworks = new Float64Array(size);
    this.logOrder = new Float64Array(size);
    this.logDependent = new Float64Array(size);
    this.cells = columns.map(({ name, coding }) => {
      const own = columnOf(table, name);
      const mask = holes.get(name);
      return {
        own,
        coded: coding.encode(own),
        holes: mask && holePlaces(mask),
        drawn: undefined,
        codedDrawn: undefined,
      };
    });
    this.drawnCells = new Map(
      columns.flatMap(({ name }, k) => {
        const places = this.cells[k]?.holes;
        return places === undefined ? [] : [[name, new Array(places.rows.length * times).fill(undefined)]];
      }),
    );
  }

  /** Places draws of a mixture after the draws already placed. */
  place(drawn: ReadonlyMap<string, Column>, count: number): void {
    const { times } = this.task;
    for (const [name, column] of drawn) {
      const target = this.drawnCells.get(name);
      if (target === undefined) continue;
      for (let at = 0; at < column.values.length; at++) {
        target[Math.floor(at / count) * times + this.placed + (at % count)] = cellAt(column, at);
      }
    }
    this.placed += count;
  }

  run(): void {
    for (const k of this.columns.keys()) {
      this.runColumn(k);
      const { holes, drawn } = this.cells[k] as CellsOfColumn;
      if (holes !== undefined && drawn !== undefined) this.paths.add(holes, drawn);
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

  private wholeColumn(k: number): Column {
    const { times } = this.task;
    const { own, holes, drawn } = this.cells[k] as CellsOfColumn;
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

  private runColumn(k: number): void {
    const column = this.columns[k] as DensityColumn;
    if (column.dependent !== undefined) this.runDependent(k);
    else if (column.members.length === 0) this.runMarginal(k);
    else this.runNetworks(k);
  }

  /** Runs a dependent column. Cells in its holes are dependent, too. */
  private runDependent(k: number): void {
    const { times, table, key } = this.task;
    const column = this.columns[k] as DependentDensityColumn;
    const cells = this.cells[k] as CellsOfColumn;
    const sources = column.dependent.from.map((place) => this.wholeColumn(place));
    if (cells.holes !== undefined) {
      const places = cells.holes.rows.flatMap((row) => Array.from({ length: times }, (_, i) => row * times + i));
      const own = takeTableRows({ rows: table.rows * times, columns: sources }, places).columns;
      const following = followingCells(column.dependent, own, places.length, column.coding);
      if (following.includes(NOTHING)) this.drawMarginal(k, key.fold(column.name), times);
      const drawn = this.drawnCells.get(column.name) as (string | number | undefined)[];
      const filled = following.map((cell, at) => (cell === NOTHING ? drawn[at] : cell));
      this.setDrawn(k, columnFromCells(column.name, column.coding.columnKind, filled));
    }
    const whole = this.wholeColumn(k);
    const values = dependentLogProb(column, sources, whole, column.coding.encode(whole));
    for (const [i, value] of values.entries()) this.logDependent[i] = (this.logDependent[i] as number) + value;
  }

  /** A column by its frequencies alone. */
  private runMarginal(k: number): void {
    const column = this.columns[k] as DensityColumn;
    const cells = this.cells[k] as CellsOfColumn;
    const logAllowed = this.drawMarginal(k, this.task.key.fold(column.name), this.byOrder);
    this.copyDrawn(k, this.task.key.fold(column.name), this.byOrder, () => 0);
    this.addKnown(k, (row) => this.placeOf(k, row) < 0);
    const { holes } = cells;
    if (holes === undefined) return;
    const { times, mayBeMissing } = this.task;
    const head = marginalHead(column.coding);
    const logPresent = [restrictHead(head, 0, column.coding, { mayBeMissing, logFactors: undefined })];
    const allowed = this.drawAgreeing(k, this.byOrder, () => ({ heads: head, logPresent }));
    const { codedDrawn } = cells;
    if (codedDrawn === undefined) return;
    const values = columnLogProb(column, [], codedDrawn, codedDrawn.codes.length);
    for (const [place, row] of holes.rows.entries()) {
      const logFactors = this.logFactors(k, row);
      for (let i = 0, at = place * times; i < times; i++, at++) {
        const value = values[at] as number;
        const logFactor = logFactors?.[codedDrawn.cells[at * CELL_SIZE] as number] ?? 0;
        const logOrder = allowed.logOrder(place, i, value) ?? value + logFactor - (logAllowed[place] as number);
        this.addDrawn(k, row, i, value, logOrder);
      }
    }
  }

  /** The probabilities of known functions of a hole by its code. Draws with copies have their own. */
  private logFactors(k: number, row: number): Float64Array | undefined {
    const isDrawnByHead = this.columns[k]?.dependent === undefined && !this.copies.has(k);
    return isDrawnByHead ? this.functions.logProb(k, row) : undefined;
  }

  /**
   * Draws the first cells in the holes of a column by its frequencies, and returns the logarithm of the share of the
   * cells that each hole can have: present ones if it may not be missing, with the known functions of the hole.
   */
  private drawMarginal(k: number, key: Key, count: number): Float64Array {
    const { coding } = this.columns[k] as DensityColumn;
    const { mayBeMissing } = this.task;
    const rows = this.cells[k]?.holes?.rows ?? [];
    const head = marginalHead(coding);
    const heads = new Float32Array(rows.length * count * head.length);
    const logAllowed = new Float64Array(rows.length);
    for (const [g, row] of Array.from(rows).entries()) {
      const own = head.slice();
      logAllowed[g] = restrictHead(own, 0, coding, { mayBeMissing, logFactors: this.logFactors(k, row) });
      for (let i = g * count; i < (g + 1) * count; i++) heads.set(own, i * head.length);
    }
    if (rows.length > 0) this.decode(k, heads, count, key);
    return logAllowed;
  }

  /** Adds the log-probability of a known cell, given known cells, to all draws of its row. */
  private addKnown(k: number, isConstant: (row: number) => boolean): void {
    const { table, times } = this.task;
    const rows = Array.from({ length: table.rows }, (_, row) => row).filter(isConstant);
    if (rows.length === 0) return;
    const coded = this.cells.map((cells) => takeCoded(cells.coded, rows));
    const values = columnLogProb(this.columns[k] as DensityColumn, coded, coded[k] as CodedColumn, rows.length);
    for (const [place, row] of rows.entries()) {
      const value = values[place] as number;
      for (let i = row * times; i < (row + 1) * times; i++) this.addLogProb(k, i, value);
    }
  }

  private runNetworks(k: number): void {
    const { table, times, key, mayBeMissing } = this.task;
    const column = this.columns[k] as DensityColumn;
    const { coding, parents, copies } = column;
    // A separate column is a factor of all draws, and all of its cells are drawn here.
    const [judged, byOrder] = copies === undefined ? [this.judged, this.byOrder] : [times, times];
    const { holes } = this.cells[k] as CellsOfColumn;
    const isHole = (j: number, row: number): boolean => this.placeOf(j, row) >= 0;
    const read = copies === undefined ? parents : [...parents, ...placesOfCopies(copies)];
    const isConstant = (row: number): boolean => !isHole(k, row) && !read.some((j) => isHole(j, row));
    this.addKnown(k, isConstant);
    const rows = Array.from({ length: table.rows }, (_, row) => row).filter((row) => !isConstant(row));
    if (rows.length === 0) return;
    const own = key.fold(column.name);
    const heads = this.headsOf(column, rows, judged, own.fold("member"));
    const size = headSize(coding);
    const logPresent = new Float64Array(rows.length * judged);
    const holed = rows.flatMap((row, g) => (isHole(k, row) ? [g] : []));
    const logFactors = rows.map((row) => (isHole(k, row) ? this.logFactors(k, row) : undefined));
    for (const g of holed) {
      if (mayBeMissing && logFactors[g] === undefined) continue;
      for (let at = g * judged; at < (g + 1) * judged; at++) {
        logPresent[at] = restrictHead(heads, at * size, coding, { mayBeMissing, logFactors: logFactors[g] });
      }
    }
    if (holes !== undefined) {
      const first = new Float32Array(holed.length * byOrder * size);
      for (const [h, g] of holed.entries()) {
        first.set(heads.subarray(g * judged * size, (g * judged + byOrder) * size), h * byOrder * size);
      }
      this.decode(k, first, byOrder, own);
      this.copyDrawn(k, own, byOrder, (place, i) => logPresent[(holed[place] as number) * judged + i] as number);
    }
    const allowed = this.drawAgreeing(k, byOrder, (place) => {
      const from = (holed[place] as number) * judged;
      const ownHeads = heads.subarray(from * size, (from + judged) * size);
      return { heads: ownHeads, logPresent: logPresent.subarray(from, from + judged) };
    });
    const { cells, logFloor } = this.cellsOf(k, rows, judged);
    const values = headsLogProb(cells, heads, coding);
    const logFree =
      copies &&
      logFreeOf(
        keptCells(copies).map((cell) => cellLogProb(heads, coding, cell, logPresent)),
        logPresent.length,
      );
    for (const [g, row] of rows.entries()) {
      const isDrawn = isHole(k, row);
      for (let i = 0; i < judged; i++) {
        const [at, to] = [g * judged + i, row * times + i];
        const inside = coding.logHead + (values[at] as number);
        const present = (logPresent[at] as number) - (logFactors[g]?.[cells[at * CELL_SIZE] as number] ?? 0);
        let logProb = logAddExp(inside + present, logFloor[at] as number);
        let logAllowed = present;
        if (logFree !== undefined) {
          const uncopied = { logProb, logPresent: present, logFree: logFree[at] as number };
          [logProb, logAllowed] = this.copies.logProb(k, row, i, uncopied);
        }
        if (isDrawn) {
          const logOrder = allowed.logOrder(this.placeOf(k, row), i, logProb) ?? logProb - logAllowed;
          this.addDrawn(k, row, i, logProb, logOrder);
        } else this.addLogProb(k, to, logProb);
      }
    }
  }

  /** The heads of the first draws of some rows, each by one member. */
  private headsOf(
    { coding, members, parents }: DensityColumn,
    rows: readonly number[],
    count: number,
    key: Key,
  ): Float32Array {
    const size = headSize(coding);
    const heads = new Float32Array(rows.length * count * size);
    const starts = key.uniform(rows.length);
    for (const [m, member] of members.entries()) {
      const [draws, targets]: [number[], number[]] = [[], []];
      for (const [g, row] of rows.entries()) {
        const start = Math.floor((starts[g] as number) * members.length);
        for (let i = (m - start + members.length) % members.length; i < count; i += members.length) {
          draws.push(row * this.task.times + i);
          targets.push((g * count + i) * size);
        }
      }
      if (draws.length === 0) continue;
      const { firsts, places } = this.paths.distinct(draws);
      const values = memberHeads(member as ColumnDensity, this.contexts(parents, firsts), firsts.length);
      for (let d = 0; d < draws.length; d++) {
        const [from, to] = [(places[d] as number) * size, targets[d] as number];
        for (let i = 0; i < size; i++) heads[to + i] = values[from + i] as number;
      }
    }
    return heads;
  }

  /** The contexts of some draws: the codes of the parents, then the features of parents that have features. */
  private contexts(parents: readonly number[], draws: readonly number[]): Float32Array {
    const { times } = this.task;
    const width = parents.reduce((sum, j) => sum + 1 + (this.cells[j] as CellsOfColumn).coded.featureCount, 0);
    const context = new Float32Array(draws.length * width);
    let feature = parents.length;
    for (const [p, j] of parents.entries()) {
      const { coded, codedDrawn, holes } = this.cells[j] as CellsOfColumn;
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
  private cellsOf(k: number, rows: readonly number[], judged: number): Pick<CodedColumn, "cells" | "logFloor"> {
    const cells = new Float32Array(rows.length * judged * CELL_SIZE);
    const logFloor = new Float64Array(rows.length * judged);
    const { coded, codedDrawn } = this.cells[k] as CellsOfColumn;
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

  /**
   * Draws the first cells in the holes of a column from heads `[holes, count]`, in addition to the cells drawn by
   * mixtures.
   */
  private decode(k: number, heads: Float32Array, count: number, key: Key): void {
    const { times } = this.task;
    const { name, coding } = this.columns[k] as DensityColumn;
    const target = this.drawnCells.get(name) as (string | number | undefined)[];
    const groups = target.length / times;
    const { codes, quantiles } = drawCells(heads, coding, key, (own) => stratified(own, groups, count));
    const within = Float64Array.from(key.fold("within").uniform(codes.length));
    const column = coding.decode(name, codes, within, quantiles);
    for (let at = 0; at < codes.length; at++) {
      target[Math.floor(at / count) * times + (at % count)] = cellAt(column, at);
    }
    this.setDrawn(k, columnFromCells(name, coding.columnKind, target));
  }

  /**
   * Draws the numbers in the holes of a column again, where known functions of a hole leave few numbers.
   *
   * @param headsOf the heads of a hole: one for each draw that is judged, or one for all.
   */
  private drawAgreeing(k: number, count: number, headsOf: (place: number) => HoleHeads): AgreeingDraws {
    const { times, key } = this.task;
    const { name, coding, dependent } = this.columns[k] as DensityColumn;
    const { holes } = this.cells[k] as CellsOfColumn;
    const logSums = new Map<number, readonly [numbers: ReadonlySet<number>, sums: Float64Array]>();
    const target = this.drawnCells.get(name) as (string | number | undefined)[];
    for (const [place, row] of (holes?.rows ?? []).entries()) {
      const agreeing = dependent === undefined && !this.copies.has(k) ? this.functions.agreeing(k, row) : undefined;
      if (agreeing === undefined) continue;
      const { numbers } = agreeing;
      const { heads, logPresent } = headsOf(place);
      const logProb = agreeingLogProb(agreeing, heads, coding, logPresent);
      const termsOf = (h: number): Float64Array => logProb.subarray(h * numbers.length, (h + 1) * numbers.length);
      const sums = Float64Array.from(logPresent, (_, h) => logSumExp(termsOf(h)));
      const uniforms = stratified(key.fold(name).fold("agreeing").fold(place), 1, count);
      for (let i = 0; i < count; i++) {
        const h = sums.length === 1 ? 0 : i;
        const chosen = chosenTerm(termsOf(h), sums[h] as number, uniforms[i] as number);
        target[place * times + i] = numbers[chosen] as number;
      }
      logSums.set(place, [new Set(numbers), sums]);
    }
    if (logSums.size > 0) this.setDrawn(k, columnFromCells(name, coding.columnKind, target));
    return {
      logOrder: (place, draw, logProb) => {
        const own = logSums.get(place);
        if (own === undefined) return undefined;
        const [numbers, sums] = own;
        const isDrawable = numbers.has(target[place * times + draw] as number);
        return isDrawable ? logProb - (sums[sums.length === 1 ? 0 : draw] as number) : Number.NEGATIVE_INFINITY;
      },
    };
  }

  /** Replaces some of the cells that the networks have drawn by copies. */
  private copyDrawn(k: number, key: Key, count: number, logPresent: (place: number, draw: number) => number): void {
    const { name, coding } = this.columns[k] as DensityColumn;
    const { holes } = this.cells[k] as CellsOfColumn;
    if (holes === undefined || !this.copies.has(k)) return;
    const target = this.drawnCells.get(name) as (string | number | undefined)[];
    for (const [at, value] of this.copies.draw(k, holes.rows, count, key, logPresent).entries()) {
      if (value !== undefined) target[Math.floor(at / count) * this.task.times + (at % count)] = value;
    }
    this.setDrawn(k, columnFromCells(name, coding.columnKind, target));
  }

  /** Adds the log-probability of a drawn cell by the networks, and as it was drawn. */
  private addDrawn(k: number, row: number, draw: number, logProb: number, logOrder: number): void {
    const to = row * this.task.times + draw;
    const drawn = this.copies.logDrawn(k, row, draw, logOrder);
    if (this.columns[k]?.copies !== undefined) this.addLogProb(k, to, logProb - drawn);
    else {
      this.addLogProb(k, to, logProb);
      this.logOrder[to] = (this.logOrder[to] as number) + drawn;
    }
  }

  /** Adds to the log-probability of the networks, or to the factor of separate columns. */
  private addLogProb(k: number, to: number, value: number): void {
    const sums = this.columns[k]?.copies === undefined ? this.logNetworks : this.logDependent;
    sums[to] = (sums[to] as number) + value;
  }

  /** The place of a cell among the holes of its column; −1 for a known cell. */
  private placeOf(k: number, row: number): number {
    return this.cells[k]?.holes?.place[row] ?? -1;
  }

  /** The coded column of a cell in a draw, and the place of the cell there. */
  private codedAt(k: number, row: number, draw: number): readonly [CodedColumn, number] {
    const { coded, codedDrawn } = this.cells[k] as CellsOfColumn;
    const place = this.placeOf(k, row);
    return place < 0 ? [coded, row] : [codedDrawn as CodedColumn, place * this.task.times + draw];
  }

  private setDrawn(k: number, drawn: Column): void {
    const cells = this.cells[k] as CellsOfColumn;
    cells.drawn = drawn;
    cells.codedDrawn = (this.columns[k] as DensityColumn).coding.encode(drawn);
  }
}

/**
 * The log-probabilities of the same cell in each draw.
 *
 * @param logPresent the log-probabilities of a present cell where heads are restricted to present cells, otherwise 0.
 */
function cellLogProb(heads: Float32Array, coding: CellCoding, cell: number, logPresent: Float64Array): Float64Array {
  const { cells, logFloor } = sameCells(coding, cell, logPresent.length);
  const values = headsLogProb(cells, heads, coding);
  return logPresent.map((present, at) => {
    const isLeft = Number.isNaN(cell) && present < 0;
    const inside = coding.logHead + (isLeft ? Math.log(-Math.expm1(present)) : (values[at] as number) + present);
    return logAddExp(inside, logFloor[at] as number);
  });
}
