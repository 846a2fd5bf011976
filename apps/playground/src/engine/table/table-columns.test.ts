import { findVariables, parseCsv, parseDeclarations, type Variable } from "pushforward";
import { expect, test } from "vitest";
import { kindArgument, suggestedBounds } from "./table-columns.ts";

function declared(text: string, declaration: string): Variable {
  const table = parseCsv(text, { kinds: "text", missing: "keep" });
  return findVariables(table, { declared: parseDeclarations(declaration) }).variables[0] as Variable;
}

test.each([
  ["a\n01.02.2024\n", "a:date(%d.%m.%Y)"],
  ["a\n1\n90\n", "a:interval(0,100)"],
  ["a\n1\n23\n", "a:circular(24)"],
  ["a\n-1\n2\n", "a:circular(-3,3)"],
  ["a\nS\nM\nL\n", "a:ordinal(S<M<L)"],
])("%j declared as %s is written so again", (text, declaration) => {
  const variable = declared(text, declaration);
  expect(`a:${variable.kind}(${kindArgument(variable)})`).toBe(declaration);
});

test("bounds are suggested that hold all numbers", () => {
  const text = "a\n0\n7\n23\n";
  const suggested = suggestedBounds(declared(text, "a:integer"));
  expect(suggested).toEqual({ interval: "0,23", circular: "24" });
  for (const [kind, bounds] of Object.entries(suggested ?? {})) {
    expect(declared(text, `a:${kind}(${bounds})`).kind).toBe(kind);
  }
  expect(suggestedBounds(declared("a\nx\ny\n", "a:category"))).toBeUndefined();
});
