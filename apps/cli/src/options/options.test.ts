import { describe, expect, test } from "vitest";
import {
  fraction,
  heldOutFraction,
  integer,
  names,
  nonNegative,
  once,
  positive,
  seconds,
  threadCount,
  widths,
} from "./options.ts";

describe("names", () => {
  test("are split at commas and trimmed", () => {
    expect(names("a, b,c d")).toEqual(["a", "b", "c d"]);
  });
  test("may hold a comma within quotes", () => {
    expect(names('"mass, g",b,"say ""x"""')).toEqual(["mass, g", "b", 'say "x"']);
  });
  test.each(["", "a,", ",a", "a,,b", '"a', 'a"b'])("%j is refused", (text) => {
    expect(() => names(text)).toThrow("expected names with commas between them.");
  });
  test("are different", () => {
    expect(() => names("a,b,a")).toThrow('expected different names, got "a" twice.');
  });
});

test.each(["", " ", "-1", "1.5", "x"])("integer(0) refuses %j", (text) => {
  expect(() => integer(0)(text)).toThrow("expected an integer of at least 0.");
});

test.each(["0", "all", ""])("threadCount refuses %j", (text) => {
  expect(() => threadCount(text)).toThrow("expected auto or an integer from 1 to 256.");
});

test("numbers are read", () => {
  expect(integer(1)("12")).toBe(12);
  expect(positive("1e-3")).toBe(1e-3);
  expect([nonNegative("0"), nonNegative("1e-6")]).toEqual([0, 1e-6]);
  expect([threadCount("auto"), threadCount("3")]).toEqual(["auto", 3]);
  expect(fraction("0.25")).toBe(0.25);
  expect(widths("64,32")).toEqual([64, 32]);
});

test("of an option that stands twice nothing is lost", () => {
  expect(names("c", names("a,b"))).toEqual(["a", "b", "c"]);
  expect(() => names("a", ["a"])).toThrow('expected different names, got "a" twice.');
  expect(once("age=30")).toBe("age=30");
  expect(() => once("age=40", "age=30")).toThrow(
    'expected the option once, got "age=30" before. Join them with commas.',
  );
});

test("an integer beyond those that are exact is told its limit", () => {
  expect(() => integer(0)("9007199254740992")).toThrow("expected an integer from 0 to 9007199254740991.");
  expect(() => integer(0)("1.5")).toThrow("expected an integer of at least 0.");
});

test.each(["0", "-1", "Infinity", "x"])("positive refuses %j", (text) => {
  expect(() => positive(text)).toThrow("expected a positive number.");
});

test.each(["", "-1", "Infinity", "x"])("nonNegative refuses %j", (text) => {
  expect(() => nonNegative(text)).toThrow("expected a number of at least 0.");
});

test.each(["0", "1", "x"])("fraction refuses %j", (text) => {
  expect(() => fraction(text)).toThrow("expected a number between 0 and 1.");
});

test.each(["0.51", "0.999", "1"])("heldOutFraction refuses %j", (text) => {
  expect(() => heldOutFraction(text)).toThrow(/expected a number (between 0 and 1|above 0 and at most 0\.5)/);
});

test.each(["64,", "0", "1.5", "x"])("widths refuses %j", (text) => {
  expect(() => widths(text)).toThrow("expected sizes like 64,64, each from 1 to 65536.");
});

test("widths refuses layers that no memory holds", () => {
  expect(() => widths("65536,65536")).toThrow("expected at most 67108864 weights between two layers, got 4294967296.");
  expect(widths("8192,8192")).toEqual([8192, 8192]);
});

test("seconds are those that a timer can wait", () => {
  expect(seconds("3600")).toBe(3600);
  for (const text of ["1e300", "2147484"]) expect(() => seconds(text)).toThrow("expected at most 536870 seconds.");
  expect(() => seconds("0")).toThrow("expected a positive number.");
});
