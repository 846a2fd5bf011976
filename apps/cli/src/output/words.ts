import { typedCells, writtenTypes } from "@pushforward/columns/extend";
import { isFormula } from "@pushforward/datasets/extend";
import { writtenFormat } from "@pushforward/files";
import type { LoadedModel } from "@pushforward/questions/extend";
import type { Table, Variable } from "pushforward";

/** A name as options that take lists of names have it. */
export function csvName(name: string): string {
  return /[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** Seconds as people say them: `2 min 5 s`. */
export function durationInWords(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

// What a terminal obeys: C0 and C1 controls and DEL; and what turns the direction of text or hides in it.
const OBEYED = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/**
 * Text with its control characters in the form of an escape, `\x1b` for ESC, so that a name in a file cannot move the
 * cursor, change colors or forge a line.
 */
export function visible(text: string): string {
  return text.replace(OBEYED, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16);
    return SHORT.get(character) ?? (code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`);
  });
}

/** Notices texts that a spreadsheet would run, in tables that are written as they are. */
export class FormulaGuard {
  private found = 0;

  /** The table, unchanged. */
  look(table: Table): Table {
    for (const column of table.columns) {
      if (isFormula(column.name)) this.found++;
      if (column.kind !== "text") continue;
      for (const text of column.values) if (isFormula(text)) this.found++;
    }
    return table;
  }

  /** What to say of them, if there are any and the file is one that spreadsheets open as it is. */
  note(out?: string): string | undefined {
    if (this.found === 0 || (out !== undefined && writtenFormat(out) !== "csv")) return undefined;
    const [texts, them] = this.found === 1 ? ["1 text begins", "it"] : [`${this.found} texts begin`, "them"];
    return (
      `${texts} with =, +, - or @: a spreadsheet may run ${them} as a formula. ` +
      "--escape-formulas writes an apostrophe before such texts, which changes them for every other reader."
    );
  }
}

/** How rows of a model are written to a file. */
export interface TypedOutput {
  /** The types of the columns in SQL. */
  readonly types: ReadonlyMap<string, string>;
  /** Rows of texts as the file has them. */
  readonly typed: (table: Table) => Table;
}

/**
 * How rows of a model are written: columns keep the types of the file that they come from, or else those of the file that the
 * model was learned from. Columns of a file without types have those of their kinds.
 *
 * @param out name of the file.
 * @param source types of the file whose rows they are, if there is one.
 */
export function typedOutput(
  out: string,
  model: LoadedModel,
  source: ReadonlyMap<string, string> = new Map(),
): TypedOutput {
  const format = writtenFormat(out);
  const own = model.variables.filter(({ rows }) => rows > 0);
  const variables = own.flatMap((variable): Variable[] => {
    const type = source.get(variable.name) ?? variable.type;
    const one = type === undefined ? variable : { ...variable, type };
    // Intervals of imputed numbers are written as these are.
    return ["", "low of ", "high of "].map((before) => ({ ...one, name: `${before}${one.name}` }));
  });
  const types = new Map([...writtenTypes(variables), ...source, ["row", "BIGINT"], ["imputation", "BIGINT"]]);
  for (const name of ["row", "imputation"]) if (own.some((variable) => variable.name === name)) types.delete(name);
  if (format === "csv") return { types, typed: (table) => table };
  return { types, typed: (table) => typedCells(table, variables, format === "json" ? "file" : "sql") };
}
