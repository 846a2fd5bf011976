import type { Variable } from "@pushforward/columns";
import { describeVariable, shortList } from "@pushforward/columns/extend";
import type { Json } from "@pushforward/core";
import type { DensityColumn } from "../density/density-column.ts";

/** A line for each column of a table: what it is, and how its density is computed. */
export function describeColumns(columns: readonly DensityColumn[], variables: readonly Variable[]): string[] {
  const places = new Map(columns.map(({ name }, k) => [name, k]));
  return variables.map((variable) => {
    const place = places.get(variable.name);
    const column = place === undefined ? undefined : columns[place];
    if (place === undefined || column === undefined) return describeVariable(variable);
    const { coding, parents, members, dependent, isGiven } = column;
    const parts = [describeVariable(variable), `${coding.codes.toLocaleString("en")} codes`];
    const namesOf = (from: readonly number[]): string[] => from.map((k) => columns[k]?.name ?? "");
    if (isGiven) parts.push("context");
    else if (dependent !== undefined) parts.push(`follows from ${shortList(namesOf(dependent.from))}`);
    else if (members.length === 0) parts.push("by its frequencies alone");
    else {
      const given = parents.length === place ? "all columns before" : shortList(namesOf(parents));
      parts.push(`given ${given}, by ${members.length} ${members.length === 1 ? "network" : "networks"}`);
    }
    return parts.join("; ");
  });
}

/** The same as JSON, in the words of model files: `given` stands for the context. */
export function columnsToJson(columns: readonly DensityColumn[], variables: readonly Variable[]): Json {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return variables.map(({ name, kind }) => {
    const column = byName.get(name);
    if (column === undefined) return { name, kind, codes: null, parents: [], members: 0 };
    const { coding, parents, members, dependent, isGiven } = column;
    const names = parents.map((k) => columns[k]?.name ?? "");
    const from = dependent?.from.map((k) => columns[k]?.name ?? "");
    return {
      name,
      kind,
      codes: coding.codes,
      parents: names,
      members: members.length,
      ...(from && { from }),
      ...(isGiven && { given: true }),
    };
  });
}
