import type { Key } from "@pushforward/core";
import { logAddExp, logSumExp } from "@pushforward/core/plain";
import { takeTableRows } from "@pushforward/datasets/extend";
import { chosenTerm, type DrawCounts, type HoleTask, stratified, type Tilt } from "../mixtures/hole-rows.ts";
import { type AllowedCells, type CodedCells, placesOfRules } from "./cell-limits.ts";
import { CELL_SIZE, type CellCoding, type CodedColumn, headSize } from "./coding/category-coding.ts";
import type { ColumnDensity } from "./column-density.ts";
import {
  addRecalled,
  allowedCellsBy,
  columnLogProb,
  dependentLogProb,
  headsLogProb,
  marginalHead,
  marginalHeads,
  memberHeads,
  sameCells,
  takeCoded,
} from "./column-heads.ts";
import { isLimited, keptCells, logFreeOf, mayCopy, placesOfCopies } from "./copied-cells.ts";
import { type DensityColumn, type DependentDensityColumn, isCopied } from "./density-column.ts";
import { type Cell, cellAt, followingCells, NOTHING } from "./dependent-cells.ts";
import { type AllowedDraws, drawAllowed, drawColumnOf, drawTilted } from "./draw-cells.ts";
import { DrawPaths } from "./draw-paths.ts";
import { HoleCopies } from "./hole-copies.ts";
import { HoledCells } from "./holed-cells.ts";
import { agreeingLogProb, KnownFunctions, restrictHeads } from "./known-functions.ts";

/** Heads of a hole that are restricted to present cells if it may not be missing, and the share of these cells. */
interface HoleHeads {
  readonly heads: Float32Array;
  readonly logPresent: ArrayLike<number>;
}

/** The numbers that a hole is drawn from, if these are few, and the logarithm of their probability by each head. */
interface AgreeingDraws {
  readonly numbers: ReadonlySet<number>;
  readonly logSums: Float64Array;
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
  /** By the place of a column: the factors of the numbers that a tilt has drawn, for each hole and draw. */
  private readonly tilted: Map<number, Float64Array> = new Map();

  constructor(columns: readonly DensityColumn[], task: HoleTask, { judged, byOrder }: DrawCounts) {
    const { table, times } = task;
    this.columns = columns;
    this.task = task;
    this.judged = judged;
    this.byOrder = byOrder;
    this.cells = new HoledCells(columns, task, byOrder);
    this.copies = new HoleCopies(columns, this.cells);
    this.functions = new KnownFunctions(
      columns,
      (k, row) => this.cells.isHole(k, row),
      (k, row) => cellAt(this.cells.of(k).own, row),
    );
    this.paths = new DrawPaths(table.rows, times);
    const size = table.rows * times;
    this.logNetworks = new Float64Array(size);
    this.logOrder = new Float64Array(size);
    this.logDependent = new Float64Array(size);
  }

  /**
   * Draws all columns.
   *
   * @returns for each of some places the log-probabilities of the columns before it, as in {@link logNetworks}.
   */
  run(places: readonly number[]): Float64Array[] {
    const before: Float64Array[] = [];
    for (const k of this.columns.keys()) {
      for (const [p, place] of places.entries()) if (place === k) before[p] = this.logNetworks.slice();
      this.runColumn(k);
      const { holes, drawn } = this.cells.of(k);
      if (holes !== undefined && drawn !== undefined) this.paths.add(holes, drawn);
    }
    return before;
  }

  /** By the name of a column without copies: 1 for each draw with a number that follows from a known copy, `[rows, times]`. */
  pulled(): ReadonlyMap<string, Uint8Array> {
    const { table, times } = this.task;
    const result = new Map<string, Uint8Array>();
    for (const [k, own] of this.copies.pulled) {
      const column = this.columns[k] as DensityColumn;
      if (isCopied(column)) continue;
      const flags = new Uint8Array(table.rows * times);
      for (const [place, row] of (this.cells.of(k).holes?.rows ?? []).entries()) {
        flags.set(own.subarray(place * this.byOrder, (place + 1) * this.byOrder), row * times);
      }
      result.set(column.name, flags);
    }
    return result;
  }

