import { expect, test } from "vitest";
import { parseDeclarations } from "./column-declaration.ts";

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

test.each([
  ["age", 'declare: expected name:kind, got "age". The kinds are real, integer, category, boolean, date, id, text.'],
  ["a:real,b", 'declare: expected name:kind, got "b".'],
  [",", "declare: expected name:kind, got "],
  [
    "age:float",
    'declare: expected one of real, integer, category, boolean, date, id, text for column "age", got "float".',
  ],
  ["a:real,a:integer", 'declare: column "a" is declared twice.'],
  ["a:real(2)", 'declare: column "a" is declared as real, and only dates have a format.'],
  ['"a:real', "declare: expected name:kind, got "],
])("%j is refused", (text, message) => {
  expect(() => parseDeclarations(text)).toThrow(message);
});

test("a long text that is none is refused at once", () => {
  const start = performance.now();
  expect(() => parseDeclarations(`${"a ".repeat(20_000)},`)).toThrow("declare");
  expect(() => parseDeclarations(`${"a:".repeat(20_000)},`)).toThrow("declare");
  expect(performance.now() - start).toBeLessThan(5000);
});
