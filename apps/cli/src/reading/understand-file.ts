import {
  OptionError,
  type TableSource,
  type UnderstandTableOptions,
  type UnderstoodTable,
  understandTable,
} from "pushforward";
import { UserError } from "../errors/user-error.ts";

/**
 * Reads a table and finds what its columns are.
 *
 * @throws {UserError | DataError} a column is not there, or not what it is declared to be.
 */
export async function understandFile(source: TableSource, options: UnderstandTableOptions): Promise<UnderstoodTable> {
  try {
    return await understandTable(source, options);
  } catch (error) {
    // It begins with the name of the option.
    if (error instanceof OptionError) throw new UserError(`--${error.message}`);
    throw error;
  }
}
