import type { Table } from "@pushforward/datasets";
import { isNumericVariable, type Variable } from "../variables/variable.ts";
import { cellWriter } from "../variables/write-variables.ts";

/** Most categories of a column that have a bar of their own. */
const MOST_BARS = 12;
const OTHERS = "others";
const MISSING = "missing";

/** A column as a picture has it: numbers, or places in a list of categories. */
export interface PlottedColumn {
  /** The categories, the most frequent first; undefined for numbers and dates. */
  readonly categories?: readonly string[];
  /** date: a value as the file writes it. */
  readonly label?: (value: number) => string;
  /** The values of the column in a typed table: numbers, or places in `categories`; NaN for a cell that has neither. */
  valuesOf(table: Table): Float64Array;
}

/**
 * How pictures show a column. Rare categories are one, and so are missing cells of a column of texts.
 *
 * @param reference a typed table whose frequencies decide which categories are shown, and in which order.
 * @example
 * const { variables, table } = findVariables(parseCsv("fruit\napple\npear\napple\n", { kinds: "text", missing: "keep" }));
 * variables.map((fruit) => plottedColumn(fruit, table).categories); // → [["apple", "pear"]]
 */
export function plottedColumn(variable: Variable, reference: Table): PlottedColumn {
  if (isNumericVariable(variable)) {
    return {
      ...(variable.kind === "date" && { label: cellWriter({ ...variable, missing: [""] }) }),
      valuesOf: (table) => numbersOf(table, variable.name),
    };
  }
  const counts = new Map<string, number>();
  for (const text of textsOf(reference, variable.name)) counts.set(text, (counts.get(text) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).map(([text]) => text);
  const categories = sorted.length <= MOST_BARS ? sorted : [...sorted.slice(0, MOST_BARS - 1), OTHERS];
  const places = new Map(categories.map((text, place) => [text, place]));
  const other = sorted.length <= MOST_BARS ? Number.NaN : MOST_BARS - 1;
  return {
    categories,
    valuesOf: (table) => Float64Array.from(textsOf(table, variable.name), (text) => places.get(text) ?? other),
  };
}

function numbersOf({ rows, columns }: Table, name: string): Float64Array {
  const column = columns.find((candidate) => candidate.name === name);
  return column?.kind === "number" ? column.values : new Float64Array(rows).fill(Number.NaN);
}

function textsOf({ columns }: Table, name: string): readonly string[] {
  const column = columns.find((candidate) => candidate.name === name);
  if (column?.kind !== "text") return [];
  return column.values.map((text, row) => (column.missing?.has(row) ? MISSING : text));
}
