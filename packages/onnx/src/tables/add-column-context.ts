import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import type { CodedCells } from "./coded-cells.ts";

/** What the networks of a column read `[rows, n]`: the codes of its parents, then the features of those that have any. */
export function addColumnContext(maths: Maths, parents: readonly number[], coded: readonly CodedCells[]): GraphValue {
  const read = parents.map((place) => coded[place] as CodedCells);
  return maths.beside([...read.map(({ codes }) => codes), ...read.flatMap(({ features }) => features ?? [])]);
}
