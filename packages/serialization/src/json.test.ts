import { type Json, ModelFileError, OptionError } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import { cpuSecondsOf } from "../../testing/test/cpu-seconds-of.ts";
import { abbreviate, formatJson, parseJson } from "./json.ts";

const limits = { maxDepth: 5, maxValues: 20 };
const parse = (text: string): Json => parseJson(text, "here", "config", limits);

function reason(text: string): string {
  try {
    parse(text);
    return "accepted";
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFileError);
    return (error as ModelFileError).reason;
  }
}

describe("parseJson", () => {
  test.each(['{"a":[1,-2.5e3,null,true,"x\\n"],"b":{"a":{}}}', "-0", '"\\ud83d\\ude00"', " [ ] ", '{"a":"b","c":"a"}'])(
    "reads %s",
    (text) => expect(parse(text)).toEqual(JSON.parse(text)),
  );

  test.each([
    ["", "config"],
    ["{", "config"],
    ['{"a":1,}', "config"],
    ["[1 2]", "config"],
    ["NaN", "config"],
    ['"abc', "config"],
    ['"\\x"', "config"],
    ['{"\\u12":1}', "config"],
    ['"\\', "config"],
    ['{"a":1,"a":1}', "config"],
    ['{"a":1,"\\u0061":1}', "config"],
    ['{"x":{"a":1 , "b":2,\n"a"\t:3}}', "config"],
    ['"\\udc00"', "config"],
    ["[[[[[]]]]]", "accepted"],
    ["[[[[[[]]]]]]", "limit"],
    [`[${"1,".repeat(18)}1]`, "accepted"],
    [`[${"1,".repeat(20)}1]`, "limit"],
    ["]".repeat(50), "config"],
  ])("%s: %s", (text, expected) => expect(reason(text)).toBe(expected));

  test("integers only, when asked", () => {
    const strict = (text: string): Json => parseJson(text, "here", "config", { ...limits, integersOnly: true });
    expect(strict('["-1.5e3",10]')).toEqual(["-1.5e3", 10]);
    for (const text of ["[-1]", "[1.0]", "[1e2]", "[1E2]"]) expect(() => strict(text)).toThrow(/expected integers/);
  });

  test("a key __proto__ is data and changes no prototype", () => {
    const value = parse('{"__proto__":{"polluted":1}}') as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect("polluted" in {}).toBe(false);
  });

  test("is linear: 2 MB of quotes, of keys, of white space", async () => {
    const seconds = await cpuSecondsOf(() => {
      reason(`[${'"'.repeat(2_000_000)}`);
      reason(`{"a"${" ".repeat(2_000_000)}`);
      reason(`{"${"\\".repeat(2_000_000)}`);
    });
    // Takes 0.1 s; quadratic time would be hours.
    expect(seconds).toBeLessThan(10);
  });
});

describe("formatJson", () => {
  test("what it writes is read back bit for bit", () => {
    const value = {
      a: [0.1, -0, 5e-324, 1.7976931348623157e308, 123456789012345680],
      é: { "": null, b: [true, "\n\u{1f600}"] },
    };
    const back = JSON.parse(formatJson(value, "here")) as typeof value;
    expect(back).toEqual(value);
    expect(Object.is(back.a[1], -0)).toBe(true);
  });

  test.each<[string, unknown, RegExp]>([
    ["NaN", { a: [1, Number.NaN] }, /^here: expected a finite number at \$\.a\[1\], got NaN\.$/],
    ["undefined", { a: undefined }, /expected plain JSON at \$\.a, got undefined/],
    ["a hole", Array(1), /got undefined/],
    ["a typed array", { a: new Float32Array(1) }, /got an instance of Float32Array/],
    ["a map", new Map(), /got an instance of Map/],
    ["a function", () => 1, /got function/],
    ["half a surrogate pair", { a: "\ud800" }, /well-formed Unicode at \$\.a/],
    ["the same in a key", { "\ud800": 1 }, /well-formed Unicode/],
  ])("refuses %s", (_, value, text) => {
    const run = (): string => formatJson(value as Json, "here");
    expect(run).toThrow(OptionError);
    expect(run).toThrow(text);
  });

  test("refuses a cycle", () => {
    const knot: Record<string, unknown> = {};
    knot["self"] = knot;
    expect(() => formatJson(knot as Json, "here")).toThrow(/without cycles/);
  });
});

test("abbreviate keeps messages short", () => {
  expect(abbreviate('a"b')).toBe('"a\\"b"');
  expect(abbreviate("x".repeat(1_000_000))).toHaveLength(82);
});
