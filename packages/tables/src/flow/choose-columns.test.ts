import { DataError } from "@pushforward/core";
import { penguins } from "@pushforward/datasets";
import { expect, test } from "vitest";
import { type ColumnChoice, chooseColumns } from "./choose-columns.ts";

test("without a choice the numeric columns are modeled", () => {
  const { columns, context } = chooseColumns(penguins());
  expect(columns).toEqual(["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]);
  expect(context).toEqual([]);
});

test("columns to condition on are not modeled; categories are sorted", () => {
  const layout = chooseColumns(penguins(), { context: ["species", "body_mass_g"] });
  expect(layout.columns).not.toContain("body_mass_g");
  expect(layout.context).toEqual([
    { name: "species", kind: "category", categories: ["Adelie", "Chinstrap", "Gentoo"] },
    { name: "body_mass_g", kind: "number" },
  ]);
});

test.each([
  [{ columns: ["wings"] }, 'p.csv: expected a column "wings", got the columns'],
  [{ columns: ["species"] }, 'p.csv, column "species": expected numbers, got text. Name it in context to condition'],
  [
    { columns: ["body_mass_g"], context: ["body_mass_g"] },
    'column "body_mass_g" is named both as a column and as context',
  ],
  [{ context: ["species"], splitColumn: "species" }, 'column "species" is named both as context and as split.'],
  [{ columns: [] }, "p.csv: expected at least one numeric column, got none."],
  [
    { context: ["species"], maxCategories: 2 },
    'p.csv, column "species": expected at most 2 different texts in a context column, got 3. Leave the column out.',
  ],
] satisfies [ColumnChoice, string][])("a choice that cannot be is refused: %j", (choice, text) => {
  expect(() => chooseColumns(penguins(), choice, "p.csv")).toThrow(DataError);
  expect(() => chooseColumns(penguins(), choice, "p.csv")).toThrow(text);
});

test("the remedy of a text column names its option", () => {
  let error: unknown;
  try {
    chooseColumns(penguins(), { columns: ["species"] });
  } catch (thrown) {
    error = thrown;
  }
  expect((error as DataError).tell(({ option }) => `--${option}`)).toContain("Name it in --context to condition on it");
});
