import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import type { TrainEvent } from "@pushforward/training";
import { type CellCoding, type CodedColumn, columnOf } from "../coding/category-coding.ts";
import { codeShares, columnLogProb, dependentLogProb, marginalLogProb, sameCells } from "../column-heads.ts";
import { placesOfCopies } from "../copied-cells.ts";
import type { DensityColumn, DependentDensityColumn } from "../density-column.ts";
import type { TableParts } from "./column-evidence.ts";
import { EncodedColumns, thinned } from "./encoded-columns.ts";
import type { CopyRows } from "./find-copies.ts";
import type { CountedRows } from "./recall-groups.ts";
import type { CodeOdds } from "./recalled-codes.ts";

/** Training and validation rows of the networks. */
export interface EncodedFold {
  readonly train: EncodedColumns;
  readonly validation: EncodedColumns;
}

/** With fewer rows networks would learn noise: columns keep their own distributions. */
const MIN_ROWS = 20;
/** Training rows that show how often cells are copies, in addition to the validation rows. */
const MOST_COMPARED = 20_000;
/** Maximum number of rows that are counted for recall. */
const MOST_COUNTED = 50_000;

/** The encoded rows of a fit, and the log-probabilities of its validation rows (all rows with folds). */
export class FitRows {
  readonly all: Table;
  readonly train: EncodedColumns;
  /** One for each fold; a single one where rows are held out. */
  readonly folds: readonly EncodedFold[];
  /** The validation rows; without any the training rows. */
  readonly judged: EncodedColumns;
  /** Places of the validation rows of each fold. */
  private readonly places: readonly Int32Array[];
  private readonly codings: readonly { readonly name: string; readonly coding: CellCoding }[];
  private compared: EncodedColumns | undefined;
  private known: CountedRows | undefined;

