import { createTable } from "@pushforward/datasets/extend";
import { expect, test } from "vitest";
import { codingOf } from "../coding/coding-of.ts";
import { EncodedColumns } from "./encoded-columns.ts";

const names = ["a", "b", "c"];
const table = createTable(names.map((name, k) => ({ name, kind: "number", values: Float64Array.of(k, 1, 2, 4.5) })));
const codings = names.map((name) => ({ name, coding: codingOf(table, name, {}) }));

test("columns are encoded once as long as they fit, and again after others", () => {
  const all = new EncodedColumns(table, codings);
  expect(all.at(0)).toBe(all.at(0));
  const { codes, cells, logFloor, features } = all.at(0);
  const size = [codes, cells, logFloor, features].reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
  const two = new EncodedColumns(table, codings, "new", 2 * size);
  const [a, b] = [two.at(0), two.at(1)];
  expect(two.at(0)).toBe(a);
  two.at(2); // in the place of b, which was read before a
  expect(two.at(0)).toBe(a);
  expect(two.at(1)).not.toBe(b);
  expect(two.at(1)).toEqual(b);
});

test("a column that does not fit is given all the same, and columns are picked at their places", () => {
  const none = new EncodedColumns(table, codings, "new", 0);
  const picked = none.pick([0, 2]);
  expect(picked.length).toBe(3);
  expect(picked[0]).toEqual(none.at(0));
  expect(picked[2]).toEqual(none.at(2));
  expect(picked[1]).toBeUndefined();
});
