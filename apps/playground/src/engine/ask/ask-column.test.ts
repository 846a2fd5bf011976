import { expect, test } from "vitest";
import { sliderOf } from "./ask-column.ts";

test("a slider of real numbers stands on round ones that hold all of them", () => {
  expect(sliderOf([2.374, 7.91], {})).toEqual({ range: [2.37, 7.91], step: 0.01 });
  expect(sliderOf([-1234.5, 98765.4], {})).toEqual({ range: [-1300, 98800], step: 100 });
  expect(sliderOf([0.0012, 0.0043], {})).toEqual({ range: [0.0012, 0.0043], step: 1e-5 });
});

test("a slider of a grid stays on it, and passes over some of many places", () => {
  expect(sliderOf([17, 90], { step: 1 })).toEqual({ range: [17, 90], step: 1 });
  expect(sliderOf([0, 4000], { step: 5 })).toEqual({ range: [0, 4000], step: 20 });
});

test("it does not leave the bounds of the column, and one number has a slider, too", () => {
  expect(sliderOf([0.004, 0.996], { bounds: [0.004, 1] }).range[0]).toBe(0.004);
  expect(sliderOf([3, 3], { step: 2 })).toEqual({ range: [3, 5], step: 2 });
});
