import type { ParameterValues } from "@pushforward/core/extend";
import type { CheckpointMeta, CheckpointOptions } from "@pushforward/training";

/**
 * Where the fit of a table stands, as plain data: `meta` survives `JSON.stringify`, the arrays are copies. Columns without
 * networks are not in it: they follow from the rows.
 */
export interface TableCheckpoint {
  readonly meta: TableCheckpointMeta;
  /** `column/<place>/<member>/<path>`, and of networks in training `network/<place>/<name>` and `loss/<place>`. */
  readonly arrays: ReadonlyMap<string, ParameterValues | Float64Array>;
}

/** A type, not an interface, so that it is a `Json` value. */
export type TableCheckpointMeta = {
  readonly format: "pushforward-table-checkpoint";
  readonly version: number;
  /** What must be the same when the fit is resumed. */
  readonly fit: TableFitIdentity;
  /** The columns whose networks were begun. */
  readonly columns: readonly SavedColumn[];
  readonly seconds: number;
};

/** What the networks of a table depend on. */
export type TableFitIdentity = {
  readonly columns: readonly string[];
  /** How many codes each column has. */
  readonly codes: readonly number[];
  readonly trainRows: number;
  readonly validationRows: number;
  readonly folds: number;
  readonly hidden: number;
  readonly members: number;
  readonly epochs: number;
  /** A number drawn from the key. */
  readonly key: number;
};

/** How far a column is. */
export type SavedColumn = {
  readonly place: number;
  /** Of the networks that are kept. */
  readonly widths: readonly number[];
  /** Width and number of the network that comes next, unless all are done. */
  readonly width: number;
  readonly member: number;
  readonly isDone: boolean;
  /** Of that network, if it is in training. */
  readonly network: CheckpointMeta | null;
};

/** When and how checkpoints of a table are saved. */
export interface TableCheckpointOptions {
  /** Within each network, after so many steps or epochs of it. Default: only after each network. */
  readonly every?: CheckpointOptions["every"] | undefined;
  /**
   * Stores a checkpoint, whose arrays it may keep but must not change. The column that is saved waits for the promise, and
   * the next checkpoint comes after it.
   */
  readonly save: (checkpoint: TableCheckpoint) => void | Promise<void>;
}
