import { PageError } from "../shared/page-error.ts";
import type { Settings } from "../shared/settings.ts";

/**
 * The file of the visitor, if there is one with something in it.
 *
 * @throws {PageError} there is none: a link names a file and does not contain it.
 */
export function usableFile({ columns, given }: Settings, file: File | undefined): File {
  if (file === undefined) {
    const names = columns.length === 0 ? "" : ` It uses the columns ${columns.join(", ")}.`;
    const context = given.length === 0 ? "" : ` Given columns: ${given.join(", ")}.`;
    throw new PageError(
      `This link was made with a file, which no link contains.${names}${context} Open the file to go on.`,
      { kind: "open-file" },
    );
  }
  if (file.size === 0) {
    throw new PageError(`${file.name} is empty. Choose a CSV file with the names of its columns in the first line.`);
  }
  return file;
}
