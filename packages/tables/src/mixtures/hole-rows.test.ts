import { createKey } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { penguins } from "@pushforward/datasets";
import { getColumn, takeTableRows } from "@pushforward/datasets/extend";
import { describe, expect, test } from "vitest";
import { cellAt, columnFromCells } from "../density/dependent-cells.ts";
import { fitNormalMixture } from "./normal-mixture/fit-normal-mixture.ts";
import { fitProductMixture } from "./product-mixture/fit-product-mixture.ts";

const key = createKey(11);
const TIMES = 5;
const HOLES = new Map([
  ["island", Uint8Array.of(1, 0, 1, 1)],
  ["bill_length_mm", Uint8Array.of(1, 0, 0, 1)],
  ["flipper_length_mm", Uint8Array.of(0, 1, 1, 1)],
  ["sex", Uint8Array.of(0, 0, 1, 1)],
]);

/** Each row of the table with each of its draws. */
function completed(table: Table, drawn: ReadonlyMap<string, Column>): Table {
  const rows = table.rows * TIMES;
  const columns = table.columns.map((column) => {
    const mask = HOLES.get(column.name);
    let place = -1;
    const cells = Array.from({ length: rows }, (_, i) => {
      const row = Math.floor(i / TIMES);
      if (mask?.[row] !== 1) return cellAt(column, row);
      if (i % TIMES === 0) place++;
      return cellAt(drawn.get(column.name) as Column, place * TIMES + (i % TIMES));
    });
    return columnFromCells(column.name, column.kind, cells);
  });
  return { rows, columns };
}

describe.each(["normals", "products"] as const)("draws of holes by a mixture of %s", (kind) => {
  test("have the density of their rows, in the order of the columns and after the known cells", async () => {
    const data = penguins();
    const fitted = kind === "normals" ? fitNormalMixture(data, { key }) : fitProductMixture(data, { key });
    const { model } = await fitted;
    const names = model.columns.map(({ name }) => name);
    const some = takeTableRows(data, [3, 50, 200, 300]);
    const table = { rows: 4, columns: names.map((name) => getColumn(some, name)) };
    const rows = model.holes({ table, holes: HOLES, mayBeMissing: true });
    const drawn = rows.draw(key, TIMES);
    const whole = completed(table, drawn);
    const asked = { byHoles: (i: number) => i > 0, byColumns: (i: number) => i < 3 };
    const { byHoles, byColumns } = rows.logJoint(drawn, TIMES, asked);
    const logProb = model.logProb(whole);
    for (let i = 0; i < whole.rows; i++) {
      const [row, draw] = [Math.floor(i / TIMES), i % TIMES];
      if (asked.byColumns(draw)) expect(byColumns[i]).toBeCloseTo(logProb[i] as number, 9);
      else if (kind === "normals") expect(byColumns[i]).toBe(0);
      if (!asked.byHoles(draw)) continue;
      const isHole = (name: string): boolean => HOLES.get(name)?.[row] === 1;
      const [given, free] = [names.filter((name) => !isHole(name)), names.filter(isHole)];
      const one = takeTableRows(whole, [i]);
      const conditional = model.conditional(one, given, free).logProb()[0] as number;
      expect(byHoles[i]).toBeCloseTo((rows.logEvidence[row] as number) + conditional, 9);
    }
  });
});