  private runColumn(k: number): void {
    const column = this.columns[k] as DensityColumn;
    if (column.isGiven) return;
    if (column.dependent !== undefined) this.runDependent(k);
    else if (column.members.length === 0 && !isLimited(column)) this.runMarginal(k);
    else this.runNetworks(k);
  }

  /**
   * Runs a dependent column. Cells in its holes are dependent, too, except where nothing follows, or a missing cell for a
   * hole that may not be missing: these are drawn by the frequencies of the column.
   */
  private runDependent(k: number): void {
    const { times, table, key, mayBeMissing } = this.task;
    const column = this.columns[k] as DependentDensityColumn;
    const cells = this.cells.of(k);
    const sources = column.dependent.from.map((place) => this.cells.wholeColumn(place));
    // The weights of draws of cells that do not follow.
    const logFree = new Map<number, number>();
    if (cells.holes !== undefined) {
      const places = cells.holes.rows.flatMap((row) => Array.from({ length: times }, (_, i) => row * times + i));
      const own = takeTableRows({ rows: table.rows * times, columns: sources }, places).columns;
      const following = followingCells(column.dependent, own, places.length, column.coding);
      const isFree = (cell: unknown): boolean => cell === NOTHING || (cell === undefined && !mayBeMissing);
      const logAllowed = following.some(isFree) ? this.drawMarginal(k, key.fold(column.name), times) : NONE;
      const logOther = Math.log(-Math.expm1(column.coding.logHead));
      const drawn = this.cells.targetOf(k);
      const filled = following.map((cell, at) => {
        if (!isFree(cell)) return cell as Cell;
        // The frequencies by which the cell is drawn are a factor of its probability, and cancel.
        const allowed = logAllowed[Math.floor(at / times)] as number;
        logFree.set(places[at] as number, cell === NOTHING ? allowed : logOther + allowed);
        return drawn[at];
      });
      this.cells.setDrawn(k, filled);
    }
    const whole = this.cells.wholeColumn(k);
    const logProb = dependentLogProb(column, sources, whole, column.coding.encode(whole));
    for (const [draw, value] of logFree) logProb[draw] = value;
    addTo(this.logDependent, 0, logProb);
  }

  /** A column by its frequencies alone. */
  private runMarginal(k: number): void {
    const column = this.columns[k] as DensityColumn;
    const cells = this.cells.of(k);
    const logAllowed = this.drawMarginal(k, this.task.key.fold(column.name), this.byOrder);
    const present = new Float64Array((cells.holes?.rows.length ?? 0) * this.byOrder);
    this.copyDrawn(k, this.task.key.fold(column.name), this.byOrder, present);
    this.addKnown(k, (row) => this.cells.placeOf(k, row) < 0);
    const { holes } = cells;
    if (holes === undefined) return;
    const { times, mayBeMissing } = this.task;
    const agreeing = this.drawAgreeing(k, this.byOrder, () => {
      const heads = marginalHead(column.coding);
      return { heads, logPresent: restrictHeads(heads, 0, 1, column.coding, { mayBeMissing, logFactors: undefined }) };
    });
    const { codedDrawn } = cells;
    if (codedDrawn === undefined) return;
    const values = columnLogProb(column, [], codedDrawn, codedDrawn.codes.length);
    for (const [place, row] of holes.rows.entries()) {
      const own = values.subarray(place * times, (place + 1) * times);
      const logFactors = this.logFactors(k, row);
      const ownAllowed = new Float64Array(times).fill(logAllowed[place] as number);
      if (logFactors !== undefined) subtractFactors(ownAllowed, logFactors, codedDrawn.cells, place * times);
      this.addDrawn(k, row, own, this.logOrderOf(agreeing.get(place), k, place, own, ownAllowed));
    }
  }

  /**
   * The factors of the codes of a hole: the probabilities of its known functions, and the tilt. Columns with copies have
   * none.
   */
  private logFactors(k: number, row: number): Float64Array | undefined {
    const column = this.columns[k] as DensityColumn;
    if (column.dependent !== undefined || mayCopy(column)) return undefined;
    const ofFunctions = this.copies.has(k) ? undefined : this.functions.logProb(k, row);
    const tilt = this.tiltOf(k);
    if (tilt === undefined || tilt.bounds !== undefined) return ofFunctions;
    return ofFunctions?.map((value, code) => value + (tilt.logFactors[code] as number)) ?? tilt.logFactors;
  }

