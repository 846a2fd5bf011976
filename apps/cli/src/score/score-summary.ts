import type { CsvTable } from "pushforward";
import { addDropped } from "pushforward/extend";
import { droppedNote } from "../reading/read-table.ts";

/** What {@link ScoreSummary} knows, as plain data. */
export interface ScoreMoments {
  readonly rows: number;
  readonly mean: number;
  /** The sum of squared differences from the mean. */
  readonly squares: number;
  readonly dropped: number;
  readonly droppedBy: ReadonlyMap<string, number>;
}

/** Mean and standard error of a stream of log-densities (Welford 1962), and the rows that were left out. */
export class ScoreSummary {
  rows = 0;
  dropped = 0;
  droppedBy: ReadonlyMap<string, number> = new Map();
  private mean = 0;
  private squares = 0;

  add(values: Float64Array, { dropped, droppedBy }: Pick<CsvTable, "dropped" | "droppedBy">): void {
    this.dropped += dropped;
    this.droppedBy = addDropped([this, { droppedBy }]);
    for (const value of values) {
      this.rows += 1;
      const delta = value - this.mean;
      this.mean += delta / this.rows;
      this.squares += delta * (value - this.mean);
    }
  }

  /** Adds what another stream had (Chan, Golub, LeVeque 1979). */
  merge({ rows, mean, squares, dropped, droppedBy }: ScoreMoments): void {
    this.dropped += dropped;
    this.droppedBy = addDropped([this, { droppedBy }]);
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

  moments(): ScoreMoments {
    const { rows, mean, squares, dropped, droppedBy } = this;
    return { rows, mean, squares, dropped, droppedBy };
  }

  toJson(): { rows: number; meanLogDensity: number | null; standardError: number | null } {
    const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
    return {
      rows: this.rows,
      meanLogDensity: this.rows === 0 ? null : finite(this.mean),
      standardError: this.rows < 2 ? null : finite(Math.sqrt(this.squares / (this.rows - 1) / this.rows)),
    };
  }

  /** What is said at the end. */
  lines(): string[] {
    const { rows, meanLogDensity, standardError } = this.toJson();
    const dropped = droppedNote(rows, this);
    const error = standardError === null ? "" : ` ± ${standardError.toFixed(4)}`;
    const mean = meanLogDensity === null ? "not finite" : `${meanLogDensity.toFixed(4)}${error} nats`;
    return [
      ...(dropped === undefined ? [] : [dropped]),
      rows === 0 ? "0 rows" : `${rows} rows, mean log-density ${mean}`,
    ];
  }
}
