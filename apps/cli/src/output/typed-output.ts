import { typedCells, writtenTypes } from "@pushforward/columns/extend";
import type { FormatCsvOptions } from "@pushforward/datasets";
import { isFormula } from "@pushforward/datasets/extend";
import { writtenFormat } from "@pushforward/files";
import type { LoadedModel } from "@pushforward/questions/extend";
import type { Table, Variable } from "pushforward";

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

  /** Returns a note on the found texts; undefined for none, or for a file that spreadsheets do not open directly. */
  note(out?: string): string | undefined {
    if (this.found === 0 || (out !== undefined && writtenFormat(out) !== "csv")) return undefined;
    const [texts, them] = this.found === 1 ? ["1 text begins", "it"] : [`${this.found} texts begin`, "them"];
    return (
      `${texts} with =, +, - or @: a spreadsheet may run ${them} as a formula. ` +
      "--escape-formulas writes an apostrophe before such texts, which changes them for all other programs."
    );
  }
}

/** Delimiter and decimal mark of CSV. */
type CsvMarks = Pick<FormatCsvOptions, "delimiter" | "decimal">;

/** Programs that write decimal commas write semicolons between cells, and read such a file without questions. */
export function csvMarks({ variables }: Pick<LoadedModel, "variables">): CsvMarks {
  const hasCommas = variables.some(({ numberFormat }) => numberFormat?.decimal === ",");
  return hasCommas ? { delimiter: ";", decimal: "," } : {};
}

/** How rows of a model are written to a file. */
export interface TypedOutput {
  /** The types of the columns in SQL. */
  readonly types: ReadonlyMap<string, string>;
  /** Delimiter and decimal mark of a CSV file. */
  readonly csv: CsvMarks;
  /** Converts rows to texts in the format of the file. */
  readonly typed: (table: Table) => Table;
}

/**
 * Returns the output format for rows of a model. Columns keep the types of their source file, or else the types of the
 * file that the model was learned from. In a file without types, the kinds of the columns define the types.
 *
 * @param out name of the file.
 * @param source types of the source file of the rows, if any.
 */
export function typedOutput(
  out: string,
  model: LoadedModel,
  source: ReadonlyMap<string, string> = new Map(),
): TypedOutput {
  const format = writtenFormat(out);
  const csv = csvMarks(model);
  const own = model.variables.filter(({ rows }) => rows > 0);
  const variables = own.flatMap((variable): Variable[] => {
    const type = source.get(variable.name) ?? variable.type;
    const one = type === undefined ? variable : { ...variable, type };
    // Intervals of imputed numbers are written as these are.
    return ["", "low of ", "high of "].map((before) => ({ ...one, name: `${before}${one.name}` }));
  });
  const types = new Map([...writtenTypes(variables), ...source, ["row", "BIGINT"], ["imputation", "BIGINT"]]);
  for (const name of ["row", "imputation"]) if (own.some((variable) => variable.name === name)) types.delete(name);
  if (format === "csv") return { types, csv, typed: (table) => table };
  return { types, csv, typed: (table) => typedCells(table, variables, format === "json" ? "file" : "sql") };
}
