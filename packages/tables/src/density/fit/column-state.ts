import type { Checkpoint } from "@pushforward/training";
import type { ColumnDensity } from "../column-density.ts";

/** How far the networks of a column are. */
export interface ColumnState {
  /** Those that are kept, with their widths. */
  readonly members: readonly ColumnDensity[];
  readonly widths: readonly number[];
  /** Width and number of the network that comes next, unless all are done. */
  readonly width: number;
  readonly member: number;
  readonly isDone: boolean;
  /** Of that network, if it is in training. */
  readonly network?: NetworkState | undefined;
}

/** How far a network is. */
export interface NetworkState {
  readonly checkpoint: Checkpoint;
  /** On validation rows after the epoch before. */
  readonly loss: number;
}
