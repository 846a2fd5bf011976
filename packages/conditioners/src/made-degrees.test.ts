import { expect, test } from "vitest";
import { degreeMask, hiddenDegrees } from "./made-degrees.ts";

test("degrees cycle from 1 to features − 1 and are sorted", () => {
  expect(hiddenDegrees(7, 4, false)).toEqual([1, 1, 1, 2, 2, 3, 3]);
  expect(hiddenDegrees(4, 2, false)).toEqual([1, 1, 1, 1]);
  expect(hiddenDegrees(3, 1, false)).toEqual([0, 0, 0]);
});

test("with a context some units see nothing else", () => {
  expect(hiddenDegrees(7, 4, true)).toEqual([0, 0, 1, 1, 2, 2, 3]);
  expect(hiddenDegrees(3, 1, true)).toEqual([0, 0, 0]);
});

test("a narrow layer spreads its degrees and keeps the largest", () => {
  expect(hiddenDegrees(3, 10, false)).toEqual([3, 6, 9]);
  expect(hiddenDegrees(4, 9, true)).toEqual([1, 3, 5, 8]);
  expect(hiddenDegrees(1, 5, false)).toEqual([4]);
});

test("cyclic degrees of a narrow layer are the first; maps of the context need none of 0", () => {
  expect(hiddenDegrees(3, 10, false, { context: "inputs", degrees: "cyclic" })).toEqual([1, 2, 3]);
  expect(hiddenDegrees(5, 3, true, { context: "maps", degrees: "cyclic" })).toEqual([1, 1, 1, 2, 2]);
  expect(hiddenDegrees(2, 1, true, { context: "maps", degrees: "cyclic" })).toEqual([0, 0]);
});

test("masks are contiguous blocks, strict at the outputs", () => {
  expect([...degreeMask([1, 2, 3], [1, 2, 2], false)]).toEqual([1, 1, 1, 0, 1, 1, 0, 0, 0]);
  expect([...degreeMask([1, 2, 2], [1, 2, 3], true)]).toEqual([0, 1, 1, 0, 0, 1, 0, 0, 1]);
});
