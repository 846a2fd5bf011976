import type { Key } from "@pushforward/core";
import { logAddExp, logSumExp } from "@pushforward/core/plain";
import { takeTableRows } from "@pushforward/datasets/extend";
import { chosenTerm, type DrawCounts, type HoleTask, stratified } from "../mixtures/hole-rows.ts";
import { CELL_SIZE, type CellCoding, type CodedColumn, headSize } from "./coding/category-coding.ts";
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
import { cellAt, followingCells, NOTHING } from "./dependent-cells.ts";
import { drawCells } from "./draw-cells.ts";
import { DrawPaths } from "./draw-paths.ts";
import { HoleCopies } from "./hole-copies.ts";
import { HoledCells } from "./holed-cells.ts";
import { agreeingLogProb, KnownFunctions, restrictHead } from "./known-functions.ts";

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
  /** The cells of the draws. */
  readonly cells: HoledCells;
  private readonly columns: readonly DensityColumn[];
  private readonly task: HoleTask;
  /** Number of draws per row that the networks evaluate, and number that they draw. */
  private readonly judged: number;
  private readonly byOrder: number;
  private readonly copies: HoleCopies;
  private readonly functions: KnownFunctions;
  private readonly paths: DrawPaths;

  constructor(columns: readonly DensityColumn[], task: HoleTask, { judged, byOrder }: DrawCounts) {
    const { table, times } = task;
    this.columns = columns;
    this.task = task;
    this.judged = judged;
    this.byOrder = byOrder;
    this.cells = new HoledCells(columns, task, byOrder);
    const isHole = (k: number, row: number): boolean => this.cells.placeOf(k, row) >= 0;
    this.copies = new HoleCopies(columns, { isHole, coded: (k, row, draw) => this.cells.codedAt(k, row, draw) });
    this.functions = new KnownFunctions(columns, isHole, (k, row) => cellAt(this.cells.of(k).own, row));
    this.paths = new DrawPaths(table.rows, times);
    const size = table.rows * times;
    this.logNetworks = new Float64Array(size);
    this.logOrder = new Float64Array(size);
    this.logDependent = new Float64Array(size);
  }

  run(): void {
    for (const k of this.columns.keys()) {
      this.runColumn(k);
      const { holes, drawn } = this.cells.of(k);
      if (holes !== undefined && drawn !== undefined) this.paths.add(holes, drawn);
    }
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
    const cells = this.cells.of(k);
    const sources = column.dependent.from.map((place) => this.cells.wholeColumn(place));
    if (cells.holes !== undefined) {
      const places = cells.holes.rows.flatMap((row) => Array.from({ length: times }, (_, i) => row * times + i));
      const own = takeTableRows({ rows: table.rows * times, columns: sources }, places).columns;
      const following = followingCells(column.dependent, own, places.length, column.coding);
      if (following.includes(NOTHING)) this.drawMarginal(k, key.fold(column.name), times);
      const drawn = this.cells.targetOf(k);
      const filled = following.map((cell, at) => (cell === NOTHING ? drawn[at] : cell));
      this.cells.setDrawn(k, filled);
    }
    const whole = this.cells.wholeColumn(k);
    const values = dependentLogProb(column, sources, whole, column.coding.encode(whole));
    for (const [i, value] of values.entries()) this.logDependent[i] = (this.logDependent[i] as number) + value;
  }

  /** A column by its frequencies alone. */
  private runMarginal(k: number): void {
    const column = this.columns[k] as DensityColumn;
    const cells = this.cells.of(k);
    const logAllowed = this.drawMarginal(k, this.task.key.fold(column.name), this.byOrder);
    this.copyDrawn(k, this.task.key.fold(column.name), this.byOrder, () => 0);
    this.addKnown(k, (row) => this.cells.placeOf(k, row) < 0);
    const { holes } = cells;
    if (holes === undefined) return;
    const { times, mayBeMissing } = this.task;
    const allowed = this.drawAgreeing(k, this.byOrder, () => {
      const heads = marginalHead(column.coding);
      return { heads, logPresent: [restrictHead(heads, 0, column.coding, { mayBeMissing, logFactors: undefined })] };
    });
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
    const rows = this.cells.of(k).holes?.rows ?? [];
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
    const coded = this.cells.known.map((column) => takeCoded(column, rows));
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
    const { holes } = this.cells.of(k);
    const isHole = (j: number, row: number): boolean => this.cells.placeOf(j, row) >= 0;
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
    const { cells, logFloor } = this.cells.cellsOf(k, rows, judged);
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
          const logOrder = allowed.logOrder(this.cells.placeOf(k, row), i, logProb) ?? logProb - logAllowed;
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
      const values = memberHeads(member as ColumnDensity, this.cells.contexts(parents, firsts), firsts.length);
      for (let d = 0; d < draws.length; d++) {
        const [from, to] = [(places[d] as number) * size, targets[d] as number];
        for (let i = 0; i < size; i++) heads[to + i] = values[from + i] as number;
      }
    }
    return heads;
  }

  /**
   * Draws the first cells in the holes of a column from heads `[holes, count]`, in addition to the cells drawn by
   * mixtures.
   */
  private decode(k: number, heads: Float32Array, count: number, key: Key): void {
    const { times } = this.task;
    const { name, coding } = this.columns[k] as DensityColumn;
    const target = this.cells.targetOf(k);
    const groups = target.length / times;
    const { codes, quantiles } = drawCells(heads, coding, key, (own) => stratified(own, groups, count));
    const within = Float64Array.from(key.fold("within").uniform(codes.length));
    const column = coding.decode(name, codes, within, quantiles);
    for (let at = 0; at < codes.length; at++) {
      target[Math.floor(at / count) * times + (at % count)] = cellAt(column, at);
    }
    this.cells.setDrawn(k);
  }

  /**
   * Draws the numbers in the holes of a column again, where known functions of a hole leave few numbers.
   *
   * @param headsOf the heads of a hole: one for each draw that is judged, or one for all.
   */
  private drawAgreeing(k: number, count: number, headsOf: (place: number) => HoleHeads): AgreeingDraws {
    const { times, key } = this.task;
    const { name, coding } = this.columns[k] as DensityColumn;
    const { holes } = this.cells.of(k);
    const logSums = new Map<number, readonly [numbers: ReadonlySet<number>, sums: Float64Array]>();
    const target = this.cells.targetOf(k);
    for (const [place, row] of (holes?.rows ?? []).entries()) {
      const agreeing = this.copies.has(k) ? undefined : this.functions.agreeing(k, row);
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
    if (logSums.size > 0) this.cells.setDrawn(k);
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
    const { holes } = this.cells.of(k);
    if (holes === undefined || !this.copies.has(k)) return;
    const target = this.cells.targetOf(k);
    for (const [at, value] of this.copies.draw(k, holes.rows, count, key, logPresent).entries()) {
      if (value !== undefined) target[Math.floor(at / count) * this.task.times + (at % count)] = value;
    }
    this.cells.setDrawn(k);
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
