import type { Column } from "@pushforward/datasets";
import type { SchemaElement } from "hyparquet";

/** A cell to write; null for a missing one. */
export type WrittenCell = number | string | null;

/** A cell as Parquet stores it; null for a missing one. */
export type StoredCell = number | bigint | boolean | string | Uint8Array | null;

/** How a column of a type of SQL is written to Parquet. */
export interface WrittenType {
  readonly element: Omit<SchemaElement, "name">;
  /** `true` if the cells are numbers. */
  readonly isNumeric: boolean;
  /** The stored cell; undefined if a text or number is not of the type. */
  readonly store: (cell: string | number) => StoredCell | undefined;
}

/** All numbers, and all texts: the types of columns without a declared type. */
export const DOUBLE: WrittenType = {
  ...{ element: { type: "DOUBLE" }, isNumeric: true },
  store: readNumber,
};
export const VARCHAR: WrittenType = {
  ...{ element: { type: "BYTE_ARRAY", converted_type: "UTF8" }, isNumeric: false },
  store: String,
};

/** SQL integer types: the number of bits, the sign, and the name in Parquet. */
const INTEGERS: Readonly<Record<string, readonly [bits: number, isSigned: boolean]>> = {
  ...{ TINYINT: [8, true], SMALLINT: [16, true], INTEGER: [32, true], BIGINT: [64, true] },
  ...{ UTINYINT: [8, false], USMALLINT: [16, false], UINTEGER: [32, false], UBIGINT: [64, false] },
};

const MICROSECONDS = 1_000_000n;
const NANOSECONDS = 1_000_000_000n;
const DAY_SECONDS = 86_400;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const TIME = /^(\d{1,2}):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;

/** How a type of SQL is written; undefined for types that are not kept. */
export function writtenType(sqlType: string): WrittenType | undefined {
  const integer = INTEGERS[sqlType];
  if (integer !== undefined) return integers(...integer);
  const [, precision, scale] = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(sqlType) ?? [];
  if (precision !== undefined && Number(precision) <= 38) return decimals(Number(precision), Number(scale));
  switch (sqlType) {
    case "FLOAT":
    case "DOUBLE":
      return { element: { type: sqlType }, isNumeric: true, store: readNumber };
    case "BOOLEAN":
      return texts({ type: "BOOLEAN" }, (cell) => BOOLEANS.get(String(cell).toLowerCase()));
    case "DATE":
      return texts({ type: "INT32", converted_type: "DATE" }, readDate);
    case "TIME":
      return texts({ type: "INT64", logical_type: { type: "TIME", isAdjustedToUTC: false, unit: "MICROS" } }, (cell) =>
        readTime(String(cell), MICROSECONDS),
      );
    case "UUID":
      return texts({ type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, logical_type: { type: "UUID" } }, (cell) =>
        UUID.test(String(cell)) ? String(cell) : undefined,
      );
    case "TIMESTAMP":
    case "TIMESTAMP_S":
    case "TIMESTAMP_MS":
      return timestamps(false, "MICROS");
    case "TIMESTAMP_NS":
      return timestamps(false, "NANOS");
    case "TIMESTAMP WITH TIME ZONE":
      return timestamps(true, "MICROS");
    default:
      return undefined;
  }
}

function texts(element: WrittenType["element"], store: WrittenType["store"]): WrittenType {
  return { element, isNumeric: false, store };
}

/** The words of a boolean; arrays of NumPy have numbers. */
export const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
  ["1", true],
  ["0", false],
]);

function readNumber(cell: string | number): number | undefined {
  if (typeof cell === "number") return cell;
  return NUMBER.test(cell.trim()) ? Number(cell) : undefined;
}

function integers(bits: number, isSigned: boolean): WrittenType {
  const [low, high] = isSigned
    ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n]
    : [0n, 2n ** BigInt(bits) - 1n];
  const isWide = bits === 64;
  const name = `${isSigned ? "" : "U"}INT_${bits}` as NonNullable<SchemaElement["converted_type"]>;
  return {
    ...{ element: { type: isWide ? "INT64" : "INT32", converted_type: name }, isNumeric: true },
    store: (cell) => {
      const text = typeof cell === "number" ? cell : cell.trim().replace(/^\+/, "").replace(/\.0*$/, "");
      const isInteger = typeof text === "number" ? Number.isSafeInteger(text) : /^-?\d+$/.test(text);
      if (!isInteger) return undefined;
      const value = BigInt(text);
      if (value < low || value > high) return undefined;
      return isWide ? value : Number(value);
    },
  };
}

