import { type Table, takeTableRows } from "@pushforward/datasets";
import type { CellCoding, CodedColumn, RowOrigin } from "./cell-coding.ts";
import { columnLogProb } from "./column-log-prob.ts";
import { columnOf } from "./column-of.ts";
import type { DensityColumn } from "./density-column.ts";
import type { DependentCells } from "./dependent-cells.ts";
import { dependentLogProb } from "./dependent-log-prob.ts";
import { marginalLogProb } from "./marginal-log-prob.ts";
import type { TableParts } from "./table-parts.ts";
import type { ColumnRows } from "./train-column.ts";

/** Rows that train networks, and rows that validate them. */
export interface EncodedFold {
  readonly train: ColumnRows;
  readonly validation: ColumnRows;
}

/** With fewer rows networks would learn noise: columns keep their own distributions. */
const MIN_ROWS = 20;

/** The encoded rows of a fit, and the log-probabilities of its validation rows: with folds those of all rows. */
export class FitRows {
  readonly all: Table;
  readonly train: ColumnRows;
  /** One for each fold; a single one where rows are held out. */
  readonly folds: readonly EncodedFold[];
  /** The validation rows. */
  readonly judged: ColumnRows & { readonly table: Table };
  /** Places of the validation rows of each fold. */
  private readonly places: readonly Int32Array[];
  private readonly origin: RowOrigin;
  private readonly names: readonly string[];

  constructor(codings: readonly { readonly name: string; readonly coding: CellCoding }[], parts: TableParts) {
    const { all, train, validation, folds } = parts;
    const encode = (table: Table, origin: RowOrigin): ColumnRows => ({
      coded: codings.map(({ name, coding }) => coding.encode(columnOf(table, name), origin)),
      rows: table.rows,
    });
    this.all = all;
    this.names = codings.map(({ name }) => name);
    this.train = encode(train, "own");
    this.places = folds.map((fold) => fold.validation);
    const isFolded = folds.length > 0;
    // Without validation rows the training rows judge what can't be trained.
    const table = isFolded || validation.rows === 0 ? train : validation;
    this.origin = isFolded ? "own" : "new";
    this.judged = { ...(isFolded ? this.train : encode(table, "new")), table };
    const own = (rows: Int32Array): ColumnRows => encode(takeTableRows(train, rows), "own");
    this.folds = isFolded
      ? folds.map((fold) => ({ train: own(fold.train), validation: own(fold.validation) }))
      : [{ train: this.train, validation: validation.rows > 0 ? this.judged : { coded: [], rows: 0 } }];
  }

  get canTrain(): boolean {
    return this.train.rows >= MIN_ROWS && this.folds.every(({ validation }) => validation.rows > 0);
  }

  /** By the frequencies of the column alone. */
  marginalLogProb(coding: CellCoding, index: number): Float64Array {
    return marginalLogProb(coding, this.judged.coded[index] as CodedColumn, this.origin);
  }

  /** By the cells that follow from others. */
  dependentLogProb(column: DensityColumn & { readonly dependent: DependentCells }, index: number): Float64Array {
    const { coded, table } = this.judged;
    const sources = column.dependent.from.map((place) => columnOf(table, this.names[place] as string));
    return dependentLogProb(column, sources, columnOf(table, column.name), coded[index] as CodedColumn);
  }

  /** By the networks of a column: with folds each row by those that were trained without it, as far as there are any. */
  logProb(column: DensityColumn, index: number): Float64Array {
    const { judged, places, folds } = this;
    if (places.length === 0)
      return columnLogProb(column, judged.coded, judged.coded[index] as CodedColumn, judged.rows);
    const result = this.marginalLogProb(column.coding, index);
    for (const [fold, rows] of places.entries()) {
      const members = column.members.filter((_, k) => k % places.length === fold);
      if (members.length === 0) continue;
      const { coded } = (folds[fold] as EncodedFold).validation;
      const logProb = columnLogProb({ ...column, members }, coded, coded[index] as CodedColumn, rows.length);
      for (const [k, row] of rows.entries()) result[row] = logProb[k] as number;
    }
    return result;
  }
}
