import { expect, test } from "vitest";
import { decimalsOf, numberReader, writeNumber } from "./number-format.ts";

test.each([
  [{}, "1.5", 1.5],
  [{}, " -2e3 ", -2000],
  [{}, "\u22125", -5],
  [{ decimal: "," as const }, "1,5", 1.5],
  [{ thousands: "," }, "1,234,567.5", 1234567.5],
  [{ thousands: "," }, "1234", 1234],
  [{ decimal: "," as const, thousands: "." }, "1.234,5", 1234.5],
  [{ thousands: "\u202f" }, "12\u202f345", 12345],
  [{ prefix: "$" }, "-$5", -5],
  [{ prefix: "$" }, "$-5", -5],
  [{ suffix: "%" }, "12.5%", 12.5],
  [{ suffix: " \u20ac" }, "3 \u20ac", 3],
])("%j reads %j", (format, text, value) => {
  expect(numberReader(format)(text)).toBe(value);
});

test.each([
  [{}, "1,5"],
  [{}, "--1"],
  [{}, "1e"],
  [{}, ""],
  [{}, "."],
  [{ decimal: "," as const }, "1.5"],
  [{ thousands: "," }, "12,34"],
  [{ prefix: "$" }, "5"],
  [{ suffix: "%" }, "5"],
  [{ prefix: "$" }, "-$-5"],
])("%j does not read %j", (format, text) => {
  expect(numberReader(format)(text)).toBeNaN();
});

test.each([
  [1200, { prefix: "$", thousands: ",", decimals: 2, padded: true }, "$1,200.00"],
  [-1234.5, { decimal: "," as const, thousands: ".", decimals: 1 }, "-1.234,5"],
  [7, { digits: 3, decimals: 0 }, "007"],
  [12.5, { suffix: "%", decimals: 1 }, "12.5%"],
  [1.26, { decimals: 1 }, "1.3"],
  [2.04, { decimals: 1 }, "2"],
  [-0.01, { decimals: 1 }, "0"],
  [-0, { decimals: 1 }, "-0"],
  [1e25, { decimals: 2 }, "1e+25"],
  [0.1 + 0.2, {}, "0.30000000000000004"],
  [27.7767, { decimals: 15 }, "27.7767"],
])("%d is written as %j says: %j", (value, format, text) => {
  expect(writeNumber(value, format)).toBe(text);
});

test("decimals are counted with the exponent", () => {
  expect(decimalsOf("1.25")).toBe(2);
  expect(decimalsOf("1,25", ",")).toBe(2);
  expect(decimalsOf("1.5e-3")).toBe(4);
  expect(decimalsOf("1.5e3")).toBe(0);
  expect(decimalsOf("1e-20")).toBeUndefined();
  expect(decimalsOf("17")).toBe(0);
});
