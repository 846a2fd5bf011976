import { DataError, ndArray } from "@pushforward/core";
import { expect, test } from "vitest";
import { checkWidth, waitNote } from "./check-width.ts";

const rows = (columns: number) => ndArray([2, columns], new Float64Array(2 * columns));

test("tables too wide for covariances are refused, with what to do instead", () => {
  expect(() => checkWidth({ x: rows(1000) }, [])).not.toThrow();
  expect(() => checkWidth({ x: rows(1001) }, [])).toThrow(DataError);
  expect(() => checkWidth({ x: rows(1001) }, [])).toThrow(
    "fitAuto: expected at most 1000 columns of numbers, got 1001: the time to fit their covariances grows with the cube of their number.",
  );
});

test("numbers of the context count, classes do not", () => {
  const classes = [Array.from({ length: 300 }, (_, k) => k)];
  expect(() => checkWidth({ x: rows(900), context: rows(300) }, classes)).not.toThrow();
  expect(() => checkWidth({ x: rows(900), context: rows(300) }, [])).toThrow("got 1200");
});

test("a wait is announced", () => {
  expect(waitNote(20)).toBeUndefined();
  expect(waitNote(400)).toContain("400 columns");
});
