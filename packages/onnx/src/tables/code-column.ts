import { OptionError } from "@pushforward/core";
import { CategoryCoding, type CellCoding, NumberCoding } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import { codeCategories } from "./code-categories.ts";
import { codeNumbers } from "./code-numbers.ts";
import type { CodedCells } from "./coded-cells.ts";

/** Codes the cells of a column, float64 `[rows, 1]`: numbers or places of categories, NaN for a missing cell. */
export function codeColumn(maths: Maths, coding: CellCoding, values: GraphValue): CodedCells {
  if (coding instanceof NumberCoding) return codeNumbers(maths, coding, values);
  if (coding instanceof CategoryCoding) return codeCategories(maths, coding, values);
  throw new OptionError("exportOnnx: expected columns of numbers and of categories, got one with a coding of its own.");
}
