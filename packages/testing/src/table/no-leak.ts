import { expectNoLeak } from "../expect-no-leak.ts";
import { KEPT, type Measurement } from "../law/comparison.ts";
import { drawRows, type TableDensityTrial } from "./table-density-trial.ts";

export function noLeak(trial: TableDensityTrial): Measurement {
  const { density } = trial;
  const table = drawRows(trial, 3);
  const calls: readonly [string, () => unknown][] = [
    ["logProb", () => void density.logProb(table)],
    ["cellLogProb", () => void density.cellLogProb?.(table)],
    ["sample", () => void drawRows(trial, 3)],
    ["logProb of a table without columns", () => void tolerant(() => density.logProb({ rows: 3, columns: [] }))],
  ];
  for (const [what, call] of calls) expectNoLeak(call, what);
  return KEPT;
}

function tolerant(call: () => unknown): unknown {
  try {
    return call();
  } catch {
    return undefined;
  }
}
