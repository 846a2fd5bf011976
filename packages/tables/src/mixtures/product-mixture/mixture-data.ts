import type { Table } from "@pushforward/datasets";
import { columnOf } from "../../density/coding/cell-coding.ts";
import { codeKernel } from "./code-kernel.ts";
import type { ColumnPrior } from "./column-tables.ts";
import { type EncodedCells, encodeCells, type MissingCells } from "./encode-cells.ts";
import { cellCodes, type MixtureColumn } from "./mixture-columns.ts";
import type { CodeRows } from "./mixture-em.ts";

/** Rows of a table to fit. */
export interface MixtureData extends CodeRows {
  /** Sum over all rows of what the log-density has besides the codes. */
  readonly logBase: number;
}

/** Rows of two tables, and what their columns are drawn to. */
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

/** Frequencies of codes; unknown cells count as those of the missing code. */
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

/** The negative mean log-density of rows whose columns are independent, in nats per row. */
export function independentNll({ rows, codes, logBase }: MixtureData, priors: readonly ColumnPrior[]): number {
  let total = logBase;
  for (const [j, { marginal }] of priors.entries()) {
    for (const code of codes[j] as Int32Array) if (code >= 0) total += Math.log(marginal[code] as number);
  }
  return -total / rows;
}