  /** The multiples of earlier columns that a tilt subtracts from the draws of each hole; 0 for missing cells. */
  private shiftsOf(k: number, { minus = new Map() }: Tilt, count: number): Float64Array {
    const rows = this.cells.of(k).holes?.rows ?? [];
    const shifts = new Float64Array(rows.length * count);
    for (const [name, factor] of minus) {
      const place = this.columns.findIndex((column) => column.name === name);
      addTo(
        shifts,
        0,
        this.cells.numbersOf(place, rows, count).map((x) => (Number.isNaN(x) ? 0 : factor * x)),
      );
    }
    return shifts;
  }

  private tiltOf(k: number): Tilt | undefined {
    const column = this.columns[k] as DensityColumn;
    const { isInOrder, tilts } = this.task;
    return isInOrder && column.dependent === undefined && !mayCopy(column) ? tilts?.get(column.name) : undefined;
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
      logAllowed.set(restrictHeads(own, 0, 1, coding, { mayBeMissing, logFactors: this.logFactors(k, row) }), g);
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
    const sums = this.sumsOf(k);
    for (const [place, row] of rows.entries()) {
      addTo(sums, row * times, new Float64Array(times).fill(values[place] as number));
    }
  }

  private runNetworks(k: number): void {
    const { table, times, key, mayBeMissing } = this.task;
    const column = this.columns[k] as DensityColumn;
    const { coding, parents, copies, limits } = column;
    // A separate column is a factor of all draws, and all of its cells are drawn here.
    const [judged, byOrder] = isCopied(column) ? [times, times] : [this.judged, this.byOrder];
    const { holes } = this.cells.of(k);
    const { cells } = this;
    const read = [...parents, ...(copies ? placesOfCopies(copies) : []), ...placesOfRules(limits)];
    const isConstant = (row: number): boolean => !cells.isHole(k, row) && !read.some((j) => cells.isHole(j, row));
    this.addKnown(k, isConstant);
    const rows = Array.from({ length: table.rows }, (_, row) => row).filter((row) => !isConstant(row));
    if (rows.length === 0) return;
    const own = key.fold(column.name);
    const heads = this.headsOf(column, rows, judged, own.fold("member"));
    const rules = isLimited(column) ? new RuledDraws(column, heads, (j) => cells.codedOf(j, rows, judged)) : undefined;
    const size = headSize(coding);
    const logPresent = new Float64Array(rows.length * judged);
    const holed = rows.flatMap((row, g) => (cells.isHole(k, row) ? [g] : []));
    const logFactors = rows.map((row) => (cells.isHole(k, row) ? this.logFactors(k, row) : undefined));
    for (const g of holed) {
      const allowed = { mayBeMissing, logFactors: logFactors[g] };
      logPresent.set(restrictHeads(heads, g * judged * size, judged, coding, allowed), g * judged);
    }
    if (holes !== undefined) {
      const first = new Float32Array(holed.length * byOrder * size);
      const present = new Float64Array(holed.length * byOrder);
      for (const [h, g] of holed.entries()) {
        first.set(heads.subarray(g * judged * size, (g * judged + byOrder) * size), h * byOrder * size);
        present.set(logPresent.subarray(g * judged, g * judged + byOrder), h * byOrder);
      }
      const places = Int32Array.from(
        present,
        (_, i) => (holed[Math.floor(i / byOrder)] as number) * judged + (i % byOrder),
      );
      this.decode(k, first, byOrder, own, rules && { allowed: rules.allowed, rows: places });
      this.copyDrawn(k, own, byOrder, present);
    }
    const agreeing = this.drawAgreeing(k, byOrder, (place) => {
      const from = (holed[place] as number) * judged;
      const ownHeads = heads.subarray(from * size, (from + judged) * size);
      return { heads: ownHeads, logPresent: logPresent.subarray(from, from + judged) };
    });
    const coded = cells.cellsOf(k, rows, judged);
    const logAllowed = logPresent.slice();
    for (const g of holed) {
      const factors = logFactors[g];
      if (factors === undefined) continue;
      const from = g * judged;
      subtractFactors(logAllowed.subarray(from, from + judged), factors, coded.cells, from);
    }
    const ofDraws = rules && cells.codedOf(k, rows, judged);
    const change = ofDraws && rules?.logChange(ofDraws);
    const inside = change === undefined ? logAllowed : logAllowed.map((value, i) => value + (change[i] as number));
    const logProb = logInside(headsLogProb(coded.cells, heads, coding), coding.logHead, inside, coded.logFloor);
    if (mayCopy(column)) {
      const logTaken = keptCells(column).map((cell) =>
        cellLogProb(heads, coding, cell, logPresent, rules?.logChange(sameCells(coding, cell, logPresent.length))),
      );
      const uncopied = { logProb, logPresent: logAllowed, logFree: logFreeOf(logTaken, logPresent.length) };
      this.copies.addCopies(k, rows, judged, uncopied);
    }
    const sums = this.sumsOf(k);
    for (const [g, row] of rows.entries()) {
      const ownLogProb = logProb.subarray(g * judged, (g + 1) * judged);
      const place = cells.placeOf(k, row);
      if (place < 0) addTo(sums, row * times, ownLogProb);
      else {
        const [from, to] = [g * judged, (g + 1) * judged];
        const ownAllowed = logAllowed.subarray(from, to);
        let free = ownLogProb;
        if (rules !== undefined && ofDraws !== undefined && change !== undefined) {
          free = difference(ownLogProb, change.subarray(from, to));
          // Tilted numbers are not drawn again.
          if (!this.tilted.has(k)) {
            addTo(ownAllowed, 0, rules.allowed.logKept(heads.subarray(from * size, to * size), from));
            addTo(free, 0, rules.logOdds(ofDraws, from, to));
          }
        }
        this.addDrawn(k, row, ownLogProb, this.logOrderOf(agreeing.get(place), k, place, free, ownAllowed));
      }
    }
  }