function decimals(precision: number, scale: number): WrittenType {
  const element = { converted_type: "DECIMAL", precision, scale } as const;
  const limit = 10n ** BigInt(precision);
  return {
    isNumeric: true,
    element:
      precision <= 9
        ? { type: "INT32", ...element }
        : precision <= 18
          ? { type: "INT64", ...element }
          : { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, ...element },
    store: (cell) => {
      const [, sign, whole = "", fraction = ""] = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(String(cell).trim()) ?? [];
      // A decimal with more digits than its type keeps would be rounded.
      if (sign === undefined || /[1-9]/.test(fraction.slice(scale))) return undefined;
      const digits = BigInt(whole + fraction.slice(0, scale).padEnd(scale, "0"));
      return digits >= limit ? undefined : sign === "-" ? -digits : digits;
    },
  };
}

function timestamps(isAdjustedToUTC: boolean, unit: "MICROS" | "NANOS"): WrittenType {
  const perSecond = unit === "MICROS" ? MICROSECONDS : NANOSECONDS;
  return texts({ type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC, unit } }, (cell) => {
    const [, day = "", time = "00:00:00", zone = "Z"] =
      /^(\S+?)(?:[ T]([\d:.]+?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/.exec(String(cell).trim()) ?? [];
    const full = /^\d{1,2}:\d\d$/.test(time) ? `${time}:00` : time;
    const [days, rest] = [readDate(day), readTime(full, perSecond)];
    if (days === undefined || rest === undefined) return undefined;
    return (BigInt(days * DAY_SECONDS) - BigInt(offsetOf(zone))) * perSecond + rest;
  });
}

/** Seconds by which a time zone is ahead of UTC. */
function offsetOf(zone: string): number {
  const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return (sign === "-" ? -1 : 1) * (3600 * Number(hours) + 60 * Number(minutes));
}

/** Days since 1970. */
function readDate(cell: string | number): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(String(cell))) return undefined;
  const time = Date.parse(`${cell}T00:00:00Z`);
  const isDay = !Number.isNaN(time) && new Date(time).toISOString().startsWith(String(cell));
  return isDay ? time / 1000 / DAY_SECONDS : undefined;
}

/** Units since midnight. */
function readTime(text: string, perSecond: bigint): bigint | undefined {
  const [, hours, minutes, seconds, fraction = ""] = TIME.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const digits = String(perSecond).length - 1;
  if (/[1-9]/.test(fraction.slice(digits))) return undefined;
  const whole = BigInt(3600 * Number(hours) + 60 * Number(minutes) + Number(seconds));
  return whole * perSecond + BigInt(fraction.slice(0, digits).padEnd(digits, "0"));
}

/** `true` if an SQL type is numeric. */
export function isNumericType(sqlType: string | undefined): boolean {
  return sqlType !== undefined && (/^U?HUGEINT$/.test(sqlType) || writtenType(sqlType)?.isNumeric === true);
}

/** The cells of a column as they are stored, and the type that they have then: a wider one where some do not fit. */
export function storedCells(
  type: WrittenType,
  cells: readonly WrittenCell[],
): { readonly type: WrittenType; readonly stored: StoredCell[] } {
  const stored: StoredCell[] = [];
  for (const cell of cells) {
    const one = cell === null ? null : type.store(cell);
    if (one === undefined) return storedCells(type.isNumeric && cells.every(isExactNumber) ? DOUBLE : VARCHAR, cells);
    stored.push(one);
  }
  return { type, stored };
}

/** `true` if a cell is a number that float64 represents without losing digits of an integer. */
function isExactNumber(cell: WrittenCell): boolean {
  if (cell === null || typeof cell === "number") return true;
  const value = NUMBER.test(cell.trim()) ? Number(cell) : Number.NaN;
  return Number.isFinite(value) && (!/^[+-]?\d+$/.test(cell.trim()) || Number.isSafeInteger(value));
}

/** A cell of a column; null for a missing one. */
export function writtenCell(column: Column, row: number): WrittenCell {
  if (column.kind === "text") return column.missing?.has(row) ? null : (column.values[row] as string);
  const value = column.values[row] as number;
  return Number.isNaN(value) ? null : value;
}
