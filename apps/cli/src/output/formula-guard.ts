import { isFormula } from "@pushforward/datasets/extend";
import { writtenFormat } from "@pushforward/files";
import type { Table } from "pushforward";

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
