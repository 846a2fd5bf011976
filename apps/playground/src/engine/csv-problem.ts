import { DataError } from "pushforward";
import { PageError } from "../shared/page-error.ts";

/** What the page reads of a file. */
export interface UsedColumns {
  /** Columns to model. */
  readonly columns: readonly string[];
  readonly given: readonly string[];
}

/** An error of the CSV reader in words of the page, with what a button can do about it; other errors as they are. */
export function csvProblem(error: unknown, { columns, given }: UsedColumns): unknown {
  if (!(error instanceof DataError)) return error;
  const { row, column } = error.location;
  // Remedies name options of the library, which the page does not have.
  const text = error.tell(() => undefined);
  if (error.mentions("missing")) {
    return new PageError(`${text} Fill it in, or leave out the rows with missing values.`, { kind: "drop-missing" });
  }
  if (row !== undefined && column !== undefined) {
    const others = {
      columns: columns.filter((name) => name !== column),
      given: given.filter((name) => name !== column),
    };
    if (others.columns.length === 0) return new PageError(text, undefined, { cause: error });
    return new PageError(
      `${text} Correct the file, or leave the column out.`,
      { kind: "leave-out", column, ...others },
      { cause: error },
    );
  }
  if (error.mentions("header")) {
    return new PageError(
      `${text} Write the names of the columns into the first line, or choose its header under “How the file is read”.`,
      { kind: "no-names" },
      { cause: error },
    );
  }
  return error;
}
