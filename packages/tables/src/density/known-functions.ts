import { logSumExp } from "@pushforward/core/plain";
import { repeatCells } from "../mixtures/hole-rows.ts";
import type { CellCoding } from "./coding/category-coding.ts";
import { dependentLogProb, missingShare } from "./column-heads.ts";
import type { DensityColumn, DependentDensityColumn } from "./density-column.ts";
import { type Cell, columnFromCells } from "./dependent-cells.ts";

/**
 * The probabilities of known cells that are functions of a hole, by the code of the hole. Draws of the hole in
 * proportion to `p(code) p(known cells | code)` agree with the known cells.
 */
export class KnownFunctions {
  private readonly columns: readonly DensityColumn[];
  private readonly isHole: (k: number, row: number) => boolean;
  private readonly cellOf: (k: number, row: number) => Cell;
  /** By the place of a column: the functions of it. */
  private readonly functions: ReadonlyMap<number, readonly number[]>;
  private readonly known: Map<string, Float64Array> = new Map();

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
      const [source] = dependent?.from ?? [];
      if (source === undefined || dependent?.relation.type !== "function") continue;
      // Only cells with finitely many values are enumerated.
      if (columns[source]?.coding.components !== 0) continue;
      functions.set(source, [...(functions.get(source) ?? []), place]);
    }
    this.functions = functions;
  }

  /** The log-probabilities by code of a hole in a row; undefined if no known cell is a function of it. */
  logProb(k: number, row: number): Float64Array | undefined {
    let sum: Float64Array | undefined;
    for (const place of this.functions.get(k) ?? []) {
      if (this.isHole(place, row)) continue;
      const own = this.ofCell(k, place, this.cellOf(place, row));
      sum = sum === undefined ? own : sum.map((value, code) => value + (own[code] as number));
    }
    return sum;
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

const NEVER = -1e9;

/**
 * Restricts the head of a hole to present cells, unless the hole may be missing, and multiplies the probabilities of its
 * codes by the factors. Returns the logarithm of the sum of the remaining probabilities.
 *
 * @param from the place of the head.
 */
export function restrictHead(
  heads: Float32Array,
  from: number,
  coding: CellCoding,
  { mayBeMissing, logFactors }: { readonly mayBeMissing: boolean; readonly logFactors: Float64Array | undefined },
): number {
  let logSum = 0;
  if (!mayBeMissing && coding.missingCode !== undefined) {
    logSum = Math.log1p(-Math.min(missingShare(heads, from, coding), 1 - 1e-12));
    heads[from + coding.missingCode] = NEVER;
  }
  if (logFactors === undefined) return logSum;
  const head = heads.subarray(from, from + coding.codes);
  const before = logSumExp(Float64Array.from(head));
  for (const [code, factor] of logFactors.entries()) head[code] = (head[code] as number) + factor;
  return logSum + logSumExp(Float64Array.from(head)) - before;
}
