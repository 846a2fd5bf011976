import type { Table } from "@pushforward/datasets";
import { columnOf } from "../../density/coding/category-coding.ts";
import {
  type ColumnPrior,
  ColumnTables,
  codeKernel,
  type EncodedCells,
  encodeCells,
  type MissingCells,
} from "./column-tables.ts";
import { cellCodes, type MixtureColumn } from "./mixture-tables.ts";

/** The codes of some rows. */
export interface CodeRows {
  readonly rows: number;
  /** For each column the code of each row; −1 for a cell that is unknown. */
  readonly codes: readonly Int32Array[];
}

/** Components below this share of the most probable component of a row are ignored for this row. */
const NEGLIGIBLE = Math.exp(-32);
/** Columns with probabilities that are multiplied before a look at the exponent: six of them do not underflow. */
const GROUP = 6;
/** Products below 2^−200 are multiplied by its reciprocal. */
const SMALL = 2 ** -200;
/** Rows that each component has in addition to its own, so that none dies out. */
const WEIGHT_PRIOR = 0.1;

/**
 * Expectation–maximization of a mixture of products of categorical distributions, in float64, for the maximum of
 *
 *     Σᵢ log Σₖ wₖ Πⱼ pⱼₖ(xᵢⱼ) + log prior
 *
 * Sums are accumulated row by row, so that memory depends on the tables and does not grow with the rows.
 */
export class MixtureEm {
  /** `[components]`. */
  readonly logWeights: Float64Array;
  readonly columns: readonly ColumnTables[];
  private readonly sums: Float64Array;
  private readonly weights: Float64Array;
  private readonly row: Float64Array;
  /** How often the product of each component was multiplied by `1/SMALL`. */
  private readonly scalings: Int32Array;
  private readonly active: Int32Array;

  constructor(priors: readonly ColumnPrior[], components: number, strength: number) {
    this.logWeights = new Float64Array(components).fill(-Math.log(components));
    this.columns = priors.map((prior) => new ColumnTables(prior, components, strength));
    this.sums = new Float64Array(components);
    this.weights = new Float64Array(components).fill(1 / components);
    this.row = new Float64Array(components);
    this.scalings = new Int32Array(components);
    this.active = new Int32Array(components);
  }

  /** Starts each component at one row. */
  start({ codes }: CodeRows, seeds: ArrayLike<number>): void {
    this.logWeights.fill(-Math.log(this.logWeights.length));
    this.weights.fill(1 / this.weights.length);
    for (const [j, column] of this.columns.entries()) {
      column.start(Array.from(seeds, (row) => (codes[j] as Int32Array)[row] as number));
    }
    this.decay(1);
  }

  /** Reduces the accumulated sums by a share. */
  decay(share: number): void {
    for (const sums of [this.sums, ...this.columns.map((column) => column.sums)]) {
      for (let i = 0; i < sums.length; i++) sums[i] = share < 1 ? (sums[i] as number) * (1 - share) : 0;
    }
  }

  /** Adds the responsibilities of some rows, times a factor, and returns the sum of the rows' log-probabilities. */
  add(data: CodeRows, from: number, to: number, factor = 1): number {
    const { row, active, sums, columns } = this;
    const count = row.length;
    let total = 0;
    for (let i = from; i < to; i++) {
      total += this.respond(data, i);
      let length = 0;
      for (let k = 0; k < count; k++) {
        if (row[k] === 0) continue;
        active[length++] = k;
        row[k] = factor * (row[k] as number);
        sums[k] = (sums[k] as number) + (row[k] as number);
      }
      for (let j = 0; j < columns.length; j++) {
        const code = (data.codes[j] as Int32Array)[i] as number;
        if (code < 0) continue;
        const own = (columns[j] as ColumnTables).sums;
        const at = code * count;
        for (let a = 0; a < length; a++) {
          const k = active[a] as number;
          own[at + k] = (own[at + k] as number) + (row[k] as number);
        }
      }
    }
    return total;
  }

  /** The sum of the log-probabilities of some rows. */
  logProb(data: CodeRows, from: number, to: number): number {
    let total = 0;
    for (let i = from; i < to; i++) total += this.respond(data, i);
    return total;
  }

  /** Sets the parameters that maximize the expectation over the added rows. */
  maximize(): void {
    const { sums, logWeights, weights } = this;
    const total = sums.reduce((sum, n) => sum + n + WEIGHT_PRIOR, 0);
    for (const [k, n] of sums.entries()) {
      weights[k] = (n + WEIGHT_PRIOR) / total;
      logWeights[k] = Math.log(weights[k] as number);
    }
    for (const column of this.columns) column.maximize();
  }

  /** The log-density of the prior at the parameters, up to a constant. */
  logPrior(): number {
    const weights = this.logWeights.reduce((sum, value) => sum + WEIGHT_PRIOR * value, 0);
    return this.columns.reduce((sum, column) => sum + column.logPrior(), weights);
  }

