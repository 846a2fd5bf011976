import { describe, expect, test } from "vitest";
import { ConfigReader, defineCodec } from "../extend.ts";
import { type Json, ModelFileError, type Registry } from "../index.ts";

const reader = (config: Json): ConfigReader => new ConfigReader("me/warp", config);

// Decodes { "type": "array" } to an array and everything else to a Map.
const registry: Registry = {
  extend: () => registry,
  encode: () => {
    throw new Error("not used");
  },
  decode: (node) => ((node as { type?: string }).type === "array" ? [] : new Map()),
};
const isArray = (value: unknown): value is unknown[] => Array.isArray(value);

test("good values come back", () => {
  const c = reader({
    features: 3,
    hidden: [64, 1],
    none: [],
    zero: 0,
    bound: 5.5,
    knots: [-1, 0, 1e300],
    residual: false,
    name: "x",
    names: ["a", "b"],
    activation: "relu",
    inner: { type: "array" },
    layers: [{ type: "array" }, { type: "array" }],
    raw: { any: [null] },
  });
  expect(c.has("features")).toBe(true);
  expect(c.has("toString")).toBe(false);
  expect(c.count("features")).toBe(3);
  expect(c.counts("hidden")).toEqual([64, 1]);
  expect(c.counts("none")).toEqual([]);
  expect(c.count("zero", { min: 0 })).toBe(0);
  expect(c.number("bound", { min: 5.5, max: 5.5 })).toBe(5.5);
  expect(c.numbers("knots")).toEqual([-1, 0, 1e300]);
  expect(c.boolean("residual")).toBe(false);
  expect(c.string("name")).toBe("x");
  expect(c.strings("names")).toEqual(["a", "b"]);
  expect(c.oneOf("activation", ["tanh", "relu"])).toBe("relu");
  expect(c.object("inner", registry, isArray, "an array")).toEqual([]);
  expect(c.objects("layers", registry, isArray, "an array")).toEqual([[], []]);
  expect(c.raw("raw")).toEqual({ any: [null] });
  expect(() => c.end()).not.toThrow();
});

type Read = (c: ConfigReader) => unknown;
const long = "x".repeat(100);

