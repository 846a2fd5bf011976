import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { TableColumnCase } from "@pushforward/testing";
import type { CellCoding } from "../src/density/coding/category-coding.ts";
import { NumberCoding } from "../src/density/coding/number-coding.ts";
import { type Cell, columnFromCells } from "../src/density/dependent-cells.ts";

/** All rows of some columns, and the measure of each. */
export function allRows(
  cases: readonly TableColumnCase[],
  columns: Parameters<typeof withOffGrid>[1],
): { readonly table: Table; readonly weights: readonly number[] } {
  let rows: { readonly cells: readonly Cell[]; readonly weight: number }[] = [{ cells: [], weight: 1 }];
  for (const { cells = [], unseen = [], offGrid } of withOffGrid(cases, columns)) {
    const single = [...cells, ...unseen].map((cell) => [cell, 1] as const);
    const all = offGrid === undefined ? single : [...single, [offGrid.cell, offGrid.measure] as const];
    rows = rows.flatMap((row) =>
      all.map(([cell, measure]) => ({ cells: [...row.cells, cell], weight: row.weight * measure })),
    );
  }
  const table = createTable(
    cases.map(({ name, kind }, k) =>
      columnFromCells(
        name,
        kind,
        rows.map(({ cells }) => cells[k]),
      ),
    ),
  );
  return { table, weights: rows.map(({ weight }) => weight) };
}

/** Adds, to each column of numbers on a grid, a number that represents all numbers off the grid. */
export function withOffGrid(
  cases: readonly TableColumnCase[],
  columns: readonly { readonly name: string; readonly coding: CellCoding }[],
): readonly TableColumnCase[] {
  return cases.map((one) => {
    const coding = columns.find(({ name }) => name === one.name)?.coding;
    if (!(coding instanceof NumberCoding) || coding.step === 0) return one;
    const { center, step, domain, offGridShare = 0 } = coding.options;
    const cell = center + (domain?.high !== undefined && center + step > domain.high ? -0.5 : 0.5) * step;
    return { ...one, offGrid: { cell, measure: offGridShare / Math.exp(coding.logWide(cell)) } };
  });
}
