import type { Variable, VariableKind } from "@pushforward/columns";
import { CategoryCoding, type DensityColumn } from "@pushforward/tables/extend";

/** A column of the input of an exported density of a table. */
export interface OnnxColumn {
  readonly name: string;
  /** What it is in the file of the table, where that is known: a date is a number of seconds since 1970 UTC. */
  readonly kind?: VariableKind;
  /** Texts, each of which is told by its place; absent for numbers. */
  readonly categories?: readonly string[];
  /** Whether the density is given this column. Default: false. */
  readonly isGiven?: true;
}

/** What the columns of the input are, in their order. */
export function tableColumns(
  { columns }: { readonly columns: readonly Pick<DensityColumn, "name" | "coding" | "isGiven">[] },
  variables: readonly Variable[],
): OnnxColumn[] {
  const kinds = new Map(variables.map(({ name, kind }) => [name, kind]));
  const kindOf = (name: string): Pick<OnnxColumn, "kind"> => {
    const kind = kinds.get(name);
    return kind === undefined ? {} : { kind };
  };
  return columns.map(({ name, coding, isGiven }) => ({
    name,
    ...kindOf(name),
    ...(coding instanceof CategoryCoding && { categories: coding.categories }),
    ...(isGiven && { isGiven }),
  }));
}
