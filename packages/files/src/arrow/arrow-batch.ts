import type { Column, ColumnKind, Table } from "@pushforward/datasets";
import {
  Bool,
  type Data,
  DataType,
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
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import {
  type CellPlace,
  clockText,
  shortestDecimal,
  timestampText,
  timeText,
  unreadableCell,
} from "../typed/typed-rows.ts";
import { DOUBLE, type StoredCell, storedCells, writtenCell, writtenType } from "../writing/parquet-columns.ts";

/** A batch, and the SQL types of its columns: wider than requested if some cells do not fit. */
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

/** Builders of a column for each type. */
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

/** Kind of an Arrow column: numbers, or values that are read as text. */
export function arrowKind(type: DataType): ColumnKind {
  if (DataType.isDictionary(type)) return arrowKind(type.dictionary as DataType);
  return DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type) ? "number" : "text";
}

/** `true` if values of a column are integers of 64 bits, which may be too large for float64. */
export function isWideInteger(type: DataType): boolean {
  return DataType.isInt(type) && type.bitWidth === 64;
}

/** The SQL type of a column; undefined for texts and for types without an SQL type. */
export function arrowSqlType(type: DataType): string | undefined {
  if (DataType.isDictionary(type)) return arrowSqlType(type.dictionary as DataType);
  if (DataType.isInt(type)) return `${type.isSigned ? "" : "U"}${INTEGERS[type.bitWidth]}`;
  if (DataType.isFloat(type)) return type.precision === 2 ? "DOUBLE" : "FLOAT";
  if (DataType.isDecimal(type)) return `DECIMAL(${type.precision},${type.scale})`;
  if (DataType.isBool(type)) return "BOOLEAN";
  if (DataType.isDate(type)) return "DATE";
  if (DataType.isTime(type)) return "TIME";
  if (!DataType.isTimestamp(type)) return DataType.isUtf8(type) || DataType.isLargeUtf8(type) ? "VARCHAR" : undefined;
  if (type.timezone) return "TIMESTAMP WITH TIME ZONE";
  return type.unit === 3 ? "TIMESTAMP_NS" : "TIMESTAMP";
}

const INTEGERS: Readonly<Record<number, string>> = { 8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT" };

/** Units of a second, by the number of an Arrow unit: seconds, milliseconds, microseconds, nanoseconds. */
const PER_SECOND = [1n, 1000n, 1_000_000n, 1_000_000_000n];

/** A column as float64; NaN for missing cells. */
export function arrowNumbers(vector: Vector): Float64Array {
  const values = new Float64Array(vector.length);
  const read = numberReader(vector.type as DataType);
  for (let i = 0; i < values.length; i++) {
    const value = vector.get(i);
    values[i] = value === null ? Number.NaN : read(value);
  }
  return values;
}

/**
 * Converts a column to texts that represent its values; null for missing cells.
 *
 * @throws {DataError} a cell contains bytes, a list or a record; the message names it.
 */
export function arrowTexts(vector: Vector, place: CellPlace): (string | null)[] {
  const type = vector.type as DataType;
  const read = textReader(type);
  const values = DataType.isTimestamp(type) || DataType.isTime(type) ? exactTimes(vector) : vector;
  const texts: (string | null)[] = [];
  try {
    for (const value of values) texts.push(value === null ? null : read(value));
  } catch (cause) {
    throw unreadableCell(place, texts.length, cause);
  }
  return texts;
}

/** Times as they are stored, to their last digit: values of Arrow are rounded to milliseconds. */
function* exactTimes({ data: parts }: Vector): Generator<bigint | null> {
  for (const data of parts) {
    for (let i = 0; i < data.length; i++) {
      const isValid = data.nullCount === 0 || data.getValid(i);
      yield isValid ? BigInt((data.values as BigInt64Array | Int32Array)[i] as bigint | number) : null;
    }
  }
}

function numberReader(type: DataType): (value: unknown) => number {
  if (DataType.isDictionary(type)) return numberReader(type.dictionary as DataType);
  if (DataType.isDecimal(type)) return (value) => Number(decimalText(value as Uint32Array, type.scale));
  if (DataType.isFloat(type) && type.precision === 1) return (value) => shortestDecimal(value as number);
  return Number;
}

function textReader(type: DataType): (value: unknown) => string {
  if (DataType.isDictionary(type)) return textReader(type.dictionary as DataType);
  if (DataType.isDecimal(type)) return (value) => decimalText(value as Uint32Array, type.scale);
  if (DataType.isFloat(type)) return (value) => String(numberReader(type)(value));
  if (DataType.isDate(type)) return (value) => timeText(new Date(value as number)).slice(0, 10);
  if (DataType.isTimestamp(type) || DataType.isTime(type)) {
    const unit = PER_SECOND[(type as unknown as { readonly unit: number }).unit] as bigint;
    const write = DataType.isTime(type) ? clockText : timestampText;
    return (value) => write(value as bigint, unit);
  }
  const isPlain = DataType.isInt(type) || DataType.isBool(type) || DataType.isUtf8(type) || DataType.isLargeUtf8(type);
  if (isPlain || DataType.isNull(type)) return String;
  return () => {
    throw new RangeError(String(type));
  };
}

/** An integer of several words of 32 bits, the lowest first, in two's complement, with a point before its last digits. */
function decimalText(words: Uint32Array, scale: number): string {
  let value = 0n;
  for (let i = words.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[i] as number);
  const bits = BigInt(32 * words.length);
  if (value >> (bits - 1n) === 1n) value -= 1n << bits;
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  return `${value < 0n ? "-" : ""}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ""}`;
}
