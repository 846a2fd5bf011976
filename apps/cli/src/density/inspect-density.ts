import { describeVariable } from "@pushforward/columns/extend";
import { NormalMixture, NumericFlow, type TableDensityModel, TableMixture } from "@pushforward/tables/extend";
import type { Json, TableMember } from "pushforward";
import { shortList } from "../output/words.ts";

/** A line for each column of a table: what it is, and how its density is computed. */
export function densityLines({ density, variables }: TableDensityModel): string[] {
  const places = new Map(density.columns.map(({ name }, k) => [name, k]));
  const lines = variables.map((variable) => {
    const place = places.get(variable.name);
    const column = place === undefined ? undefined : density.columns[place];
    if (place === undefined || column === undefined) return describeVariable(variable);
    const { coding, parents, members, dependent, isGiven } = column;
    const parts = [describeVariable(variable), `${coding.codes.toLocaleString("en")} codes`];
    const namesOf = (from: readonly number[]): string[] => from.map((k) => density.columns[k]?.name ?? "");
    if (isGiven) parts.push("given");
    else if (dependent !== undefined) parts.push(`follows from ${shortList(namesOf(dependent.from))}`);
    else if (members.length === 0) parts.push("by its frequencies alone");
    else {
      const given = parents.length === place ? "all columns before" : shortList(namesOf(parents));
      parts.push(`given ${given}, by ${members.length} ${members.length === 1 ? "network" : "networks"}`);
    }
    return parts.join("; ");
  });
  if (!(density instanceof TableMixture)) return lines;
  const mixed = density.members.map((member, m) => {
    return `mixed with ${memberName(member)}, of weight ${(density.weights[m] as number).toFixed(3)}`;
  });
  return [...lines, ...mixed];
}

/** What a member of a mixture is. */
function memberName(member: TableMember): string {
  if (member instanceof NumericFlow) return `a flow of ${shortList(member.columns)} given the other columns`;
  const { components: count } = member;
  if (member instanceof NormalMixture) return count === 1 ? "a normal" : `a mixture of ${count} normals`;
  return count === 1 ? "a product of columns" : `a mixture of ${count} products of columns`;
}

/** The same as JSON. */
export function densityToJson({ density, variables }: TableDensityModel): Json {
  const columns = new Map(density.columns.map((column) => [column.name, column]));
  return variables.map(({ name, kind }) => {
    const column = columns.get(name);
    if (column === undefined) return { name, kind, codes: null, parents: [], members: 0 };
    const { coding, parents, members, dependent, isGiven } = column;
    const names = parents.map((k) => density.columns[k]?.name ?? "");
    const from = dependent?.from.map((k) => density.columns[k]?.name ?? "");
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
