import type { TrainEvent } from "@pushforward/training";

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
  /** Those that are learned. */
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
  /** Of the validation cells by the frequencies of the column alone, in nats per row: what its losses are gains over. */
  readonly marginalNll: number;
  readonly event: TrainEvent;
}

/**
 * After a column: mean negative log-probability of its validation cells, in nats per row. With workers, columns may end in
 * another order.
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

/** What `fitTableDensityEvents` tells while it runs. */
export type FitTableDensityEvent = TableStartEvent | ColumnTrainingEvent | ColumnEvent;
