import { readFile } from "node:fs/promises";
import { DataError, type NdArray } from "@pushforward/core";
import { readNpy } from "@pushforward/datasets";
import type { TypedBlock, TypedColumn } from "../typed/typed-block.ts";
import type { FileColumn, TypedFile } from "../typed/typed-file.ts";

/**
 * Arrays of NumPy as a table. The columns of a `.npy` file are `column1`, `column2`, …; those of an `.npz` file have the
 * names of its arrays, with a number where an array has several columns.
 *
 * @throws {DataError} an array has more than two axes, or arrays differ in their number of rows.
 */
export async function openNumpyFile(path: string, isArchive: boolean): Promise<TypedFile> {
  const bytes = await readFile(path);
  const arrays = isArchive ? await unzipped(path, bytes) : [["column", readArray(path, bytes)] as const];
  const columns = arrays.flatMap(([name, array]) => arrayColumns(path, name, array, !isArchive));
  const [first] = columns;
  if (first === undefined) throw new DataError(`${path}: expected arrays, got none.`, { file: path });
  const other = columns.find(({ values }) => values.length !== first.values.length);
  if (other !== undefined) {
    throw new DataError(
      `${path}: expected arrays of as many rows, got ${first.values.length} of "${first.name}" and ${other.values.length} of "${other.name}".`,
      { file: path },
    );
  }
  const block: TypedBlock = { rows: first.values.length, columns };
  const byName = new Map(columns.map((column) => [column.name, column]));
  return {
    name: path,
    columns: columns.map(({ name }): FileColumn => ({ name, kind: "number" })),
    blocks: (wanted) => [{ ...block, columns: wanted.map(({ name }) => byName.get(name) as TypedColumn) }],
  };
}

async function unzipped(path: string, bytes: Uint8Array): Promise<(readonly [string, NdArray])[]> {
  const { unzipSync } = await import("fflate");
  try {
    return Object.entries(unzipSync(bytes)).map(([name, part]) => [name.replace(/\.npy$/, ""), readArray(path, part)]);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path}: expected an .npz archive, got ${reason}.`, { file: path }, { cause });
  }
}

function readArray(path: string, bytes: Uint8Array): NdArray {
  try {
    return readNpy(bytes);
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError(cause.message.replace(/^readNpy/, path), { file: path }, { cause });
  }
}

type NumberColumn = Extract<TypedColumn, { kind: "number" }>;

function arrayColumns(path: string, name: string, { shape, data }: NdArray, isNumbered: boolean): NumberColumn[] {
  if (shape.length === 0 || shape.length > 2) {
    throw new DataError(`${path}: expected arrays of one or two axes, got shape [${shape.join(", ")}].`, {
      file: path,
    });
  }
  const [rows = 0, width = 1] = shape;
  return Array.from({ length: width }, (_, j) => ({
    name: shape.length === 1 && !isNumbered ? name : `${name}${j + 1}`,
    kind: "number",
    values: Float64Array.from({ length: rows }, (_, row) => data[row * width + j] as number),
  }));
}