  /** Writes the responsibilities of a row and returns its log-probability. */
  private respond({ codes }: CodeRows, i: number): number {
    const { row, columns } = this;
    const count = row.length;
    row.set(this.weights);
    let factors = 0;
    let scaled = false;
    for (let j = 0; j < columns.length; j++) {
      const code = (codes[j] as Int32Array)[i] as number;
      if (code < 0) continue;
      const { tables } = columns[j] as ColumnTables;
      const at = code * count;
      for (let k = 0; k < count; k++) row[k] = (row[k] as number) * (tables[at + k] as number);
      if (++factors % GROUP === 0) scaled = this.scaleUp(scaled);
    }
    const before = scaled ? this.sameScale() : 0;
    let highest = 0;
    for (let k = 0; k < count; k++) if ((row[k] as number) > highest) highest = row[k] as number;
    const least = NEGLIGIBLE * highest;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      if ((row[k] as number) > least) sum += row[k] as number;
      else row[k] = 0;
    }
    for (let k = 0; k < count; k++) row[k] = (row[k] as number) / sum;
    return Math.log(sum) + before * Math.log(SMALL);
  }

  /** Multiplies small products by `1/SMALL`, and returns whether any product of this row was multiplied. */
  private scaleUp(scaled: boolean): boolean {
    const { row, scalings } = this;
    let isScaled = scaled;
    for (let k = 0; k < row.length; k++) {
      while ((row[k] as number) < SMALL && (row[k] as number) > 0) {
        if (!isScaled) scalings.fill(0);
        isScaled = true;
        row[k] = (row[k] as number) / SMALL;
        scalings[k] = (scalings[k] as number) + 1;
      }
    }
    return isScaled;
  }

  /** Gives all products the fewest scalings of a component, and returns these. */
  private sameScale(): number {
    const { row, scalings } = this;
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < row.length; k++) least = Math.min(least, scalings[k] as number);
    for (let k = 0; k < row.length; k++) {
      const more = (scalings[k] as number) - least;
      if (more > 0) row[k] = (row[k] as number) * SMALL ** more;
    }
    return least;
  }
}

/** Rows of a table to fit. */
export interface MixtureData extends CodeRows {
  /** Sum over all rows of the log-density terms outside the tables of codes. */
  readonly logBase: number;
}

/** Rows of two tables, and the priors of their columns. */
export interface MixtureDataParts {
  readonly train: MixtureData;
  readonly validation: MixtureData;
  readonly priors: readonly ColumnPrior[];
}

/** How often each code occurs in addition. */
const PSEUDO_COUNT = 0.5;

/** Encodes training and validation rows, one column after the other. */
export function mixtureData(
  columns: readonly MixtureColumn[],
  tables: { readonly train: Table; readonly validation: Table },
  missing: MissingCells,
): MixtureDataParts {
  const train = new RowsBuilder(tables.train.rows);
  const validation = new RowsBuilder(tables.validation.rows);
  const priors = columns.map(({ name, coding }): ColumnPrior => {
    const cells = encodeCells(coding, columnOf(tables.train, name), missing);
    const held = encodeCells(coding, columnOf(tables.validation, name), missing);
    train.add(cells, coding.logHead);
    validation.add(held, coding.logHead);
    const marginal = marginalOf(cells, cellCodes(coding));
    const fixed = missing === "unknown" ? (cells.missingCode ?? held.missingCode) : undefined;
    return { marginal, kernel: codeKernel(coding, marginal), fixed };
  });
  return { train: train.data(), validation: validation.data(), priors };
}

class RowsBuilder {
  private readonly rows: number;
  private readonly codes: Int32Array[] = [];
  private logBase = 0;

  constructor(rows: number) {
    this.rows = rows;
  }

  add({ codes, logWeight, logFloor }: EncodedCells, logHead: number): void {
    for (const [row, code] of codes.entries()) {
      if (code >= 0) this.logBase += (logWeight[row] as number) + logHead;
      else if (code === -1) this.logBase += logFloor[row] as number;
    }
    this.codes.push(codes);
  }

  data(): MixtureData {
    return { rows: this.rows, codes: this.codes, logBase: this.logBase };
  }
}

/** Returns the frequencies of codes; unknown cells count as the missing code. */
function marginalOf({ codes, missingCode }: EncodedCells, size: number): Float64Array {
  const counts = new Float64Array(size).fill(PSEUDO_COUNT);
  let total = size * PSEUDO_COUNT;
  for (const code of codes) {
    const counted = code >= 0 ? code : code < -1 ? (missingCode ?? -1) : -1;
    if (counted < 0) continue;
    counts[counted] = (counts[counted] as number) + 1;
    total++;
  }
  return counts.map((count) => count / total);
}

/** Returns the negative mean log-density of rows with independent columns, in nats per row. */
export function independentNll({ rows, codes, logBase }: MixtureData, priors: readonly ColumnPrior[]): number {
  let total = logBase;
  for (const [j, { marginal }] of priors.entries()) {
    for (const code of codes[j] as Int32Array) if (code >= 0) total += Math.log(marginal[code] as number);
  }
  return -total / rows;
}
