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
  const { message, location } = error;
  if (message.includes(": expected a value, got")) {
    const text = withoutRemedy(message, "Fill it in, or leave");
    return new PageError(`${text} Fill it in, or leave out the rows with missing values.`, { kind: "drop-missing" });
  }
  if (/: expected a (finite )?number, got/.test(message) && location.column !== undefined) {
    const { column } = location;
    const others = {
      columns: columns.filter((name) => name !== column),
      given: given.filter((name) => name !== column),
    };
    const text = withoutRemedy(withoutRemedy(message, "If the column holds text,"), 'If "');
    if (others.columns.length === 0) return new PageError(text, undefined, { cause: error });
    return new PageError(
      `${text} Correct the file, or leave the column out.`,
      { kind: "leave-out", column, ...others },
      { cause: error },
    );
  }
  if (message.includes("(header: ")) {
    const text = withoutRemedy(message, "If the file has no header,");
    return new PageError(`${text} Write the names of the columns into the first line.`, undefined, { cause: error });
  }
  return error;
}

/** A message without the sentence that begins so: it names an option of the library, which the page does not have. */
function withoutRemedy(message: string, beginning: string): string {
  const start = message.indexOf(` ${beginning}`);
  if (start < 0) return message;
  const end = message.indexOf(").", start);
  return message.slice(0, start) + (end < 0 ? "" : message.slice(end + 2));
}
