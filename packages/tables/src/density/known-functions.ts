import { logAddExp, logSumExp } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { repeatCells } from "../mixtures/hole-rows.ts";
import { CELL_SIZE, type CellCoding, type CodedColumn, headSize } from "./coding/category-coding.ts";
import { BLOCK, dependentLogProb, headsLogProb, missingShare } from "./column-heads.ts";
import type { DensityColumn, DependentDensityColumn } from "./density-column.ts";
import {
  type Cell,
  columnFromCells,
  followingCells,
  gridOffset,
  isFollowing,
  NOTHING,
  nearestOn,
} from "./dependent-cells.ts";

/** Limits for a hole on a grid: numbers that are compared with the known cells, and numbers that agree. */
const MOST_NUMBERS = 20_000;
const MOST_AGREEING = 400;

/** The numbers of a hole that agree with the known cells. */
export interface AgreeingNumbers {
  readonly numbers: Float64Array;
  readonly coded: CodedColumn;
}

/**
 * Known cells that are functions of a hole. If the hole has codes alone, these are the probabilities of the known cells
 * by its code: draws in proportion to `p(code) p(known cells | code)` agree with the known cells. If it has numbers on a
 * grid, these are the numbers that agree with the known cells.
 */
export class KnownFunctions {
  private readonly columns: readonly DensityColumn[];
  private readonly isHole: (k: number, row: number) => boolean;
  private readonly cellOf: (k: number, row: number) => Cell;
  /** By the place of a column: its functions. */
  private readonly functions: ReadonlyMap<number, readonly number[]>;
  private readonly known: Map<string, Float64Array> = new Map();
  private readonly agreed: Map<string, AgreeingNumbers | undefined> = new Map();
  private readonly grids: Map<number, Column> = new Map();

  constructor(
    columns: readonly DensityColumn[],
    isHole: (k: number, row: number) => boolean,
    cellOf: (k: number, row: number) => Cell,
  ) {
    this.columns = columns;
    this.isHole = isHole;
    this.cellOf = cellOf;
    const functions = new Map<number, number[]>();
    for (const [place, { dependent }] of columns.entries()) {
      const [source, ...others] = dependent?.from ?? [];
      if (source === undefined || others.length > 0) continue;
      functions.set(source, [...(functions.get(source) ?? []), place]);
    }
    this.functions = functions;
  }

  /** The log-probabilities by code of a hole in a row; undefined if the hole has no known function. */
  logProb(k: number, row: number): Float64Array | undefined {
    let sum: Float64Array | undefined;
    // Only codes with one cell are enumerated.
    if (this.columns[k]?.coding.components !== 0) return undefined;
    for (const place of this.functions.get(k) ?? []) {
      if (this.isHole(place, row)) continue;
      const own = this.ofCell(k, place, this.cellOf(place, row));
      sum = sum === undefined ? own : sum.map((value, code) => value + (own[code] as number));
    }
    return sum;
  }

  /**
   * The numbers of a hole in a row that agree with the known cells; undefined if the hole has no known function, if
   * its numbers are not on a grid, or if none or more than the limit agree.
   */
  agreeing(k: number, row: number): AgreeingNumbers | undefined {
    const { coding } = this.columns[k] as DensityColumn;
    const places = (this.functions.get(k) ?? []).filter((place) => !this.isHole(place, row));
    if (coding.components === 0 || places.length === 0) return undefined;
    const known = places.map((place) => [place, this.cellOf(place, row)] as const);
    const name = JSON.stringify([k, ...known.map(([place, cell]) => [place, cell ?? null])]);
    if (!this.agreed.has(name)) this.agreed.set(name, this.findAgreeing(k, known));
    return this.agreed.get(name);
  }

  private findAgreeing(
    k: number,
    known: readonly (readonly [place: number, cell: Cell])[],
  ): AgreeingNumbers | undefined {
    const { coding, name } = this.columns[k] as DensityColumn;
    const all = this.grids.get(k) ?? columnFromCells(name, "number", gridNumbers(coding));
    this.grids.set(k, all);
    let agree = Array.from(all.values as Float64Array);
    for (const [place, cell] of known) {
      const { dependent, coding: own } = this.columns[place] as DependentDensityColumn;
      const sources = [columnFromCells(name, "number", agree)];
      const following = followingCells(dependent, sources, agree.length, own);
      agree = agree.filter((_, i) => {
        const expected = following[i];
        return expected !== NOTHING && isFollowing(cell, expected as Cell, own.step, dependent.tolerance);
      });
    }
    if (agree.length === 0 || agree.length > MOST_AGREEING) return undefined;
    const numbers = Float64Array.from(agree);
    return { numbers, coded: coding.encode({ name, kind: "number", values: numbers }) };
  }

