import type { ColumnKind } from "@pushforward/datasets";
import { DataType, type Vector } from "apache-arrow";
import { shortestDecimal } from "../typed/shortest-decimal.ts";
import { clockText, timestampText, timeText } from "../typed/time-text.ts";
import { type CellPlace, unreadableCell } from "../typed/unreadable-cell.ts";

/** What a column of Arrow holds: numbers, or what is read as text. */
export function arrowKind(type: DataType): ColumnKind {
  if (DataType.isDictionary(type)) return arrowKind(type.dictionary as DataType);
  return DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type) ? "number" : "text";
}

/** Whether values of a column are integers of 64 bits, which may be too large for float64. */
export function isWideInteger(type: DataType): boolean {
  return DataType.isInt(type) && type.bitWidth === 64;
}

/** The type of a column in SQL; undefined for texts and what has no such type. */
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
 * A column as the text that stands for its values; null for missing cells.
 *
 * @throws {DataError} a cell holds bytes, a list or a record; the message names it.
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