  constructor(codings: readonly { readonly name: string; readonly coding: CellCoding }[], parts: TableParts) {
    const { all, train, validation, folds } = parts;
    this.all = all;
    this.codings = codings;
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

  /** The rows to recall cells from: all rows, or every k-th training row of a large table. */
  get counted(): CountedRows {
    this.known ??= this.countedRows();
    return this.known;
  }

  private countedRows(): CountedRows {
    const { all, train, judged, codings } = this;
    if (judged === train) return { rows: train, areJudged: true };
    const areJudged = all.rows > train.rows;
    if (areJudged && all.rows <= MOST_COUNTED) return { rows: new EncodedColumns(all, codings), areJudged };
    return { rows: this.someTrained(MOST_COUNTED), areJudged: false };
  }

  /** Some training rows and the log-probabilities of a column there; undefined if all training rows are judged. */
  trainRows(column: DensityColumn, index: number): CopyRows | undefined {
    if (this.judged === this.train) return undefined;
    this.compared ??= this.someTrained(MOST_COMPARED);
    const own = this.compared;
    const by = (cells: CodedColumn): Float64Array => columnLogProb(column, own.pick(placesOf(column)), cells, own.rows);
    return {
      ...{ rows: own, logProb: by(own.at(index)) },
      logProbOf: (cell) => by(sameCells(column.coding, cell, own.rows)),
    };
  }

  /** The training rows, or every k-th row of a large table. */
  private someTrained(most: number): EncodedColumns {
    const some = thinned(this.train.table, most);
    return some === this.train.table ? this.train : new EncodedColumns(some, this.codings, "own");
  }

  /** By the frequencies of a column alone. */
  marginalLogProb(coding: CellCoding, index: number): Float64Array {
    return marginalLogProb(coding, this.judged.at(index), this.judged.origin);
  }

  /** Log-probabilities of dependent cells. */
  dependentLogProb(column: DependentDensityColumn, index: number): Float64Array {
    const { table } = this.judged;
    const sources = column.dependent.from.map((place) => columnOf(table, this.codings[place]?.name ?? ""));
    return dependentLogProb(column, sources, columnOf(table, column.name), this.judged.at(index));
  }

  /**
   * Log-probabilities by the networks of a column. With folds, each row uses the networks trained without it, as available.
   *
   * @param cell a number for all rows. Default: their own cells.
   */
  logProb(column: DensityColumn, index: number, cell?: number): Float64Array {
    const { judged } = this;
    const { coding } = column;
    const isOther = coding !== this.codings[index]?.coding;
    const cellsOf = (rows: EncodedColumns): CodedColumn => {
      if (cell !== undefined) return sameCells(coding, cell, rows.rows);
      return isOther ? coding.encode(columnOf(rows.table, column.name), rows.origin) : rows.at(index);
    };
    const by = (rows: EncodedColumns, members: DensityColumn["members"]): Float64Array =>
      columnLogProb({ ...column, members }, rows.pick(placesOf(column)), cellsOf(rows), rows.rows);
    if (this.places.length === 0) return by(judged, column.members);
    const result = marginalLogProb(column.coding, cellsOf(judged), cell === undefined ? judged.origin : "new");
    for (const { validation, rows, members } of this.foldsOf(column)) {
      const logProb = by(validation, members);
      for (const [k, row] of rows.entries()) result[row] = logProb[k] as number;
    }
    return result;
  }

  /** The probabilities of the codes of a column `[rows, codes]` by the networks, in the validation rows as in {@link logProb}. */
  codeShares(column: DensityColumn): CodeOdds {
    const by = (rows: EncodedColumns, members: DensityColumn["members"]): Float32Array =>
      codeShares({ ...column, members }, rows.pick(placesOf(column)), rows.rows);
    const { judged, counted } = this;
    if (this.places.length === 0) {
      return { judged: by(judged, column.members), counted: by(counted.rows, column.members) };
    }
    const result = by(judged, []);
    const { codes } = column.coding;
    for (const { validation, rows, members } of this.foldsOf(column)) {
      const shares = by(validation, members);
      for (const [k, row] of rows.entries()) result.set(shares.subarray(k * codes, (k + 1) * codes), row * codes);
    }
    return { judged: result, counted: result };
  }

  /** The validation rows of each fold, their places among all, and the members of a column that were trained without them. */
  private foldsOf({ members }: DensityColumn): readonly {
    readonly validation: EncodedColumns;
    readonly rows: Int32Array;
    readonly members: DensityColumn["members"];
  }[] {
    return this.places.flatMap((rows, fold) => {
      const own = members.filter((_, k) => k % this.places.length === fold);
      return own.length === 0 ? [] : [{ rows, members: own, validation: (this.folds[fold] as EncodedFold).validation }];
    });
  }
}

/** The columns that a column reads. */
function placesOf({ parents, copies }: DensityColumn): number[] {
  return [...parents, ...(copies ? placesOfCopies(copies) : [])];
}

/** Rows of a fit. */
export interface TableRowCounts {
  readonly trainRows: number;
  /** With cross-validation all rows. */
  readonly validationRows: number;
  /** 1 where some rows are held out. */
  readonly folds: number;
}

/** Before the first column. */
export interface TableStartEvent extends TableRowCounts {
  readonly type: "start";
  /** The learned columns. */
  readonly columns: readonly string[];
  /** That train columns; 0 where this thread does. */
  readonly workers: number;
  /** Why there are none, where some were wanted and can't start. */
  readonly workersNote?: string | undefined;
}

/** While a network of a column is trained. With workers, the events of several columns alternate. */
export interface ColumnTrainingEvent {
  readonly type: "training";
  readonly column: string;
  readonly member: number;
  /** Loss of the validation cells by the frequencies of the column, in nats per row: the baseline of its gain. */
  readonly marginalNll: number;
  readonly event: TrainEvent;
}

/**
 * After each column: mean negative log-probability of its validation cells, in nats per row. With workers, the order of columns
 * may differ.
 */
export interface ColumnEvent {
  readonly type: "column";
  readonly column: string;
  /** From 0, without the columns of the context. */
  readonly index: number;
  readonly validationNll: number;
  /** By the frequencies of its values alone. */
  readonly marginalNll: number;
  readonly seconds: number;
}

/** Events of `fitTableDensityEvents`. */
export type FitTableDensityEvent = TableStartEvent | ColumnTrainingEvent | ColumnEvent;
