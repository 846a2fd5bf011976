import { CategoryCoding } from "@pushforward/tables";
import type { AnyTableDensity } from "./add-table-density.ts";

/** A column of the input of an exported density of a table. */
export interface OnnxColumn {
  readonly name: string;
  /** Texts, each of which is told by its place; absent for numbers. */
  readonly categories?: readonly string[];
  /** Whether the density is given this column. Default: false. */
  readonly isGiven?: true;
}

/** What the columns of the input are, in their order. */
export function tableColumns({ columns }: AnyTableDensity): OnnxColumn[] {
  return columns.map(({ name, coding, isGiven }) => ({
    name,
    ...(coding instanceof CategoryCoding && { categories: coding.categories }),
    ...(isGiven && { isGiven }),
  }));
}