  /** The heads of the first draws of some rows, each by one member. */
  private headsOf(column: DensityColumn, rows: readonly number[], count: number, key: Key): Float32Array {
    const { coding, members, parents } = column;
    if (members.length === 0) return marginalHeads(coding, rows.length * count);
    const size = headSize(coding);
    const heads = new Float32Array(rows.length * count * size);
    const turns = stratified(key, rows.length, count);
    for (const [m, member] of members.entries()) {
      const targets = turnsOf(turns, m, members.length);
      if (targets.length === 0) continue;
      const { firsts, places } = this.paths.distinct(drawsAt(targets, rows, count, this.task.times));
      const values = memberHeads(member as ColumnDensity, this.cells.contexts(parents, firsts), firsts.length);
      copyHeads(heads, targets, values, places, size);
    }
    addRecalled(heads, column, rows.length * count, (place) => this.cells.codedOf(place, rows, count));
    return heads;
  }

  /**
   * Draws the first cells in the holes of a column from heads `[holes, count]`, in addition to the cells drawn by
   * mixtures.
   *
   * @param rules of the column: cells that break them are drawn again.
   */
  private decode(k: number, heads: Float32Array, count: number, key: Key, rules?: Omit<AllowedDraws, "key">): void {
    const { times } = this.task;
    const { name, coding } = this.columns[k] as DensityColumn;
    const groups = this.cells.targetOf(k).length / times;
    const uniforms = (own: Key): Float64Array => stratified(own, groups, count);
    const tilt = this.tiltOf(k);
    if (tilt?.bounds !== undefined) {
      const { values, logFactors } = drawTilted(heads, coding, key, tilt, {
        uniforms,
        shifts: this.shiftsOf(k, tilt, count),
      });
      this.tilted.set(k, logFactors);
      this.cells.write(k, { name, kind: "number", values }, count);
      this.cells.setDrawn(k);
      return;
    }
    const drawn = drawColumnOf(name, coding, heads, key, uniforms);
    this.cells.write(k, rules === undefined ? drawn : drawAllowed(drawn, coding, heads, { ...rules, key }), count);
    this.cells.setDrawn(k);
  }

