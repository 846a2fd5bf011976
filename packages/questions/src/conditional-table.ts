import { DataError, type Key, OptionError } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { getColumn, joinNumbers, listNames, takeTableRows } from "@pushforward/datasets/extend";
import { cellAt, type DrawnHoles } from "@pushforward/tables/extend";
import {
  type ProposalName,
  proposalNames,
  propose,
  type Questioned,
  type WeightQuality,
  weightQuality,
} from "./proposals.ts";

/** Some draws of a row: consecutive rows of a table. */
interface DrawnPart {
  readonly table: Table;
  readonly from: number;
  readonly count: number;
}

/** Draws of a row with a hole. */
export interface RowDraws {
  readonly parts: readonly DrawnPart[];
  /** With the sum 1; undefined where no draw has a density. */
  readonly weights: Float64Array | undefined;
  /** Effective number of draws. */
  readonly size: number;
  /** The logarithms of the weights, in nats. */
  readonly logWeights: Float64Array;
  /** The logarithm of the density of the cells that are known, as the draws estimate it, in nats. */
  readonly logEvidence: number;
}

/** Options of the draws. */
export interface RowDrawsOptions {
  /** Draws of each row. */
  readonly draws: number;
  readonly isHole: (column: Column, row: number) => boolean;
  /** `true` if a hole may be a missing cell. All rows must then have holes in the same columns. */
  readonly mayBeMissing: boolean;
  readonly key: Key;
}

/** Draws of a row per proposal that find the best proposal. */
const PILOT = 25;

/** A row whose effective share of draws is smaller gets twice as many draws, and again, up to `MOST` times the draws. */
const FEW_SHARE = 0.2;
const MOST = 4;

/** Draws the holes of each row by the way that is best in a few draws. */
export function bestDraws(questioned: Questioned, table: Table, options: RowDrawsOptions): RowDraws[] {
  const { draws, key } = options;
  const names = proposalNames(questioned);
  const all = Array.from({ length: table.rows }, (_, row) => row);
  const only = names.length === 1 || questioned.density.drawHoles !== undefined ? names.at(-1) : undefined;
  if (only !== undefined) {
    const drawn = drawRows(questioned, table, all, only, options);
    for (let total = draws; total < MOST * draws; total *= 2) {
      const few = all.filter((row) => (drawn[row] as RowDraws).size < FEW_SHARE * draws);
      if (few.length === 0) break;
      const more = drawRows(questioned, table, few, only, { ...options, draws: total, key: key.fold(`more ${total}`) });
      for (const [i, row] of few.entries()) drawn[row] = joinDraws([drawn[row] as RowDraws, more[i] as RowDraws]);
    }
    return drawn;
  }
  const pilots = names.map((name) =>
    drawRows(questioned, table, all, name, {
      ...{ ...options, draws: Math.min(PILOT, draws) },
      key: key.fold(`pilot ${name}`),
    }),
  );
  const chosen = all.map((row) => {
    const sizes = pilots.map((answers) => answers[row]?.size ?? 0);
    return sizes.indexOf(Math.max(...sizes));
  });
  const result: RowDraws[] = [];
  for (const [place, name] of names.entries()) {
    const rows = all.filter((row) => chosen[row] === place);
    if (rows.length === 0) continue;
    const drawn = drawRows(questioned, table, rows, name, { ...options, key: key.fold(name) });
    for (const [i, one] of drawn.entries()) result[rows[i] as number] = one;
  }
  return result;
}

