import { describeDependent, describeVariable, shortList } from "@pushforward/columns/extend";
import type { DependentColumn, UnderstoodTable, Variable } from "pushforward";
import { quoted } from "../options/options.ts";
import { say } from "../output/terminal.ts";
import { csvName } from "../output/words.ts";
import type { ChosenTable } from "../reading/read-chosen.ts";
import { droppedNote } from "../reading/read-table.ts";

/** Most columns that have a line of their own. */
const MOST_LINES = 60;

/** Returns a line per column, with a limit on the number of lines. */
function columnLines(variables: readonly Variable[]): string[] {
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

/** Lists the columns that follow from other columns, in a sentence; undefined for none. */
export function dependentSentence(dependent: readonly DependentColumn[]): string | undefined {
  const told = dependent.filter(({ relation }) => relation.type !== "constant");
  return told.length === 0
    ? undefined
    : `follow from other columns: ${shortList(told.map((one) => `${one.column} (${describeDependent(one)})`))}`;
}

/** Prints the kind of each column of a table. */
export function tellOfVariables({ variables, learned, notes }: UnderstoodTable, voice: Voice): void {
  voice.tell(...columnLines(variables));
  for (const { column, text } of notes) voice.notice(`column "${column}": ${text}`);
  const sentence = keptSentence({ variables, learned });
  if (sentence !== undefined) voice.tell(sentence);
}

/** Prints the rows and columns that a flow does not learn. */
export function tellOfColumns({ table, left, index, suggestion }: ChosenTable, voice: Voice): void {
  const dropped = droppedNote(table.rows, table);
  if (dropped !== undefined) voice.notice(dropped);
  if (index !== undefined) {
    voice.notice(
      `column "${index}" is left out, because it counts the rows like an index; name it in --columns to learn it`,
    );
  }
  if (left.length > 0) voice.tell(`columns left out: ${shortList(left)}`);
  if (suggestion !== undefined) {
    voice.tell(
      `texts have no density; to condition on a column of categories, add --context ${quoted(csvName(suggestion))}`,
    );
  }
}

/** Messages during a fit. With `--json` it prints only notices and warnings, which are also in the document. */
export class Voice {
  readonly quiet: boolean;
  /** `true` to show progress. */
  readonly showsProgress: boolean;
  readonly notices: string[] = [];

  constructor(quiet: boolean, showsProgress: boolean = !quiet) {
    this.quiet = quiet;
    this.showsProgress = showsProgress;
  }

  tell(...lines: readonly string[]): void {
    if (!this.quiet && lines.length > 0) say(...lines);
  }

  notice(text: string): void {
    this.notices.push(text);
    say(text);
  }
}