describe("bad values are refused by name", () => {
  const table: readonly [Json, Read, string][] = [
    [null, () => 0, "me/warp: expected a config object, got null."],
    [[], () => 0, "me/warp: expected a config object, got []."],
    ["x", () => 0, 'me/warp: expected a config object, got "x".'],
    [3, () => 0, "me/warp: expected a config object, got 3."],
    [{}, (c) => c.count("n"), 'me/warp: expected a field "n", got none.'],
    [{}, (c) => c.raw("toString"), 'me/warp: expected a field "toString", got none.'],
    [{}, (c) => c.string("__proto__"), 'me/warp: expected a field "__proto__", got none.'],
    [{ n: 0 }, (c) => c.count("n"), "me/warp.n: expected an integer from 1 to 65536, got 0."],
    [{ n: -1 }, (c) => c.count("n", { min: 0 }), "me/warp.n: expected an integer from 0 to 65536, got -1."],
    [{ n: 1.5 }, (c) => c.count("n"), "me/warp.n: expected an integer from 1 to 65536, got 1.5."],
    [{ n: 65_537 }, (c) => c.count("n"), "me/warp.n: expected an integer from 1 to 65536, got 65537."],
    [{ n: 1e300 }, (c) => c.count("n"), "me/warp.n: expected an integer from 1 to 65536, got 1e+300."],
    [{ n: 9 }, (c) => c.count("n", { max: 8 }), "me/warp.n: expected an integer from 1 to 8, got 9."],
    [{ n: "3" }, (c) => c.count("n"), 'me/warp.n: expected an integer from 1 to 65536, got "3".'],
    [{ n: null }, (c) => c.count("n"), "me/warp.n: expected an integer from 1 to 65536, got null."],
    [{ n: true }, (c) => c.count("n"), "me/warp.n: expected an integer from 1 to 65536, got true."],
    [{ n: [3] }, (c) => c.count("n"), "me/warp.n: expected an integer from 1 to 65536, got [3]."],
    [{ n: 3 }, (c) => c.counts("n"), "me/warp.n: expected an array, got 3."],
    [{ n: { length: 1 } }, (c) => c.counts("n"), 'me/warp.n: expected an array, got {"length":1}.'],
    [{ n: [1, 0] }, (c) => c.counts("n"), "me/warp.n[1]: expected an integer from 1 to 65536, got 0."],
    [{ n: new Array(65_537).fill(1) }, (c) => c.counts("n"), "me/warp.n: expected at most 65536 entries, got 65537."],
    [{ x: "1" }, (c) => c.number("x"), 'me/warp.x: expected a finite number, got "1".'],
    [{ x: JSON.parse("1e999") }, (c) => c.number("x"), "me/warp.x: expected a finite number, got null."],
    [{ x: Number.NaN }, (c) => c.number("x"), "me/warp.x: expected a finite number, got null."],
    [{ x: -1 }, (c) => c.number("x", { min: 0, max: 1 }), "me/warp.x: expected a number from 0 to 1, got -1."],
    [{ x: 2 }, (c) => c.number("x", { min: 0, max: 1 }), "me/warp.x: expected a number from 0 to 1, got 2."],
    [{ x: [1, null] }, (c) => c.numbers("x"), "me/warp.x[1]: expected a finite number, got null."],
    [{ x: {} }, (c) => c.numbers("x"), "me/warp.x: expected an array, got {}."],
    [{ b: 1 }, (c) => c.boolean("b"), "me/warp.b: expected true or false, got 1."],
    [{ b: "true" }, (c) => c.boolean("b"), 'me/warp.b: expected true or false, got "true".'],
    [{ s: 1 }, (c) => c.string("s"), "me/warp.s: expected a string, got 1."],
    [{ s: ["a", 1] }, (c) => c.strings("s"), "me/warp.s[1]: expected a string, got 1."],
    [{ s: "a" }, (c) => c.strings("s"), 'me/warp.s: expected an array, got "a".'],
    [{ a: "gelu" }, (c) => c.oneOf("a", ["relu", "tanh"]), 'me/warp.a: expected one of relu, tanh, got "gelu".'],
    [{ a: 0 }, (c) => c.oneOf("a", ["relu"]), "me/warp.a: expected one of relu, got 0."],
    [{ a: long }, (c) => c.count("a"), `me/warp.a: expected an integer from 1 to 65536, got "${"x".repeat(56)}....`],
    [
      { o: { type: "map" } },
      (c) => c.object("o", registry, isArray, "an array"),
      'me/warp.o: expected an array, got {"type":"map"}.',
    ],
    [
      { o: [{ type: "array" }, {}] },
      (c) => c.objects("o", registry, isArray, "an array"),
      "me/warp.o[1]: expected an array, got {}.",
    ],
    [{ o: 1 }, (c) => c.objects("o", registry, isArray, "an array"), "me/warp.o: expected an array, got 1."],
    [{ a: 1, b: 2 }, (c) => [c.raw("a"), c.end()], 'me/warp: expected no field "b", got one.'],
    [JSON.parse('{"__proto__": 1}'), (c) => c.end(), 'me/warp: expected no field "__proto__", got one.'],
    [{ [long]: 1 }, (c) => c.end(), `me/warp: expected no field "${"x".repeat(56)}..., got one.`],
  ];
  test.each(table)("%#: %s", (config, read, message) => {
    let caught: unknown;
    try {
      read(reader(config));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ModelFileError);
    expect(caught).toMatchObject({ reason: "config", message });
  });
});

test("asking whether a field is there does not count as reading it", () => {
  const c = reader({ a: 1 });
  expect(c.has("a")).toBe(true);
  expect(() => c.end()).toThrow(ModelFileError);
});

test("defineCodec gives back the codec", () => {
  const codec = { type: "me/warp", version: 1, is: isArray, encode: () => null, decode: () => [] };
  expect(defineCodec(codec)).toBe(codec);
});
