import type { GivenText } from "../../shared/ask-protocol.ts";
import { csvName } from "../../shared/csv-name.ts";
import { shellWord } from "../shell-word.ts";

/** Rows of a saved model that meet some conditions, from the command line. */
export function givenCommand(given: readonly Pick<GivenText, "column" | "text">[]): string {
  const terms = given.map(({ column, text }) => `${nameOf(column)}=${csvName(text)}`);
  return `pushforward sample model.safetensors --given ${shellWord(terms.join(","))} -n 1000`;
}

/** The name of a column that an operator ends. */
function nameOf(column: string): string {
  return /[=<>]/.test(column) ? `"${column.replaceAll('"', '""')}"` : csvName(column);
}
