import type { ColumnRelation } from "@pushforward/columns";
import { ModelFileError } from "@pushforward/core";
import type { Column } from "@pushforward/datasets";
import { expect, test } from "vitest";
import {
  type Cell,
  columnFromCells,
  dependentCells,
  dependentCellsFromJson,
  dependentCellsToJson,
  followingCells,
  followingShares,
  NOTHING,
} from "./dependent-cells.ts";

const grid = { step: 0 };
const column = (kind: Column["kind"], ...cells: Cell[]): Column => columnFromCells("", kind, cells);
const binsOf = (x: Column, cells: Column) => dependentCells({ type: "bins" }, [0], [x], cells, grid);

test("bins keep their edges, and tell the cells of the numbers between them", () => {
  const x = column("number", 7, 1, undefined, 3, 2, 9, 4.5, 12);
  const cells = column("text", "b", "a", "none", "a", "a", "b", undefined, "a");
  const bins = binsOf(x, cells);
  expect(bins.keys).toEqual([undefined, 1, 3, 4.5, 7, 9, 12]);
  expect(bins.values).toEqual(["none", "a", "a", undefined, "b", "b", "a"]);
  const file = dependentCellsFromJson(JSON.parse(JSON.stringify(dependentCellsToJson(bins))));
  const asked = [undefined, -5, 1, 2.7, 3, 3.1, 4.5, 4.6, 7, 8, 9, 10, 12, 99];
  expect(followingCells(file, [column("number", ...asked)], asked.length, grid)).toEqual([
    ...["none", NOTHING, "a", "a", "a", NOTHING, undefined, NOTHING, "b", "b", "b", NOTHING, "a", NOTHING],
  ]);
  // On a grid, 3 · 4.1 is not 12.3.
  const grids = binsOf(column("number", 4.1, 8.2, 12.3, 16.4), column("text", "a", "a", "b", "b"));
  expect(3 * 4.1).not.toBe(12.3);
  const near = [4.1 * (1 - 1e-15), 8.2 * (1 + 1e-15), 3 * 4.1, 16.4 * (1 + 1e-15), 16.5];
  expect(followingCells(grids, [column("number", ...near)], near.length, grid)).toEqual(["a", "a", "b", "b", NOTHING]);
  const complete = binsOf(column("number", 1, 2), column("number", 10, 20));
  expect(followingCells(complete, [column("number", undefined, 1.5)], 2, grid)).toEqual([NOTHING, NOTHING]);
});

test.each<ColumnRelation>([
  { type: "product", rate: -1 },
  { type: "ratio", isBySquare: true, scale: 10_000 },
  { type: "years" },
  { type: "years", daysPerYear: 365.25 },
])("a file has all settings of a relation: $type", (relation) => {
  const dependent = { from: [1, 0], relation, keys: [], values: [], tolerance: 0.01, nearestShare: 0.875 };
  expect(dependentCellsFromJson(JSON.parse(JSON.stringify(dependentCellsToJson(dependent))))).toEqual(dependent);
});

test("numbers that follow have the share of the nearest number, because programs round 0.475 differently", () => {
  const net = column("number", 2.5, 1, 3, 4, 7.5, 9, 12, 20);
  const tax = column("number", 0.47, 0.19, 0.57, 0.76, 1.43, 1.71, 2.28, 3.8);
  const cents = { step: 0.01 };
  const dependent = dependentCells({ type: "linear", weights: [0.19], plus: 0 }, [0], [net], tax, cents);
  expect(dependent.tolerance).toBeCloseTo(0.01, 9);
  const { nearest, other } = followingShares(dependent, cents.step);
  expect(nearest).toBeCloseTo(7.5 / 9, 12);
  expect(nearest + 2 * other).toBeCloseTo(1, 12);
  const older = followingShares({ ...dependent, nearestShare: undefined }, cents.step);
  expect(older.nearest).toBeCloseTo(1 / 3, 12);
  expect(older.other).toBeCloseTo(1 / 3, 12);
  const exact = dependentCells({ type: "linear", weights: [0.19], plus: 0 }, [0], [net], tax, { step: 0 });
  expect(followingShares(exact, 0)).toEqual({ nearest: 1, other: 0 });
});

test("a file whose bins have edges that do not rise is refused", () => {
  const json = { from: [0], relation: { type: "bins" }, values: ["a", "b"], tolerance: 0 };
  expect(dependentCellsFromJson({ ...json, keys: [1, 2] }).keys).toEqual([1, 2]);
  for (const keys of [
    [2, 1],
    [1, 1],
    ["1", 2],
    [1, null],
  ]) {
    expect(() => dependentCellsFromJson({ ...json, keys })).toThrow(ModelFileError);
  }
});