/** Draws the holes of some rows by the named proposal. */
function drawRows(
  questioned: Questioned,
  all: Table,
  rows: readonly number[],
  name: ProposalName,
  { draws, isHole, mayBeMissing, key }: RowDrawsOptions,
): RowDraws[] {
  const holes = new Map(
    all.columns
      .filter((column) => rows.some((row) => isHole(column, row)))
      .map((column) => [column.name, Uint8Array.from(rows, (row) => (isHole(column, row) ? 1 : 0))]),
  );
  const task = { table: takeTableRows(all, rows), holes, times: draws, mayBeMissing, key };
  const { table, logWeights } = propose(questioned, name, task);
  return rows.map((_, i) => {
    const own = logWeights.subarray(i * draws, (i + 1) * draws);
    return rowDraws([{ table, from: i * draws, count: draws }], own);
  });
}

function rowDraws(parts: readonly DrawnPart[], logWeights: Float64Array): RowDraws {
  const quality = weightQuality(logWeights);
  return {
    ...{ parts, weights: quality?.weights, size: quality?.effectiveSampleSize ?? 0 },
    ...{ logWeights, logEvidence: logMeanExp(logWeights) },
  };
}

/** All draws of a row. The mean weight of each set estimates the same density, so the sets need no weights. */
function joinDraws(sets: readonly RowDraws[]): RowDraws {
  return rowDraws(
    sets.flatMap(({ parts }) => parts),
    joinNumbers(sets.map(({ logWeights }) => logWeights)),
  );
}

/** Returns `log mean exp` of numbers, −∞ if all numbers are −∞. */
function logMeanExp(values: Float64Array): number {
  return logSumExp(values) - Math.log(values.length);
}

/** Parts of a {@link ConditionalTable}. */
export interface ConditionalTableParts extends DrawnHoles {
  readonly quality: WeightQuality;
  readonly proposal: ProposalName;
  readonly questions: Questioned;
  /** Columns with a known cell. */
  readonly known: readonly string[];
  /** `true` if these cells are the only conditions. */
  readonly isCellsOnly: boolean;
}

/** Fewer effective draws than these are a poor answer. */
const FEW_DRAWS = 100;
/**
 * Cells that are less likely than the cells of every draw by this margin, in nats, are unusual for the model. The
 * margin is needed because the mixture is not exact.
 */
const STRANGE = 3;

/** Conditional distribution of a row given its known columns: weighted draws and their quality. */
export class ConditionalTable {
  /** Draws before weighting, including the known columns. */
  readonly table: Table;
  /** With the sum 1. */
  readonly weights: Float64Array;
  /** Number of equally weighted draws with the same information. */
  readonly effectiveSampleSize: number;
  /** Shape of the tail of the weights (Vehtari et al. 2015): estimates are reliable below `threshold`. */
  readonly paretoK: number;
  readonly threshold: number;
  /** How the last draws were made: in the order of the model's columns, or by a mixture. */
  readonly proposal: ProposalName;
  /** `true` if the draws are exact: all weights are the same, because no known column follows an unknown one. */
  readonly isExact: boolean;
  /** Estimate from the draws of the log-density of the known cells and conditions, in nats. */
  readonly logEvidence: number;
  private readonly parts: ConditionalTableParts;

  constructor(parts: ConditionalTableParts) {
    const { table, quality, proposal, logWeights } = parts;
    const possible = logWeights.filter((value) => value > Number.NEGATIVE_INFINITY);
    const most = possible.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    this.table = table;
    this.weights = quality.weights;
    this.effectiveSampleSize = quality.effectiveSampleSize;
    this.paretoK = quality.paretoK;
    this.threshold = quality.threshold;
    this.proposal = proposal;
    this.isExact = possible.every((value) => Math.abs(value - most) < 1e-3);
    this.logEvidence = logMeanExp(logWeights);
    this.parts = parts;
  }

