import { type LogDensityMoments, LogDensitySummary } from "@pushforward/answers";
import type { CsvTable } from "pushforward";
import { addDropped } from "pushforward/extend";
import { droppedNote } from "../reading/read-table.ts";

/** What {@link ScoreSummary} knows, as plain data. */
export interface ScoreMoments extends LogDensityMoments {
  readonly dropped: number;
  readonly droppedBy: ReadonlyMap<string, number>;
}

/** Mean and standard error of the log-densities of a table, and the rows that were left out. */
export class ScoreSummary {
  dropped = 0;
  droppedBy: ReadonlyMap<string, number> = new Map();
  private readonly scores: LogDensitySummary = new LogDensitySummary();

  get rows(): number {
    return this.scores.rows;
  }

  add(values: Float64Array, table: Pick<CsvTable, "dropped" | "droppedBy">): void {
    this.scores.add(values);
    this.drop(table);
  }

  /** Adds what another stream had. */
  merge(moments: ScoreMoments): void {
    this.scores.merge(moments);
    this.drop(moments);
  }

  moments(): ScoreMoments {
    const { dropped, droppedBy } = this;
    return { ...this.scores.moments(), dropped, droppedBy };
  }

  toJson(): ReturnType<LogDensitySummary["toJson"]> {
    return this.scores.toJson();
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

  private drop({ dropped, droppedBy }: Pick<CsvTable, "dropped" | "droppedBy">): void {
    this.dropped += dropped;
    this.droppedBy = addDropped([this, { droppedBy }]);
  }
}
