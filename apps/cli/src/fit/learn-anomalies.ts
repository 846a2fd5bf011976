import { type AnomalyScore, createKey, DataError, fitAnomalyScore, type Table } from "pushforward";
import type { FitCommandOptions } from "./fit-command-options.ts";
import { stopAfterBatch } from "./stop.ts";
import type { Voice } from "./voice.ts";

/** Fewest rows that tell which rows are odd. */
const LEAST_ROWS = 20;

/** Training rows, and the columns of them that are looked at. */
export interface LearnedColumns {
  readonly table: Table;
  readonly columns: readonly string[];
  /** Spacing of the numbers of columns, where it is known; 0 where they may lie anywhere. */
  readonly steps?: ReadonlyMap<string, number>;
}

/**
 * What scores how odd rows are, learned from training rows for the model file; undefined where nobody wants it, or where
 * there are too few rows or too many columns, which is said.
 */
export async function learnAnomalies(
  { table, columns, steps }: LearnedColumns,
  { seed, anomalies, contaminated }: FitCommandOptions,
  voice: Voice,
): Promise<AnomalyScore | undefined> {
  if (!anomalies || table.rows < LEAST_ROWS || columns.length === 0) return undefined;
  voice.tell("learns which rows are odd");
  try {
    return await stopAfterBatch(voice.quiet, (signal) =>
      fitAnomalyScore(table, { key: createKey(seed).fold("anomalies"), columns, steps, contaminated, signal }),
    );
  } catch (error) {
    // The model is what the user asked for: it is saved without.
    if (!(error instanceof DataError)) throw error;
    voice.notice(`it is not learned which rows are odd: ${error.message}`);
    return undefined;
  }
}
