import type { ColumnKind } from "@pushforward/datasets";
import type { SchemaElement } from "hyparquet";
import { clockText, DAY_SECONDS, dateText, shortestDecimal, timestampText } from "../typed/typed-rows.ts";

/** How the cells of a Parquet column are read. */
export interface ParquetCells {
  /** The type of the column in SQL. */
  readonly sqlType: string;
  readonly kind: ColumnKind;
  /** `true` if cells are integers of 64 bits, which may lose digits in float64. */
  readonly isWide: boolean;
  /** The element with which the cells are decoded: dates, times and decimals stay integers, so that no digit is lost. */
  readonly stored: SchemaElement;
  /** A stored cell as float64. */
  readonly toNumber: (cell: unknown) => number;
  /** A stored cell as text. */
  readonly toText: (cell: unknown) => string;
}

const MICROSECONDS = 1_000_000n;
/** Days between the epoch of INT96, in Julian days, and 1970. */
const JULIAN_EPOCH = 2_440_588n;
const UNITS: Readonly<Record<string, bigint>> = { MILLIS: 1000n, MICROS: MICROSECONDS, NANOS: 1_000_000_000n };
const INTEGERS: Readonly<Record<string, string>> = {
  ...{ INT_8: "TINYINT", INT_16: "SMALLINT", INT_32: "INTEGER", INT_64: "BIGINT" },
  ...{ UINT_8: "UTINYINT", UINT_16: "USMALLINT", UINT_32: "UINTEGER", UINT_64: "UBIGINT" },
};

/** How a column is read; undefined for the types that only the engine of `@duckdb/node-api` reads. */
export function parquetCells(element: SchemaElement): ParquetCells | undefined {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === "INTERVAL" || converted === "BSON" || element.repetition_type === "REPEATED") return undefined;
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") return decimals(element);
  if (converted === "DATE" || logical?.type === "DATE") {
    return texts(element, "DATE", (days) => dateText(BigInt(days as number)));
  }
  const unit = timeUnit(element);
  if (logical?.type === "TIME" || converted?.startsWith("TIME_")) {
    return texts(element, "TIME", (time) => clockText(BigInt(time as bigint), unit));
  }
  if (logical?.type === "TIMESTAMP" || converted?.startsWith("TIMESTAMP_")) {
    const isZoned = logical?.type === "TIMESTAMP" && logical.isAdjustedToUTC;
    const name = isZoned ? "TIMESTAMP WITH TIME ZONE" : unit > MICROSECONDS ? "TIMESTAMP_NS" : "TIMESTAMP";
    return texts(element, name, (time) => timestampText(time as bigint, unit));
  }
  if (type === "INT96")
    return texts(element, "TIMESTAMP", (time) => timestampText(julianTime(time as bigint), UNITS["NANOS"] as bigint));
  if (logical?.type === "FLOAT16") return numbers(element, "FLOAT", (x) => x as number);
  switch (type) {
    case "BOOLEAN":
      return { ...texts(element, "BOOLEAN", String), stored: element };
    case "FLOAT":
      return numbers(element, "FLOAT", (x) => shortestDecimal(x as number));
    case "DOUBLE":
      return numbers(element, "DOUBLE", (x) => x as number);
    case "INT32":
    case "INT64":
      return { ...numbers(element, integerType(element), Number), isWide: type === "INT64", toText: String };
    case "BYTE_ARRAY":
      return logical?.type === "GEOMETRY" || logical?.type === "GEOGRAPHY" || logical?.type === "BSON"
        ? undefined
        : {
            ...texts(element, "VARCHAR", logical || converted ? (text) => text as string : unnamedText),
            stored: plain(element, { type: "STRING" }),
          };
    default:
      return logical?.type === "UUID" ? { ...texts(element, "UUID", String), stored: element } : undefined;
  }
}

function numbers(element: SchemaElement, sqlType: string, toNumber: (cell: unknown) => number): ParquetCells {
  const toText = (cell: unknown): string => String(toNumber(cell));
  return { sqlType, kind: "number", isWide: false, stored: element, toNumber, toText };
}

function texts(element: SchemaElement, sqlType: string, toText: (cell: unknown) => string): ParquetCells {
  const toNumber = (cell: unknown): number => Number(toText(cell));
  return { sqlType, kind: "text", isWide: false, stored: plain(element), toNumber, toText };
}

/** An element with cells that are decoded as stored. */
function plain(element: SchemaElement, logical?: SchemaElement["logical_type"]): SchemaElement {
  const { converted_type: _, logical_type: __, ...rest } = element;
  return logical === undefined ? rest : { ...rest, logical_type: logical };
}

/** Old writers do not say which bytes are text, so only bytes that are none are refused. */
function unnamedText(text: unknown): string {
  if ((text as string).includes("\uFFFD")) throw new RangeError("bytes (BYTE_ARRAY)");
  return text as string;
}

function integerType({ type, converted_type: converted, logical_type: logical }: SchemaElement): string {
  const named =
    logical?.type === "INTEGER" ? `${logical.isSigned ? "" : "U"}INT_${logical.bitWidth}` : (converted ?? "");
  return INTEGERS[named] ?? (type === "INT64" ? "BIGINT" : "INTEGER");
}

function decimals(element: SchemaElement): ParquetCells {
  const { logical_type: logical } = element;
  const { precision = 18, scale = 0 } = logical?.type === "DECIMAL" ? logical : element;
  const digits = (cell: unknown): bigint => (cell instanceof Uint8Array ? signedInteger(cell) : BigInt(cell as number));
  const toText = (cell: unknown): string => decimalText(digits(cell), scale);
  return {
    ...{ sqlType: `DECIMAL(${precision},${scale})`, kind: "number", isWide: false, stored: plain(element) },
    toText,
    toNumber: (cell) => Number(toText(cell)),
  };
}

/** The integer in big-endian bytes, in two's complement. */
function signedInteger(bytes: Uint8Array): bigint {
  const value = bytes.reduce((sum, byte) => 256n * sum + BigInt(byte), 0n);
  return BigInt.asIntN(8 * bytes.length, value);
}

function decimalText(digits: bigint, scale: number): string {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
  const whole = text.slice(0, text.length - scale);
  return `${digits < 0n ? "-" : ""}${whole}${scale > 0 ? `.${text.slice(-scale)}` : ""}`;
}

/** Number of units of a time per second. */
function timeUnit({ converted_type: converted, logical_type: logical }: SchemaElement): bigint {
  if (logical?.type === "TIMESTAMP" || logical?.type === "TIME") return UNITS[logical.unit] as bigint;
  return converted?.endsWith("_MILLIS") ? 1000n : MICROSECONDS;
}

/** Nanoseconds since 1970 of a time with Julian days in its upper 32 bits. */
function julianTime(value: bigint): bigint {
  const days = (value >> 64n) - JULIAN_EPOCH;
  return days * DAY_SECONDS * (UNITS["NANOS"] as bigint) + (value & 0xffff_ffff_ffff_ffffn);
}
