import { shortList } from "@pushforward/columns/extend";
import type { UnderstoodTable } from "pushforward";
import { csvName, quoted } from "../output/words.ts";
import type { ChosenTable } from "../reading/read-chosen.ts";
import { droppedNote } from "../reading/read-table.ts";
import { columnLines, keptSentence } from "./describe-columns.ts";
import type { Voice } from "./voice.ts";

/** Says what each column of a table is. */
export function tellOfVariables({ variables, learned, notes }: UnderstoodTable, voice: Voice): void {
  voice.tell(...columnLines(variables));
  for (const { column, text } of notes) voice.notice(`column "${column}": ${text}`);
  const sentence = keptSentence({ variables, learned });
  if (sentence !== undefined) voice.tell(sentence);
}

/** Says which rows and columns a flow does not learn. */
export function tellOfColumns({ table, left, index, suggestion }: ChosenTable, voice: Voice): void {
  const dropped = droppedNote(table.rows, table);
  if (dropped !== undefined) voice.notice(dropped);
  if (index !== undefined) {
    voice.notice(
      `column "${index}" counts the rows, as an index does, and is left out; name it in --columns to learn it`,
    );
  }
  if (left.length > 0) voice.tell(`columns left out: ${shortList(left)}`);
  if (suggestion !== undefined) {
    voice.tell(
      `texts have no density; to learn the density given a column of categories, add --context ${quoted(csvName(suggestion))}`,
    );
  }
}
