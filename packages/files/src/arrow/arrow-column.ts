import type { ColumnKind } from "@pushforward/datasets";
import { DataType, type Vector } from "apache-arrow";
import { shortestDecimal } from "../typed/shortest-decimal.ts";
import { timeText } from "../typed/time-text.ts";

/** What a column of Arrow holds: numbers, or what is read as text. */
export function arrowKind(type: DataType): ColumnKind {
  if (DataType.isDictionary(type)) return arrowKind(type.dictionary as DataType);
  return DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type) ? "number" : "text";
}

/** Whether values of a column are integers of 64 bits, which may be too large for float64. */
export function isWideInteger(type: DataType): boolean {
  return DataType.isInt(type) && type.bitWidth === 64;
}

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

/** A column as the text that stands for its values; null for missing cells. */
export function arrowTexts(vector: Vector): (string | null)[] {
  const read = textReader(vector.type as DataType);
  return Array.from({ length: vector.length }, (_, i) => {
    const value = vector.get(i);
    return value === null ? null : read(value);
  });
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
  if (DataType.isTimestamp(type)) return (value) => timeText(new Date(value as number));
  return (value) => String(value);
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
