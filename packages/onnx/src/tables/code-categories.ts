import { type CategoryCoding, CELL_SIZE } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import type { CodedCells } from "./coded-cells.ts";

/**
 * Codes a column of categories, by what the coding says of each of them, of a new one and of a missing cell.
 *
 * @param values places in `coding.categories`, NaN for a missing cell, anything else for a new category.
 */
export function codeCategories(maths: Maths, coding: CategoryCoding, values: GraphValue): CodedCells {
  const { graph } = maths;
  const { categories } = coding;
  const [fresh, gap] = [categories.length, categories.length + 1];
  // A text that is none of the categories, and longer than all of them.
  const unseen = `${categories.reduce((longest, one) => (one.length > longest.length ? one : longest), "")}?`;
  const { codes, cells, logFloor, features, featureCount } = coding.encode({
    name: "column",
    kind: "text",
    values: [...categories, unseen, ""],
    missing: new Set([gap]),
  });
  const isMissing = maths.isNaN(values);
  const isKnown = maths.and(
    maths.atMost(0, values),
    maths.less(values, categories.length),
    maths.equal(values, maths.unary("Floor", values)),
  );
  const place = graph.cast(maths.where(isMissing, gap, maths.where(isKnown, values, fresh)), "int64");
  return {
    values,
    codes: maths.lookUp(codes, place),
    cells: maths.rowsOf(cells, CELL_SIZE, place),
    logFloor: maths.lookUp(logFloor, place),
    features: featureCount === 0 ? undefined : maths.rowsOf(features, featureCount, place),
  };
}
