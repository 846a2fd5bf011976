import { addDropped } from "@pushforward/datasets/extend";
import { type LogDensityMoments, LogDensitySummary } from "@pushforward/questions/extend";
import type { CsvTable } from "pushforward";
import { droppedNote } from "../reading/read-table.ts";

/** What {@link ScoreSummary} knows, as plain data. */
export type ScoreMoments = LogDensityMoments & Pick<CsvTable, "dropped" | "droppedBy">;

/** What was scored and what was left out. */
export class ScoreSummary extends LogDensitySummary {
  dropped = 0;
  droppedBy: ReadonlyMap<string, number> = new Map();

  look(values: Float64Array, { dropped, droppedBy }: Pick<CsvTable, "dropped" | "droppedBy">): void {
    this.add(values);
    this.dropped += dropped;
    this.droppedBy = addDropped([this, { droppedBy }]);
  }

  /** Adds the rows of another summary. */
  lookAt({ dropped, droppedBy, ...moments }: ScoreMoments): void {
    this.merge(moments);
    this.dropped += dropped;
    this.droppedBy = addDropped([this, { droppedBy }]);
  }

  scoreMoments(): ScoreMoments {
    const { dropped, droppedBy } = this;
    return { ...this.moments(), dropped, droppedBy };
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
