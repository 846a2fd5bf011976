import { describeDependent, describeVariable, isLearnedVariable } from "@pushforward/columns/extend";
import type { DependentColumn, Variable } from "pushforward";
import type { ColumnUse, TableColumn } from "../../shared/table-protocol.ts";
import { kindArgument, suggestedBounds } from "./kind-argument.ts";
import type { MixedTable } from "./read-mixed.ts";

/** What became of each column of a table. */
export function tableColumns({ understood, learned, relations, declared }: MixedTable): TableColumn[] {
  const chosen = new Set(learned.map(({ name }) => name));
  const declaredNames = new Set(declared.map(([name]) => name));
  const follows = new Map(
    relations.filter(({ relation }) => relation.type !== "constant").map((one) => [one.column, followsText(one)]),
  );
  const notes = new Map<string, string[]>();
  for (const { column, text } of understood.notes) notes.set(column, [...(notes.get(column) ?? []), text]);
  return understood.variables.map((variable) => {
    const { name } = variable;
    const source = follows.get(name);
    return {
      ...describedColumn(variable, chosen.has(name) ? (source === undefined ? "learned" : "follows") : undefined),
      isDeclared: declaredNames.has(name),
      notes: notes.get(name) ?? [],
      ...(source !== undefined && { follows: source }),
    };
  });
}

function followsText(one: DependentColumn): string {
  return one.relation.type === "function" ? `a function of ${one.from.join(", ")}` : describeDependent(one);
}

/**
 * A column in words.
 *
 * @param use what becomes of it; undefined when it is not learned.
 */
export function describedColumn(variable: Variable, use: ColumnUse | undefined): TableColumn {
  const { name, kind, distinct } = variable;
  const argument = kindArgument(variable);
  const suggested = suggestedBounds(variable);
  const isLearnable = isLearnedVariable(variable) && distinct > 0;
  return {
    ...{ name, kind, detail: detailOf(variable) },
    use: use ?? (isLearnable ? "left" : "kept"),
    isDeclared: false,
    notes: [],
    ...(argument !== undefined && { argument }),
    ...(suggested !== undefined && { suggested }),
  };
}

/** What is said of a variable, without its name and, where that is easily left out, its kind. */
function detailOf(variable: Variable): string {
  const { name, kind } = variable;
  const text = describeVariable(variable).slice(`${name}: `.length);
  if (text === kind || !isLearnedVariable(variable)) return "";
  if (text.startsWith(`${kind}, `)) return text.slice(`${kind}, `.length);
  return text
    .replace(new RegExp(`^${kind} (?:\\((.*?)\\)|\\[.*?[)\\]], )`), "$1")
    .replace(/^category of (\d[\d,]*(?<=\d))/, "$1 categories");
}
