import type { DataLocation } from "@pushforward/core";

/** `data.csv, row 5, column "b": ` for the start of a message, as far as the place is known. */
export function tablePlace({ file, row, column }: DataLocation): string {
  const parts = [
    ...(file === undefined ? [] : [file]),
    ...(row === undefined ? [] : [`row ${row}`]),
    ...(column === undefined ? [] : [`column "${column}"`]),
  ];
  return parts.length === 0 ? "table: " : `${parts.join(", ")}: `;
}

/** A place in a table, without what is not known. */
export function tableLocation(file: string | undefined, column?: string, row?: number): DataLocation {
  return {
    ...(file !== undefined && { file }),
    ...(column !== undefined && { column }),
    ...(row !== undefined && { row }),
  };
}
