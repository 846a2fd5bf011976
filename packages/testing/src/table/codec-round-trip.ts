import type { Registry } from "@pushforward/core";
import { isModule } from "@pushforward/core/extend";
import { KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { copyThroughCodec } from "../law/copy-through-codec.ts";
import { formatRow } from "./format-row.ts";
import { requireSameRows } from "./require-same-rows.ts";
import type { TableDensityLike } from "./table-density-like.ts";
import { drawRows, type TableDensityTrial } from "./table-density-trial.ts";

export function codecRoundTrip(
  trial: TableDensityTrial,
  registry: Registry,
  densityOf: (copy: object) => TableDensityLike,
): Measurement {
  const copy = copyThroughCodec(trial.value, registry);
  try {
    const density = densityOf(copy);
    const table = drawRows(trial, trial.points);
    requireSameRows(drawRows({ ...trial, density }, trial.points), table, "the same rows of the decoded object");
    const found = density.logProb(table);
    for (const [row, expected] of trial.density.logProb(table).entries()) {
      if (Object.is(found[row], expected)) continue;
      const what = `a log-density of the decoded object with the bits of ${expected}`;
      throw new Violation(what, String(found[row]), formatRow(table, row));
    }
  } finally {
    if (isModule(copy)) copy.dispose();
  }
  return KEPT;
}
