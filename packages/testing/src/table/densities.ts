import type { Registry } from "@pushforward/core";
import { isModule } from "@pushforward/core/extend";
import { expectNoLeak } from "../expect-no-leak.ts";
import { Comparison, formatNumber, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { inTidy } from "../law/law.ts";
import { copyThroughCodec, onBothBackends } from "../law/law-list.ts";
import { cellOf, columnNamed, columnOfCells, formatCell, formatRow, pickRows, requireSameRows } from "./rows.ts";
import type { Cell, ColumnLike, TableDensityLike, TableLike } from "./table-density-case.ts";
import { drawRows, type TableDensityTrial } from "./table-density-trial.ts";

const ODD_NUMBERS = [0, -1, 1e-300, 1e300, -1e300, Number.MAX_VALUE, undefined];
const ODD_TEXTS = ["", "__proto__", "a category that no row has", undefined];

/** Returns drawn rows with a single odd cell (huge, missing, new), and rows with all cells odd. */
function oddRows(trial: TableDensityTrial): TableLike {
  const drawn = drawRows(trial, 1);
  const rows = Array.from({ length: drawn.rows }, (_, row) => drawn.columns.map((column) => cellOf(column, row)));
  const odd = rows.flatMap((row) =>
    drawn.columns.flatMap(({ kind }, k) => oddCells(kind).map((cell) => row.map((own, j) => (j === k ? cell : own)))),
  );
  const most = Math.max(ODD_NUMBERS.length, ODD_TEXTS.length);
  const all = Array.from({ length: most }, (_, i) =>
    drawn.columns.map(({ kind }) => oddCells(kind)[i % oddCells(kind).length]),
  );
  return tableOfRows(drawn.columns, [...odd, ...all]);
}

function oddCells(kind: ColumnLike["kind"]): readonly Cell[] {
  return kind === "number" ? ODD_NUMBERS : ODD_TEXTS;
}

function tableOfRows(columns: readonly ColumnLike[], rows: readonly (readonly Cell[])[]): TableLike {
  return {
    rows: rows.length,
    columns: columns.map(({ name, kind }, k) =>
      columnOfCells(
        name,
        kind,
        rows.map((row) => row[k]),
      ),
    ),
  };
}

export function cellsSumToRow(trial: TableDensityTrial): Measurement {
  const { density, theCase, points } = trial;
  const comparison = new Comparison(trial.tolerances.same);
  const tables = [drawRows(trial, points), oddRows(trial), ...(theCase.outside === undefined ? [] : [theCase.outside])];
  for (const table of tables) {
    const logProb = density.logProb(table);
    const cells = density.cellLogProb?.(table) ?? [];
    for (const [row, expected] of logProb.entries()) {
      const sum = cells.reduce((total, column) => total + (column[row] as number), 0);
      comparison.add(sum, expected, () => formatRow(table, row));
    }
  }
  return comparison.result();
}

export function minusInfinityOutside({ density, theCase }: TableDensityTrial): Measurement {
  const { outside } = theCase;
  if (outside === undefined) return KEPT;
  for (const [row, value] of density.logProb(outside).entries()) {
    if (value !== Number.NEGATIVE_INFINITY) {
      throw new Violation("a log-density of -Infinity", formatNumber(value), formatRow(outside, row));
    }
  }
  return KEPT;
}

export function neverNan(trial: TableDensityTrial): Measurement {
  const { density, theCase } = trial;
  for (const table of [oddRows(trial), ...(theCase.outside === undefined ? [] : [theCase.outside])]) {
    for (const values of [density.logProb(table), ...(density.cellLogProb?.(table) ?? [])]) {
      const row = values.findIndex((value) => !(value < Number.POSITIVE_INFINITY));
      if (row >= 0) {
        throw new Violation(
          "a finite log-density, or -Infinity",
          formatNumber(values[row] as number),
          formatRow(table, row),
        );
      }
    }
  }
  return KEPT;
}

const MOST_ROWS = 16;

export function rowsAreScoredAlone(trial: TableDensityTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.same);
  const table = drawRows(trial, Math.min(trial.points, MOST_ROWS));
  for (const [row, expected] of trial.density.logProb(table).entries()) {
    const alone = trial.density.logProb(pickRows(table, [row]))[0] as number;
    comparison.add(alone, expected, () => `${formatRow(table, row)}, alone against among others`);
  }
  return comparison.result();
}

export async function backendsAgree(trial: TableDensityTrial): Promise<Measurement> {
  const comparison = new Comparison(trial.tolerances.backends);
  // Both backends score the draws of the first, so that an error of a draw does not count twice.
  let first: TableLike | undefined;
  const run = (): { drawn: TableLike; logProb: Float64Array } =>
    inTidy(() => {
      const drawn = drawRows(trial, trial.points);
      first ??= drawn;
      return { drawn, logProb: trial.density.logProb(first) };
    });
  const [cpu, wasm] = await onBothBackends(run);
  for (const [row, expected] of cpu.logProb.entries()) {
    comparison.add(wasm.logProb[row] as number, expected, () => `${formatRow(cpu.drawn, row)} (logProb on wasm)`);
  }
  for (const column of cpu.drawn.columns) {
    const other = columnNamed(wasm.drawn, column.name);
    for (let row = 0; row < cpu.drawn.rows; row++) {
      const [expected, got] = [cellOf(column, row), cellOf(other, row)];
      if (typeof expected === "number" && typeof got === "number") {
        comparison.add(got, expected, () => `"${column.name}" of row ${row} (sample on wasm)`);
      } else if (got !== expected) {
        throw new Violation(`"${column.name}" of a drawn row on wasm to be ${formatCell(expected)}`, formatCell(got));
      }
    }
  }
  return comparison.result();
}

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