  /** Problem with the answer, in a sentence; undefined for none. */
  get warning(): string | undefined {
    const { known, isCellsOnly, questions } = this.parts;
    const isAsked = isCellsOnly && known.length > 0;
    const lowest = isAsked ? questions.floor.above(this.logEvidence, known, STRANGE) : undefined;
    if (lowest !== undefined) {
      return `the given conditions are improbable: their log-density is ${this.logEvidence.toFixed(1)}, and the lowest of ${questions.floor.draws.toLocaleString("en-US")} draws is ${lowest.toFixed(1)}`;
    }
    const size = this.effectiveSampleSize;
    if (size < FEW_DRAWS) {
      return `the answer has an effective number of ${size.toFixed(0)} draws of ${this.table.rows}: such rows are rare in the model`;
    }
    if (this.paretoK > this.threshold && !this.isExact) {
      return `the weights of the draws have a heavy tail (Pareto k ${this.paretoK.toFixed(2)}, reliable below ${this.threshold.toFixed(2)}): the answer may be inaccurate`;
    }
    return undefined;
  }

  /** Draws rows with all columns, including the known ones. The same key yields the same rows. */
  sample(key: Key, rows: number): Table {
    const cumulative = new Float64Array(this.weights.length);
    let total = 0;
    for (const [i, weight] of this.weights.entries()) {
      total += weight;
      cumulative[i] = total;
    }
    const uniforms = key.fold("rows").uniform(rows);
    return takeTableRows(
      this.table,
      Array.from(uniforms, (u) => firstAbove(cumulative, u * total)),
    );
  }

  /** The log-density of the other columns of each row given the known ones, in nats. Throws as the model does. */
  logProb(table: Table): Float64Array {
    return this.parts.questions.density.logProb(table).map((value) => value - this.logEvidence);
  }

  /**
   * Returns the mean of a column of numbers, over cells that are not missing.
   *
   * @throws {DataError} the column does not exist, or contains text.
   */
  mean(name: string): number {
    const cells = this.numbers(name);
    const total = cells.reduce((sum, { weight }) => sum + weight, 0);
    return cells.reduce((sum, { value, weight }) => sum + (value * weight) / total, 0);
  }

  /**
   * A quantile of a column of numbers, over cells that are not missing. Throws as {@link mean}.
   *
   * @param level from 0 to 1.
   */
  quantile(name: string, level: number): number {
    if (!(level >= 0 && level <= 1)) throw new OptionError(`quantile: expected a level from 0 to 1, got ${level}.`);
    const cells = this.numbers(name).sort((a, b) => a.value - b.value);
    const goal = level * cells.reduce((sum, { weight }) => sum + weight, 0);
    let sum = 0;
    for (const { value, weight } of cells) {
      sum += weight;
      if (sum >= goal) return value;
    }
    return cells.at(-1)?.value ?? Number.NaN;
  }

  /** Returns the probabilities of the values of a column, the most probable first; null is a missing cell. */
  probabilities(name: string): ReadonlyMap<string | number | null, number> {
    const column = this.column(name);
    const sums = new Map<string | number | null, number>();
    for (const [row, weight] of this.weights.entries()) {
      if (weight === 0) continue;
      const cell = cellAt(column, row) ?? null;
      sums.set(cell, (sums.get(cell) ?? 0) + weight);
    }
    return new Map([...sums].sort(([, a], [, b]) => b - a));
  }

  private numbers(name: string): { readonly value: number; readonly weight: number }[] {
    const column = this.column(name);
    if (column.kind !== "number") {
      throw new DataError(`given: expected a column of numbers, got "${name}", a column of text.`, { column: name });
    }
    return Array.from(column.values, (value, row) => ({ value, weight: this.weights[row] as number })).filter(
      ({ value, weight }) => weight > 0 && !Number.isNaN(value),
    );
  }

  private column(name: string) {
    const names = this.table.columns.map((column) => column.name);
    if (names.includes(name)) return getColumn(this.table, name);
    throw new DataError(`given: expected one of the columns ${listNames(names)}, got "${name}".`, { column: name });
  }
}

/** Returns the first place with a cumulative weight above a number. */
function firstAbove(cumulative: Float64Array, goal: number): number {
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] as number) > goal) high = middle;
    else low = middle + 1;
  }
  return low;
}
