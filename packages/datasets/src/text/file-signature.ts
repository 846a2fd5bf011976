/** First bytes of files that are often given in the place of CSV text. */
const SIGNATURES: readonly (readonly [signature: string, name: string, remedy?: string])[] = [
  ["PAR1", "a Parquet file"],
  ["ARROW1", "an Arrow file"],
  ["FEA1", "a Feather file"],
  ["\x89HDF", "an HDF5 file"],
  ["\x93NUMPY", "a NumPy file"],
  ["SQLite format 3", "a SQLite database"],
  ["\xd0\xcf\x11\xe0", "an old Excel file"],
  ["PK\x03\x04", "a zip archive or an Excel workbook"],
  ["\x1f\x8b", "a gzip archive", "Unpack it first (gunzip)."],
  ["\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it first (unzstd)."],
  ["BZh", "a bzip2 archive", "Unpack it first (bunzip2)."],
  ["\xfd7zXZ", "an xz archive", "Unpack it first (unxz)."],
  ["\x89PNG", "a PNG picture"],
  ["\xff\xd8\xff", "a JPEG picture"],
  ["%PDF", "a PDF document"],
  ["<!DOCTYPE", "a web page"],
  ["<!doctype", "a web page"],
  ["<html", "a web page"],
  ['{"', "JSON"],
  ["[{", "JSON"],
  ["[[", "JSON"],
];

/** The most bytes that {@link foreignFile} looks at. */
export const SIGNATURE_BYTES = 16;

/**
 * What a file is that is no CSV text, by its first bytes, and what to do about it; `undefined` when it may be text.
 *
 * @example
 * foreignFile(new TextEncoder().encode("PAR1")); // → "a Parquet file. Save the table as CSV first."
 */
export function foreignFile(head: Uint8Array): string | undefined {
  const start = String.fromCharCode(...head.subarray(0, SIGNATURE_BYTES));
  const found = SIGNATURES.find(([signature]) => start.startsWith(signature));
  // A model is a safetensors file: eight bytes of a length, then JSON.
  const isSafetensors = start.length > 9 && start.startsWith('\0\0{"', 6);
  if (found === undefined) return isSafetensors ? "a safetensors file. Is it a model?" : undefined;
  const [, name, remedy = "Save the table as CSV first."] = found;
  return `${name}. ${remedy}`;
}
