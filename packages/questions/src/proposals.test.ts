import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { fitProductMixture } from "@pushforward/tables";
import { expect, test } from "vitest";
import { EvidenceFloor } from "./proposals.ts";

const key = createKey(20261201);

/** Rows with a share of the word "rare". */
function words(rows: number, share: number): Table {
  const values = Array.from({ length: rows }, (_, row) => (row < share * rows ? "rare" : "usual"));
  return createTable([
    { name: "word", kind: "text", values },
    { name: "again", kind: "text", values },
  ]);
}

test("a floor is the lowest log-density of all draws, and of the first ones where these are enough", async () => {
  const table = words(1000, 0.1);
  const { model: mixture } = await fitProductMixture(table, { key, columns: ["word"], components: 1 });
  const drawn: [number, number][] = [];
  const floor = new EvidenceFloor(mixture, [10, 90], (rows, part) => {
    drawn.push([rows, part]);
    // The rare word is in the second part alone.
    return words(rows, part === 0 ? 0 : 0.1);
  });
  const [rare, usual] = mixture.logProb(words(2, 0.5)) as unknown as [number, number];
  expect(floor.draws).toBe(100);
  expect(floor.above(usual, ["word"], 0)).toBeUndefined();
  expect(floor.above(usual - 1, ["word"], 1)).toBeUndefined();
  expect(drawn).toEqual([[10, 0]]);
  expect(floor.above(rare - 1, ["word"], 0.5)).toBeCloseTo(rare, 12);
  expect(floor.above(rare, ["word"], 0)).toBeUndefined();
  // A column that the mixture lacks counts as a cell that one draw has.
  expect(floor.above(-100, ["word", "again"], 0)).toBeCloseTo(rare - Math.log(100), 12);
  expect(drawn).toEqual([
    [10, 0],
    [90, 1],
  ]);
  mixture.dispose();
});
