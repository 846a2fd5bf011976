import { readFile } from "node:fs/promises";
import { DataError, type NdArray } from "@pushforward/core";
import { readNpy } from "@pushforward/datasets/extend";
import type { TypedBlock, TypedColumn } from "../typed/typed-block.ts";
import type { FileColumn, TypedFile } from "../typed/typed-file.ts";
import { shortestDecimal } from "../typed/typed-rows.ts";

/**
 * Opens arrays of NumPy as a table. The columns of a `.npy` file are `column1`, `column2`, …. The columns of an `.npz`
 * file have the names of its arrays, with a number if an array has several columns.
 *
 * @throws {DataError} an array has more than two axes, or arrays differ in their number of rows.
 */
export async function openNumpyFile(path: string, isArchive: boolean): Promise<TypedFile> {
  const bytes = await readFile(path);
  const arrays = isArchive ? await unzipped(path, bytes) : [{ name: "column", ...readArray(path, bytes) }];
  const found = arrays.flatMap(({ name, array, type }) =>
    arrayColumns(path, name, array, !isArchive).map((column) => ({ column, type })),
  );
  const columns = found.map(({ column }) => column);
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
    types: new Map(found.map(({ column, type }) => [column.name, type])),
    blocks: (wanted) => [{ ...block, columns: wanted.map(({ name }) => byName.get(name) as TypedColumn) }],
  };
}

async function unzipped(path: string, bytes: Uint8Array): Promise<(StoredArray & { readonly name: string })[]> {
  const { unzipSync } = await import("fflate");
  try {
    return Object.entries(unzipSync(bytes)).map(([name, part]) => ({
      name: name.replace(/\.npy$/, ""),
      ...readArray(path, part),
    }));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path}: expected an .npz archive, got ${reason}.`, { file: path }, { cause });
  }
}

/** An array, and the type of its numbers in SQL. */
interface StoredArray {
  readonly array: NdArray;
  readonly type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ...{ f2: "FLOAT", f4: "FLOAT", f8: "DOUBLE", b1: "BOOLEAN" },
  ...{ i1: "TINYINT", i2: "SMALLINT", i4: "INTEGER", i8: "BIGINT" },
  ...{ u1: "UTINYINT", u2: "USMALLINT", u4: "UINTEGER", u8: "UBIGINT" },
};

/** Bytes of a file in which its header is. */
const HEADER_BYTES = 256;

function readArray(path: string, bytes: Uint8Array): StoredArray {
  try {
    const array = readNpy(bytes);
    const header = Buffer.from(bytes.subarray(0, HEADER_BYTES)).toString("latin1");
    const [, kind = ""] = /'descr':\s*'[<>|=]?([a-z]\d)'/.exec(header) ?? [];
    return { array, type: TYPES[kind] ?? "DOUBLE" };
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
    values: Float64Array.from({ length: rows }, (_, row) => {
      const value = data[row * width + j] as number;
      return data instanceof Float32Array && Number.isFinite(value) ? shortestDecimal(value) : value;
    }),
  }));
}