  /**
   * Draws the numbers in the holes of a column again, where known functions of a hole leave few numbers.
   *
   * @param headsOf the heads of a hole: one for each draw that is judged, or one for all.
   * @returns by the place of a hole; none for holes that keep their draws.
   */
  private drawAgreeing(
    k: number,
    count: number,
    headsOf: (place: number) => HoleHeads,
  ): ReadonlyMap<number, AgreeingDraws> {
    const { times, key } = this.task;
    const { name, coding } = this.columns[k] as DensityColumn;
    const { holes } = this.cells.of(k);
    const result = new Map<number, AgreeingDraws>();
    const target = this.cells.targetOf(k);
    for (const [place, row] of (holes?.rows ?? []).entries()) {
      const agreeing = this.copies.has(k) ? undefined : this.functions.agreeing(k, row);
      if (agreeing === undefined) continue;
      const { numbers } = agreeing;
      const { heads, logPresent } = headsOf(place);
      const logProb = agreeingLogProb(agreeing, heads, coding, logPresent);
      const termsOf = (h: number): Float64Array => logProb.subarray(h * numbers.length, (h + 1) * numbers.length);
      const logSums = Float64Array.from(logPresent, (_, h) => logSumExp(termsOf(h)));
      const uniforms = stratified(key.fold(name).fold("agreeing").fold(place), 1, count);
      for (let i = 0; i < count; i++) {
        const h = logSums.length === 1 ? 0 : i;
        const chosen = chosenTerm(termsOf(h), logSums[h] as number, uniforms[i] as number);
        target[place * times + i] = numbers[chosen] as number;
      }
      result.set(place, { numbers: new Set(numbers), logSums });
    }
    if (result.size > 0) this.cells.setDrawn(k);
    return result;
  }

  /**
   * The log-probabilities of the draws of a hole as they are drawn.
   *
   * @param logAllowed the logarithm of the share of the cells that can be drawn.
   */
  private logOrderOf(
    agreeing: AgreeingDraws | undefined,
    k: number,
    place: number,
    logProb: Float64Array,
    logAllowed: Float64Array,
  ): Float64Array {
    if (agreeing === undefined) {
      const logOrder = difference(logProb, logAllowed);
      const { byOrder } = this;
      addTo(logOrder, 0, this.tilted.get(k)?.subarray(place * byOrder, (place + 1) * byOrder) ?? NONE);
      return logOrder;
    }
    const { numbers, logSums } = agreeing;
    const target = this.cells.targetOf(k);
    return logProb.map((value, draw) => {
      const isDrawable = numbers.has(target[place * this.task.times + draw] as number);
      return isDrawable ? value - (logSums[logSums.length === 1 ? 0 : draw] as number) : Number.NEGATIVE_INFINITY;
    });
  }

  /**
   * Replaces some of the cells that the networks have drawn by copies.
   *
   * @param logPresent the log-probability of a present cell without copies, for each hole and draw.
   */
  private copyDrawn(k: number, key: Key, count: number, logPresent: Float64Array): void {
    const { holes } = this.cells.of(k);
    if (holes === undefined || !this.copies.has(k)) return;
    this.cells.replace(k, this.copies.draw(k, holes.rows, count, key, logPresent), count);
    this.cells.setDrawn(k);
  }

  /** Adds the log-probabilities of the draws of a hole by the networks, and as they were drawn. */
  private addDrawn(k: number, row: number, logProb: Float64Array, logOrder: Float64Array): void {
    const from = row * this.task.times;
    const first = this.cells.placeOf(k, row) * this.byOrder;
    const flags = this.tiltOf(k) && this.copies.pulled.get(k)?.subarray(first, first + this.byOrder);
    const drawn = this.copies.logDrawn(k, row, logOrder, flags);
    if (isCopied(this.columns[k] as DensityColumn)) addTo(this.sumsOf(k), from, difference(logProb, drawn));
    else {
      addTo(this.sumsOf(k), from, logProb);
      addTo(this.logOrder, from, drawn);
    }
  }

  /** The log-probabilities of the networks, or the factor of separate columns. */
  private sumsOf(k: number): Float64Array {
    return isCopied(this.columns[k] as DensityColumn) ? this.logDependent : this.logNetworks;
  }
}

const NONE = new Float64Array();

/** The rules of a column in its draws. */
class RuledDraws {
  readonly allowed: AllowedCells;
  /** `log Σ h f` of each head. */
  private readonly logTotals: Float64Array;

