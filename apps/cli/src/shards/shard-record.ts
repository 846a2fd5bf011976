import type { UnseenCounts } from "@pushforward/tables/extend";
import type { ScoreMoments } from "../score/score-summary.ts";
import type { PlannedFile } from "./run-plan.ts";

/** Counts by the names of columns, as JSON has them. */
export type NamedCounts = readonly (readonly [name: string, count: number])[];

/** What is known of the rows of a shard beside the rows. */
export interface ShardOutcome {
  readonly rows: number;
  /** The columns of its file. */
  readonly columns: readonly string[];
  /** What is to be said of its file. */
  readonly notes: readonly string[];
  readonly scores?: { readonly moments: MomentsData; readonly unseen?: UnseenCounts | undefined } | undefined;
  /** Samples below 0 where the training rows had none. */
  readonly negatives?: NamedCounts | undefined;
}

/** {@link ScoreMoments} as JSON: a mean may be infinite, which JSON has no number for. */
export type MomentsData = Omit<ScoreMoments, "mean" | "squares" | "droppedBy"> & {
  readonly mean: string;
  readonly squares: string;
  readonly droppedBy: NamedCounts;
};

/** What is written when a shard is done. */
export interface ShardRecord extends ShardOutcome {
  readonly run: string;
  /** Bytes of its file. */
  readonly bytes: number;
  /** The file whose rows were scored, as it was. */
  readonly source?: PlannedFile | undefined;
}

export function momentsToData({ mean, squares, droppedBy, ...counts }: ScoreMoments): MomentsData {
  return { ...counts, mean: String(mean), squares: String(squares), droppedBy: [...droppedBy] };
}

export function momentsFromData({ mean, squares, droppedBy, ...counts }: MomentsData): ScoreMoments {
  return { ...counts, mean: Number(mean), squares: Number(squares), droppedBy: new Map(droppedBy) };
}
