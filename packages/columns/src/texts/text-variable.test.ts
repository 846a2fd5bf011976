import { expect, test } from "vitest";
import { findLevels } from "./text-variable.ts";

test.each([
  [["medium", "high", "low"]],
  [["Medium", "HIGH", "very_low"]],
  [["L", "S", "XL", "M"]],
  [["Strongly agree", "Agree", "Neutral", "Strongly disagree", "Disagree"]],
  [["never", "sometimes", "always"]],
  [["25-34", "18-24", "65+", "<18"]],
  [["$10,000 to $19,999", "under $10,000", "$100,000 or more", "$20,000 to $99,999"]],
  [["1999-2000", "1998-1999", "2000-2001"]],
  [["(10,20]", "(0,10]", "(20,30]"]],
  [["[-5, 0)", "[0, 5)", "[5, inf)"]],
])("%j has an order", (texts) => {
  const levels = findLevels(texts);
  expect([...(levels ?? [])].sort()).toEqual([...texts].sort());
  expect(levels).toEqual(findLevels([...texts].reverse()));
});

test("the lowest comes first", () => {
  expect(findLevels(["L", "S", "XL", "M"])).toEqual(["S", "M", "L", "XL"]);
  expect(findLevels(["65+", "25-34", "<18", "18-24"])).toEqual(["<18", "18-24", "25-34", "65+"]);
  expect(findLevels(["(100,1000]", "(-10,2]", "(20,30]"])).toEqual(["(-10,2]", "(20,30]", "(100,1000]"]);
});

test.each([
  [["low", "high"]],
  [["S", "M", "D", "W"]],
  [["low", "medium", "high", "?"]],
  [["low", "medium", "moderate"]],
  [["red", "green", "blue"]],
  [["0-10", "5-15", "20-30"]],
  [["3-1", "2-0", "0-0"]],
  [["<0.05", ">100", "12-13"]],
  [["1998-99", "1999-00", "2000-01"]],
  [["__proto__", "constructor", "toString"]],
  [[]],
])("%j has none", (texts) => {
  expect(findLevels(texts)).toBeUndefined();
});