  private ofCell(k: number, place: number, cell: Cell): Float64Array {
    const name = `${place} ${typeof cell} ${cell}`;
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const { name: sourceName, coding } = this.columns[k] as DensityColumn;
    const column = this.columns[place] as DependentDensityColumn;
    const own = repeatCells(columnFromCells(column.name, column.coding.columnKind, [cell]), coding.codes);
    const logProb = dependentLogProb(column, [allCodes(sourceName, coding)], own, column.coding.encode(own));
    this.known.set(name, logProb);
    return logProb;
  }
}

/** A cell of each code of a coding. */
function allCodes(name: string, coding: CellCoding) {
  const codes = Int32Array.from({ length: coding.codes }, (_, code) => code);
  const nothing = new Float64Array(coding.codes);
  return coding.decode(name, codes, nothing, nothing);
}

/** The numbers of a grid that a column can have; none if the grid is too large. */
function gridNumbers({ step, center, support }: CellCoding): number[] {
  if (step === 0 || support === undefined) return [];
  const offset = gridOffset({ step, center });
  const [first, last] = [Math.ceil((support.low - offset) / step), Math.floor((support.high - offset) / step)];
  if (!(last - first < MOST_NUMBERS)) return [];
  return Array.from({ length: last - first + 1 }, (_, i) => nearestOn({ step, center }, (first + i) * step + offset));
}

/**
 * The log-probabilities of numbers by some heads that are restricted to present cells, `[heads, numbers]`.
 *
 * @param logPresent the logarithm of the share of present cells, for each head.
 */
export function agreeingLogProb(
  { coded, numbers }: AgreeingNumbers,
  heads: Float32Array,
  coding: CellCoding,
  logPresent: ArrayLike<number>,
): Float64Array {
  const [size, count] = [headSize(coding), numbers.length];
  const rows = heads.length / size;
  const result = new Float64Array(rows * count);
  const perBlock = Math.max(1, Math.floor(BLOCK / count));
  for (let from = 0; from < rows; from += perBlock) {
    const block = Math.min(perBlock, rows - from);
    const cells = new Float32Array(block * count * CELL_SIZE);
    const repeated = new Float32Array(block * count * size);
    for (let row = 0; row < block; row++) {
      cells.set(coded.cells, row * count * CELL_SIZE);
      const head = heads.subarray((from + row) * size, (from + row + 1) * size);
      for (let i = 0; i < count; i++) repeated.set(head, (row * count + i) * size);
    }
    for (const [i, value] of headsLogProb(cells, repeated, coding).entries()) {
      const at = from * count + i;
      const inside = coding.logHead + value + (logPresent[Math.floor(at / count)] as number);
      result[at] = logAddExp(inside, coded.logFloor[at % count] as number);
    }
  }
  return result;
}

const NEVER = -1e9;

/** The cells that a hole may have. */
export interface AllowedCells {
  readonly mayBeMissing: boolean;
  /** The probabilities of known functions of the hole by its code. */
  readonly logFactors: Float64Array | undefined;
}

/**
 * Restricts some heads of a hole to present cells, unless the hole may be missing, and multiplies the probabilities of
 * its codes by the factors. Returns the logarithm of the sum of the remaining probabilities of each head.
 *
 * @param from the place of the first head.
 */
export function restrictHeads(
  heads: Float32Array,
  from: number,
  count: number,
  coding: CellCoding,
  { mayBeMissing, logFactors }: AllowedCells,
): Float64Array {
  const logSums = new Float64Array(count);
  const { missingCode } = coding;
  const isRestricted = !mayBeMissing && missingCode !== undefined;
  if (!isRestricted && logFactors === undefined) return logSums;
  const size = headSize(coding);
  for (let i = 0, at = from; i < count; i++, at += size) {
    if (isRestricted) {
      logSums[i] = Math.log1p(-Math.min(missingShare(heads, at, coding), 1 - 1e-12));
      heads[at + missingCode] = NEVER;
    }
    if (logFactors === undefined) continue;
    const head = heads.subarray(at, at + coding.codes);
    const before = logSumExp(Float64Array.from(head));
    for (const [code, factor] of logFactors.entries()) head[code] = (head[code] as number) + factor;
    logSums[i] = (logSums[i] as number) + logSumExp(Float64Array.from(head)) - before;
  }
  return logSums;
}
