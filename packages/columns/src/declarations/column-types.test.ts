import { expect, test } from "vitest";
import { cpuSecondsOf } from "../../../testing/test/cpu-seconds-of.ts";
import { parseDeclarations } from "./column-types.ts";

test("names and kinds", () => {
  expect([...parseDeclarations("age:integer, zip : Category ,when:date(%b %d, %Y),t:date(%H:%M)")]).toEqual([
    ["age", { kind: "integer" }],
    ["zip", { kind: "category" }],
    ["when", { kind: "date", format: "%b %d, %Y" }],
    ["t", { kind: "date", format: "%H:%M" }],
  ]);
  expect(parseDeclarations("").size).toBe(0);
});

test("names in quotes hold anything, names without may hold colons and parentheses", () => {
  expect([...parseDeclarations('"last, ""first""":text,a:b:real,height (cm):integer,__proto__:id').keys()]).toEqual([
    'last, "first"',
    "a:b",
    "height (cm)",
    "__proto__",
  ]);
});

test("kinds with an argument", () => {
  const text = "a:positive,b:interval( 0 , 1e2 ),c:circular(360),d:Circular(-180,180),e:ordinal(small < medium<large)";
  expect([...parseDeclarations(`${text},f:ordinal("<18"<"18, or more"<"a ""b"" (c)"),g:ordinal`)]).toEqual([
    ["a", { kind: "positive" }],
    ["b", { kind: "interval", bounds: [0, 100] }],
    ["c", { kind: "circular", bounds: [0, 360] }],
    ["d", { kind: "circular", bounds: [-180, 180] }],
    ["e", { kind: "ordinal", levels: ["small", "medium", "large"] }],
    ["f", { kind: "ordinal", levels: ["<18", "18, or more", 'a "b" (c)'] }],
    ["g", { kind: "ordinal" }],
  ]);
});

const KINDS = "real, positive, interval, circular, integer, category, ordinal, boolean, date, id, text";
const FORMS =
  "real, positive, interval(0,100), circular(360), integer, category, ordinal(low<medium<high), boolean, date, id, text";

test.each([
  ["age", `declare: expected name:kind, got "age". The kinds are ${FORMS}.`],
  ["a:real,b", 'declare: expected name:kind, got "b".'],
  [",", "declare: expected name:kind, got "],
  ["age:float", `declare: expected one of ${KINDS} for column "age", got "float".`],
  ["a:real,a:integer", 'declare: column "a" is declared twice.'],
  ["a:real(2)", 'declare: column "a" is declared as real, which has no argument, got (2).'],
  ['"a:real', "declare: expected name:kind, got "],
  ["a:interval", 'declare: expected interval(0,100) for column "a", got "interval".'],
  ["a:interval(5)", 'declare: expected interval(0,100) for column "a", got "interval(5)".'],
  ["a:interval(5,5)", 'declare: expected interval(0,100) for column "a", got "interval(5,5)".'],
  ["a:interval(0,x)", 'declare: expected interval(0,100) for column "a", got "interval(0,x)".'],
  ["a:interval(0,Infinity)", 'declare: expected interval(0,100) for column "a", got "interval(0,Infinity)".'],
  ["a:circular", 'declare: expected circular(360) for column "a", got "circular".'],
  ["a:circular(0)", 'declare: expected circular(360) for column "a", got "circular(0)".'],
  ["a:circular(1,2,3)", 'declare: expected circular(360) for column "a", got "circular(1,2,3)".'],
  ["a:ordinal(S,M,L)", 'declare: expected ordinal(low<medium<high) for column "a", got "ordinal(S,M,L)".'],
  ["a:ordinal(S<S)", 'declare: expected ordinal(low<medium<high) for column "a", got "ordinal(S<S)".'],
  ["a:ordinal(S<)", 'declare: expected ordinal(low<medium<high) for column "a", got "ordinal(S<)".'],
  ['a:ordinal("S"x<M)', "declare: expected ordinal(low<medium<high) for column"],
  ["a:ordinal()", 'declare: expected ordinal(low<medium<high) for column "a", got "ordinal()".'],
  ["a:ordinal(S<M", 'declare: expected a closing parenthesis for column "a", got "(S<M".'],
  ['a:ordinal("S<M)', 'declare: expected a closing parenthesis for column "a", got "(\\"S<M)".'],
  ["a:circular(360)b", "declare: expected name:kind, got "],
])("%j is refused", (text, message) => {
  expect(() => parseDeclarations(text)).toThrow(message);
});

test("a long text that is none is refused at once", async () => {
  const seconds = await cpuSecondsOf(() => {
    expect(() => parseDeclarations(`${"a ".repeat(20_000)},`)).toThrow("declare");
    expect(() => parseDeclarations(`${"a:".repeat(20_000)},`)).toThrow("declare");
    expect(() => parseDeclarations(`a:ordinal(${'"'.repeat(40_000)}`)).toThrow("declare");
    expect(() => parseDeclarations(`a:ordinal(${'"" '.repeat(20_000)})`)).toThrow("declare");
  });
  expect(seconds).toBeLessThan(5);
});
