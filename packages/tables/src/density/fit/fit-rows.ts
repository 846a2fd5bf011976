import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { type CellCoding, columnOf } from "../coding/cell-coding.ts";
import { columnLogProb, dependentLogProb, marginalLogProb } from "../column-log-prob.ts";
import type { DensityColumn } from "../density-column.ts";
import type { DependentCells } from "../dependent-cells.ts";
import { EncodedColumns } from "./encoded-columns.ts";
import type { TableParts } from "./table-parts.ts";

/** Rows that train networks, and rows that validate them. */
export interface EncodedFold {
  readonly train: EncodedColumns;
  readonly validation: EncodedColumns;
}

/** With fewer rows networks would learn noise: columns keep their own distributions. */
const MIN_ROWS = 20;

/** The encoded rows of a fit, and the log-probabilities of its validation rows: with folds those of all rows. */
export class FitRows {
  readonly all: Table;
  readonly train: EncodedColumns;
  /** One for each fold; a single one where rows are held out. */
  readonly folds: readonly EncodedFold[];
  /** The validation rows; without any the training rows. */
  readonly judged: EncodedColumns;
  /** Places of the validation rows of each fold. */
  private readonly places: readonly Int32Array[];
  private readonly names: readonly string[];

  constructor(codings: readonly { readonly name: string; readonly coding: CellCoding }[], parts: TableParts) {
    const { all, train, validation, folds } = parts;
    this.all = all;
    this.names = codings.map(({ name }) => name);
    this.places = folds.map((fold) => fold.validation);
    this.train = new EncodedColumns(train, codings, "own");
    const held = new EncodedColumns(validation, codings);
    this.judged = folds.length > 0 ? this.train : validation.rows > 0 ? held : new EncodedColumns(train, codings);
    const own = (rows: Int32Array): EncodedColumns => new EncodedColumns(takeTableRows(train, rows), codings, "own");
    this.folds =
      folds.length > 0
        ? folds.map((fold) => ({ train: own(fold.train), validation: own(fold.validation) }))
        : [{ train: this.train, validation: held }];
  }

  get canTrain(): boolean {
    return this.train.rows >= MIN_ROWS && this.folds.every(({ validation }) => validation.rows > 0);
  }

  /** By the frequencies of a column alone. */
  marginalLogProb(coding: CellCoding, index: number): Float64Array {
    return marginalLogProb(coding, this.judged.at(index), this.judged.origin);
  }

  /** By the cells that follow from others. */
  dependentLogProb(column: DensityColumn & { readonly dependent: DependentCells }, index: number): Float64Array {
    const { table } = this.judged;
    const sources = column.dependent.from.map((place) => columnOf(table, this.names[place] as string));
    return dependentLogProb(column, sources, columnOf(table, column.name), this.judged.at(index));
  }

  /** By the networks of a column: with folds each row by those that were trained without it, as far as there are any. */
  logProb(column: DensityColumn, index: number): Float64Array {
    const { judged, places, folds } = this;
    const by = (rows: EncodedColumns, members: DensityColumn["members"]): Float64Array =>
      columnLogProb({ ...column, members }, rows.pick(column.parents), rows.at(index), rows.rows);
    if (places.length === 0) return by(judged, column.members);
    const result = this.marginalLogProb(column.coding, index);
    for (const [fold, rows] of places.entries()) {
      const members = column.members.filter((_, k) => k % places.length === fold);
      if (members.length === 0) continue;
      const logProb = by((folds[fold] as EncodedFold).validation, members);
      for (const [k, row] of rows.entries()) result[row] = logProb[k] as number;
    }
    return result;
  }
}
