import type { Column, Table } from "@pushforward/datasets";
import {
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { DOUBLE, type StoredCell, storedCells, writtenCell, writtenType } from "../writing/parquet-columns.ts";

/** A batch, and the types of its columns in SQL: wider ones than were asked for where some cells do not fit. */
export interface ArrowBatch {
  readonly batch: RecordBatch;
  readonly types: ReadonlyMap<string, string>;
}

/**
 * A table as one batch of Arrow; missing cells are null.
 *
 * @param types of columns in SQL. Default: float64 for numbers, UTF-8 for texts.
 */
export function arrowBatch({ rows, columns }: Table, types: ReadonlyMap<string, string> = new Map()): ArrowBatch {
  const written = columns.map((column) => arrowData(column, types.get(column.name)));
  const children = written.map(({ data }) => data);
  const fields = columns.map(({ name }, j) => new Field(name, (children[j] as Data).type, true));
  const type = new Struct(fields);
  return {
    batch: new RecordBatch(new Schema(fields), makeData({ type, length: rows, nullCount: 0, children })),
    types: new Map(columns.map(({ name }, j) => [name, written[j]?.sqlType as string])),
  };
}

interface WrittenData {
  readonly data: Data;
  readonly sqlType: string;
}

function arrowData(column: Column, sqlType: string | undefined): WrittenData {
  const declared = sqlType === undefined ? undefined : writtenType(sqlType);
  if (column.kind === "number" && (declared === undefined || sqlType === "DOUBLE")) {
    return { data: numberData(column.values), sqlType: "DOUBLE" };
  }
  const cells = Array.from({ length: column.values.length }, (_, row) => writtenCell(column, row));
  if (declared === undefined || sqlType === undefined || !Object.hasOwn(BUILDERS, kindOf(sqlType))) {
    return { data: textData(cells.map((cell) => (cell === null ? null : String(cell)))), sqlType: "VARCHAR" };
  }
  const { type, stored } = storedCells(declared, cells);
  if (type === declared) return { data: (BUILDERS[kindOf(sqlType)] as Builder)(stored, sqlType), sqlType };
  if (type === DOUBLE) {
    return {
      data: numberData(Float64Array.from(stored, (x) => (x === null ? Number.NaN : Number(x)))),
      sqlType: "DOUBLE",
    };
  }
  return { data: textData(cells.map((cell) => (cell === null ? null : String(cell)))), sqlType: "VARCHAR" };
}

function kindOf(sqlType: string): string {
  return sqlType.replace(/\(.*\)$/, "");
}

function textData(texts: readonly (string | null)[]): Data {
  return vectorFromArray(texts, new Utf8()).data[0] ?? makeData({ type: new Utf8() });
}

function numberData(values: Float64Array): Data {
  return withNulls(new Float64(), values, (row) => Number.isNaN(values[row]));
}

type Builder = (stored: readonly StoredCell[], sqlType: string) => Data;

interface NumberArray {
  new (
    length: number,
  ): Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;
}

interface BigArray {
  new (length: number): BigInt64Array | BigUint64Array;
}

function narrow(type: DataType, Values: NumberArray): Builder {
  return (stored) => {
    const values = new Values(stored.length);
    for (const [row, cell] of stored.entries()) values[row] = cell === null ? 0 : Number(cell);
    return withNulls(type, values, (row) => stored[row] === null);
  };
}

function wide(type: DataType, Values: BigArray): Builder {
  return (stored) => {
    const values = new Values(stored.length);
    for (const [row, cell] of stored.entries()) values[row] = cell === null ? 0n : BigInt(cell as bigint);
    return withNulls(type, values, (row) => stored[row] === null);
  };
}

const booleans: Builder = (stored) => {
  const bits = new Uint8Array(Math.ceil(stored.length / 8));
  for (const [row, cell] of stored.entries())
    if (cell === true) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  return withNulls(new Bool(), bits, (row) => stored[row] === null, stored.length);
};

/** Integers of 128 bits, as four words of 32 bits, the lowest first. */
const decimals: Builder = (stored, sqlType) => {
  const [, precision, scale] = /\((\d+),\s*(\d+)\)/.exec(sqlType) ?? [];
  const words = new Uint32Array(4 * stored.length);
  for (const [row, cell] of stored.entries()) {
    let rest = BigInt.asUintN(128, cell === null ? 0n : BigInt(cell as bigint));
    for (let k = 0; k < 4; k++, rest >>= 32n) words[4 * row + k] = Number(rest & 0xffff_ffffn);
  }
  return withNulls(
    new Decimal(Number(scale), Number(precision), 128),
    words,
    (row) => stored[row] === null,
    stored.length,
  );
};

/** What makes a column of each type. */
const BUILDERS: Readonly<Record<string, Builder>> = {
  ...{ TINYINT: narrow(new Int8(), Int8Array), SMALLINT: narrow(new Int16(), Int16Array) },
  ...{ INTEGER: narrow(new Int32(), Int32Array), BIGINT: wide(new Int64(), BigInt64Array) },
  ...{ UTINYINT: narrow(new Uint8(), Uint8Array), USMALLINT: narrow(new Uint16(), Uint16Array) },
  ...{ UINTEGER: narrow(new Uint32(), Uint32Array), UBIGINT: wide(new Uint64(), BigUint64Array) },
  ...{ FLOAT: narrow(new Float32(), Float32Array), DOUBLE: narrow(new Float64(), Float64Array) },
  ...{ BOOLEAN: booleans, DECIMAL: decimals, DATE: narrow(new DateDay(), Int32Array) },
  TIME: wide(new TimeMicrosecond(), BigInt64Array),
  ...{
    TIMESTAMP: wide(new TimestampMicrosecond(), BigInt64Array),
    TIMESTAMP_S: wide(new TimestampMicrosecond(), BigInt64Array),
  },
  ...{
    TIMESTAMP_MS: wide(new TimestampMicrosecond(), BigInt64Array),
    TIMESTAMP_NS: wide(new TimestampNanosecond(), BigInt64Array),
  },
  "TIMESTAMP WITH TIME ZONE": wide(new TimestampMicrosecond("UTC"), BigInt64Array),
};

function withNulls(
  type: DataType,
  values: ArrayLike<unknown> & ArrayBufferView,
  isNull: (row: number) => boolean,
  length: number = values.length,
): Data {
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  let nullCount = 0;
  for (let row = 0; row < length; row++) {
    if (isNull(row)) nullCount++;
    else nullBitmap[row >> 3] = (nullBitmap[row >> 3] as number) | (1 << (row & 7));
  }
  const own = { type, length, nullCount, data: values } as never;
  return nullCount === 0 ? makeData(own) : makeData({ ...(own as object), nullBitmap } as never);
}
