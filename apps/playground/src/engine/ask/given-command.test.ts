import { expect, test } from "vitest";
import { parseConditions } from "../../../../cli/src/questions/conditions.ts";
import { givenCommand } from "./given-command.ts";

test("numbers and words need no quotes", () => {
  const given = [
    { column: "age", text: "30" },
    { column: "group", text: "reef" },
  ];
  expect(givenCommand(given)).toBe(`pushforward sample model.safetensors --given 'age=30,group=reef' -n 1000`);
});

test.each([
  ["income", ">50K"],
  ["income", "<=50K"],
  ["city, state", "Boston, MA"],
  ["a=b", "c=d"],
  ['the "size"', '12" pipe'],
  ["x", '"quoted"'],
  ["missing", ""],
  ["it's", "it's"],
])("the command line reads %s = %s as it was meant", (column, text) => {
  const [, word = ""] = /--given (.*) -n 1000$/.exec(givenCommand([{ column, text }])) ?? [];
  const argument = word.startsWith("'") ? word.slice(1, -1).replaceAll("'\\''", "'") : word;
  expect(parseConditions(argument, ["other", column])).toEqual([{ column, operator: "=", value: text }]);
});
