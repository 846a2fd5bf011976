import { rowNumber } from "@pushforward/columns/extend";
import { DataError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";

/**
 * Refuses log-densities that are not numbers, which weights of a model that overflow float32 give.
 *
 * @param file name of the table, for the message.
 * @throws {DataError} a density is NaN.
 * @example
 * checkScores(Float64Array.of(-1), { rows: 1, columns: [] }, "data.csv"); // nothing
 */
export function checkScores(scores: Float64Array, table: Table, file: string): void {
  const bad = scores.findIndex(Number.isNaN);
  if (bad < 0) return;
  const row = rowNumber(table, bad);
  throw new DataError(
    `${file}, row ${row}: expected a log-density, got NaN, although the row has numbers only. ` +
      "Weights of the model overflow float32: fit it again, or check where its file comes from.",
    { file, row },
  );
}

/** The summary of log-densities, as JSON has it: null stands for what is not a finite number. */
export interface LogDensitySummaryJson {
  readonly rows: number;
  readonly meanLogDensity: number | null;
  readonly standardError: number | null;
}

/** What a {@link LogDensitySummary} knows. */
export interface LogDensityMoments {
  readonly rows: number;
  readonly mean: number;
  /** The sum of squared differences from the mean. */
  readonly squares: number;
}

/**
 * Mean and standard error of a stream of log-densities (Welford 1962).
 *
 * @example
 * const summary = new LogDensitySummary();
 * summary.add(Float64Array.of(-1, -3));
 * summary.toJson().meanLogDensity; // → -2
 */
export class LogDensitySummary {
  rows = 0;
  private mean = 0;
  private squares = 0;

  add(values: Float64Array): void {
    for (const value of values) {
      this.rows += 1;
      const delta = value - this.mean;
      this.mean += delta / this.rows;
      this.squares += delta * (value - this.mean);
    }
  }

  /** Adds the numbers of another summary (Chan, Golub, LeVeque 1979). */
  merge({ rows, mean, squares }: LogDensityMoments): void {
    if (rows === 0) return;
    if (this.rows === 0) {
      [this.rows, this.mean, this.squares] = [rows, mean, squares];
      return;
    }
    const all = this.rows + rows;
    const delta = mean - this.mean;
    this.squares += squares + (delta * delta * this.rows * rows) / all;
    this.mean += (delta * rows) / all;
    this.rows = all;
  }

  moments(): LogDensityMoments {
    const { rows, mean, squares } = this;
    return { rows, mean, squares };
  }

  toJson(): LogDensitySummaryJson {
    const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
    return {
      rows: this.rows,
      meanLogDensity: this.rows === 0 ? null : finite(this.mean),
      standardError: this.rows < 2 ? null : finite(Math.sqrt(this.squares / (this.rows - 1) / this.rows)),
    };
  }
}
