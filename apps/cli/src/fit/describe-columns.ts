import { describeDependent, describeVariable, shortList } from "@pushforward/columns/extend";
import type { DependentColumn, Variable } from "pushforward";

/** Most columns that have a line of their own. */
const MOST_LINES = 60;

/** One line per column, the first few of many. */
export function columnLines(variables: readonly Variable[]): string[] {
  const lines = variables.slice(0, MOST_LINES).map((variable) => `  ${describeVariable(variable)}`);
  const more = variables.length - lines.length;
  return more > 0 ? [...lines, `  and ${more.toLocaleString("en")} more columns`] : lines;
}

/** The columns that are not learned, in one sentence; undefined when all are. */
export function keptSentence({
  variables,
  learned,
}: {
  readonly variables: readonly Variable[];
  readonly learned: readonly Variable[];
}): string | undefined {
  const kept = variables.filter((variable) => !learned.includes(variable));
  if (kept.length === 0) return undefined;
  return `not learned: ${shortList(kept.map(({ name, kind, distinct }) => `${name} (${distinct === 0 ? "empty" : kind === "id" ? "identifier" : "free text"})`))}`;
}

/** The columns that follow from others, in one sentence; undefined when none do. */
export function dependentSentence(dependent: readonly DependentColumn[]): string | undefined {
  const told = dependent.filter(({ relation }) => relation.type !== "constant");
  return told.length === 0
    ? undefined
    : `follow from other columns: ${shortList(told.map((one) => `${one.column} (${describeDependent(one)})`))}`;
}