  /** @param heads before any cells are excluded. */
  constructor(column: DensityColumn, heads: Float32Array, codedOf: (place: number) => CodedCells) {
    this.allowed = allowedCellsBy(column, heads.length / headSize(column.coding), codedOf);
    this.logTotals = this.allowed.logTotals(heads);
  }

  /** The logarithms of the factors of the edge, for the cells of some draws. */
  logOdds(cells: CodedCells, from: number, to: number): Float64Array {
    return Float64Array.from({ length: to - from }, (_, i) => this.allowed.logOdds(from + i, cells, from + i));
  }

  /** The change of the log-probabilities of the cells of the draws. */
  logChange(cells: CodedCells): Float64Array {
    return this.logTotals.map((total, i) => this.allowed.logFactor(i, cells) - total);
  }
}

// The loops over all draws are functions of arrays: they are compiled once and soon, methods around them are not.

function addTo(sums: Float64Array, from: number, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) sums[from + i] = (sums[from + i] as number) + (values[i] as number);
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = (a[i] as number) - (b[i] as number);
  return result;
}

/** Subtracts the factor of the code of each cell; the cells begin at a place. */
function subtractFactors(values: Float64Array, logFactors: Float64Array, cells: Float32Array, from: number): void {
  for (let i = 0; i < values.length; i++) {
    values[i] = (values[i] as number) - (logFactors[cells[(from + i) * CELL_SIZE] as number] ?? 0);
  }
}

/** `log(exp(logHead + values + logAllowed) + exp(logFloor))` of each draw. */
function logInside(
  values: Float32Array,
  logHead: number,
  logAllowed: Float64Array,
  logFloor: Float64Array,
): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    result[i] = logAddExp(logHead + (values[i] as number) + (logAllowed[i] as number), logFloor[i] as number);
  }
  return result;
}

/**
 * The draws that a member evaluates, as places among the first draws of some rows. Each member has an equal share of the
 * draws of a row, in an order of the column's own: turns in a common order would pair a member of a column with the same
 * member of another column in all draws.
 *
 * @param turns uniform numbers, which choose the members.
 */
function turnsOf(turns: Float64Array, member: number, members: number): Int32Array {
  const result = new Int32Array(turns.length);
  let size = 0;
  for (let at = 0; at < turns.length; at++) {
    if (Math.min(members - 1, Math.floor((turns[at] as number) * members)) === member) result[size++] = at;
  }
  return result.subarray(0, size);
}

/** The places of the first `count` draws of some rows among all draws. */
function drawsAt(places: Int32Array, rows: readonly number[], count: number, times: number): Int32Array {
  const result = new Int32Array(places.length);
  for (let d = 0; d < places.length; d++) {
    const place = places[d] as number;
    const g = Math.floor(place / count);
    result[d] = (rows[g] as number) * times + (place - g * count);
  }
  return result;
}

/** Copies the head at each place of the values to a place of the heads. */
function copyHeads(
  heads: Float32Array,
  targets: Int32Array,
  values: Float32Array,
  places: Int32Array,
  size: number,
): void {
  for (let d = 0; d < targets.length; d++) {
    const [from, to] = [(places[d] as number) * size, (targets[d] as number) * size];
    for (let i = 0; i < size; i++) heads[to + i] = values[from + i] as number;
  }
}

/**
 * The log-probabilities of the same cell in each draw.
 *
 * @param logPresent the log-probabilities of a present cell where heads are restricted to present cells, otherwise 0.
 * @param change of the log-probabilities by rules. Default: 0.
 */
function cellLogProb(
  heads: Float32Array,
  coding: CellCoding,
  cell: number,
  logPresent: Float64Array,
  change: Float64Array = new Float64Array(logPresent.length),
): Float64Array {
  const { cells, logFloor } = sameCells(coding, cell, logPresent.length);
  const values = headsLogProb(cells, heads, coding);
  return logPresent.map((present, at) => {
    const isLeft = Number.isNaN(cell) && present < 0;
    const byHead = isLeft ? Math.log(-Math.expm1(present)) : (values[at] as number) + present;
    return logAddExp(coding.logHead + byHead + (change[at] as number), logFloor[at] as number);
  });
}
