import { formatShape, type Json, ModelFileError, OptionError, type Shape, sizeOf } from "@pushforward/core/plain";
import { fromBfloat16, fromFloat16 } from "./half-precision.ts";
import { abbreviate, isWellFormed, parseJson } from "./json.ts";

/** Element types of a safetensors file that are read. */
export type SafetensorsDtype = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** Values of a tensor on the host. F16 and BF16 are read as `Float32Array`, BOOL as a `Uint8Array` of 0 and 1. */
export type SafetensorsData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

/** One tensor of a safetensors file, row-major. */
export interface SafetensorsTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: Shape;
  readonly data: SafetensorsData;
}

/** A safetensors file in memory. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Has no prototype, so that any key is data. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Limits of a safetensors file; files above a limit are rejected. */
export interface SafetensorsLimits {
  /** Default 10,000. */
  readonly maxTensors?: number;
  /** Default 100,000,000, the limit of the reference implementation. */
  readonly maxHeaderBytes?: number;
}

/** Position of a tensor in a file with a checked header. */
export interface TensorEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: Shape;
  /** Byte offsets from the start of the file. */
  readonly begin: number;
  readonly end: number;
}

/** A checked header. */
export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

// In the order in which the reference implementation lays tensors out.
const ITEM_SIZE: Readonly<Record<SafetensorsDtype, number>> = {
  I64: 8,
  F64: 8,
  F32: 4,
  I32: 4,
  BF16: 2,
  F16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};
const DTYPES: readonly string[] = Object.keys(ITEM_SIZE);
const ARRAYS = {
  F64: Float64Array,
  I64: BigInt64Array,
  F32: Float32Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;
// The limit of NumPy 1; nothing in the field comes near it.
const MAX_RANK = 32;

/**
 * Reads a safetensors file, which is untrusted, strictly: the header is UTF-8 JSON without duplicate keys; the tensors
 * fill the rest of the file contiguously, without a gap, an overlap or a spare byte; every shape fits its bytes.
 *
 * @throws {ModelFileError} `header`, `tensor`, `metadata` or `limit`. No other error is thrown for any bytes.
 * @example
 * const bytes = writeSafetensors(new Map([["mean", { dtype: "F32", shape: [2], data: Float32Array.of(0, 1) }]]));
 * const { tensors, metadata } = readSafetensors(bytes);
 * tensors.get("mean")?.shape; // → [2]
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensors(bytes: Uint8Array, limits: SafetensorsLimits = {}): SafetensorsFile {
  const { entries, metadata } = readSafetensorsHeader(bytes, limits);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, entry] of entries) {
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, data: readTensor(bytes, entry) });
  }
  return { tensors, metadata };
}

/**
 * Reads and checks only the header. It needs no more memory than the header, even if the header declares large tensors.
 */
export function readSafetensorsHeader(bytes: Uint8Array, limits: SafetensorsLimits = {}): SafetensorsHeader {
  const { maxTensors = 10_000, maxHeaderBytes = 100_000_000 } = limits;
  if (!(bytes instanceof Uint8Array)) fail("header", "the bytes of a file, a Uint8Array", describe(bytes));
  if (bytes.length < 8) fail("header", "at least 8 bytes", `${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerSize = view.getBigUint64(0, true);
  if (headerSize > BigInt(maxHeaderBytes)) {
    fail("limit", `a header of at most ${maxHeaderBytes} bytes`, `${headerSize}`);
  }
  const dataStart = 8 + Number(headerSize);
  if (dataStart > bytes.length)
    fail("header", `a header within the ${bytes.length} bytes of the file`, `${headerSize}`);
  if (bytes[8] !== 0x7b || headerSize === 0n) fail("header", 'a header that starts with "{"', "another byte");

  const header = parseJson(decodeUtf8(bytes.subarray(8, dataStart)), "safetensors", "header", {
    maxDepth: 8,
    maxValues: maxTensors * (MAX_RANK + 8),
    integersOnly: true,
  });
  if (!isJsonObject(header)) fail("header", "an object", "something else");
  const entries = new Map<string, TensorEntry>();
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      if (!isJsonObject(value)) fail("metadata", "an object as __metadata__", "something else");
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== "string") fail("metadata", `a string as metadata ${abbreviate(key)}`, "something else");
        metadata[key] = text;
      }
    } else {
      if (entries.size === maxTensors) fail("limit", `at most ${maxTensors} tensors`, "more");
      entries.set(name, readEntry(name, value, dataStart, bytes.length));
    }
  }
  checkLayout(entries, dataStart, bytes.length);
  return { entries, metadata };
}

/** Returns a copy of the values of one tensor. */
export function readTensor(bytes: Uint8Array, entry: TensorEntry): SafetensorsData {
  // A copy, because a view could be misaligned and would keep the file alive. Not slice, which for a Buffer is a view.
  const { buffer } = new Uint8Array(bytes.subarray(entry.begin, entry.end));
  if (entry.dtype === "F16") return fromFloat16(new Uint16Array(buffer));
  if (entry.dtype === "BF16") return fromBfloat16(new Uint16Array(buffer));
  return new ARRAYS[entry.dtype](buffer);
}

/**
 * Writes a safetensors file. The same tensors and metadata yield the same bytes, in any input order: metadata is sorted
 * by key, tensors as in the reference implementation (by dtype, widest first, then by name). The header is padded with
 * spaces so that the values start at a multiple of 8 bytes.
 *
 * @throws {OptionError} a tensor with data that fit neither its dtype nor its shape, or a dtype that is only read (F16,
 * BF16); a name that is not well-formed Unicode.
 * @example
 * writeSafetensors(new Map([["mean", { dtype: "F32", shape: [2], data: Float32Array.of(0, 1) }]]));
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(
    ([a, left], [b, right]) => DTYPES.indexOf(left.dtype) - DTYPES.indexOf(right.dtype) || compareCodePoints(a, b),
  );
  const fields: string[] = [];
  const metadataEntries = Object.entries(metadata).sort(([a], [b]) => compareCodePoints(a, b));
  if (metadataEntries.length > 0) {
    const texts = metadataEntries.map(([key, value]) => `${quote(key)}:${quote(value)}`);
    fields.push(`"__metadata__":{${texts.join(",")}}`);
  }
  let offset = 0;
  for (const [name, tensor] of sorted) {
    checkWritable(name, tensor);
    const end = offset + tensor.data.byteLength;
    const shape = tensor.shape.join(",");
    fields.push(`${quote(name)}:{"dtype":"${tensor.dtype}","shape":[${shape}],"data_offsets":[${offset},${end}]}`);
    offset = end;
  }
  const header = new TextEncoder().encode(`{${fields.join(",")}}`);
  const headerSize = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerSize + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerSize), true);
  bytes.set(header, 8);
  bytes.fill(0x20, 8 + header.length, 8 + headerSize);
  let start = 8 + headerSize;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
    start += data.byteLength;
  }
  return bytes;
}

/** Orders strings by code point, as UTF-8 bytes, Rust and Python do; `<` orders by UTF-16 unit. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return (a.codePointAt(i) ?? 0) - (b.codePointAt(i) ?? 0);
  }
  return a.length - b.length;
}

function readEntry(name: string, value: Json, dataStart: number, fileSize: number): TensorEntry {
  const where = `tensor ${abbreviate(name)}`;
  if (!isJsonObject(value)) fail("tensor", `an object for ${where}`, "something else");
  for (const field of Object.keys(value)) {
    if (field !== "dtype" && field !== "shape" && field !== "data_offsets") {
      fail("tensor", `dtype, shape and data_offsets for ${where}`, `a field ${abbreviate(field)}`);
    }
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    fail("tensor", `${where} of dtype ${DTYPES.join(", ")}`, typeof dtype === "string" ? abbreviate(dtype) : "none");
  }
  if (!isIntegerArray(shape)) fail("tensor", `integers as shape of ${where}`, "something else");
  if (shape.length > MAX_RANK) fail("limit", `at most ${MAX_RANK} axes for ${where}`, `${shape.length}`);
  if (!isIntegerArray(offsets) || offsets.length !== 2) {
    fail("tensor", `two integers as data_offsets of ${where}`, "something else");
  }
  let size = ITEM_SIZE[dtype];
  for (const axis of shape) {
    size *= axis;
    if (!Number.isSafeInteger(size)) fail("tensor", `a size that fits a file for ${where}`, formatShape(shape));
  }
  const begin = dataStart + (offsets[0] as number);
  const end = dataStart + (offsets[1] as number);
  if (begin > end || end > fileSize) {
    fail("tensor", `${where} within the ${fileSize - dataStart} bytes of values`, `offsets ${formatShape(offsets)}`);
  }
  if (end - begin !== size) {
    fail("tensor", `${size} bytes for ${where} of dtype ${dtype} and shape ${formatShape(shape)}`, `${end - begin}`);
  }
  return { dtype, shape, begin, end };
}

function checkLayout(entries: ReadonlyMap<string, TensorEntry>, dataStart: number, fileSize: number): void {
  let position = dataStart;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      const what = begin > position ? "a hole" : "an overlap";
      fail("tensor", "tensors in a row", `${what} before tensor ${abbreviate(name)}`);
    }
    position = end;
  }
  if (position !== fileSize) {
    fail("tensor", `a file that ends with its last tensor, at ${position} bytes`, `${fileSize} bytes`);
  }
}

function checkWritable(name: string, { dtype, shape, data }: SafetensorsTensor): void {
  const where = `writeSafetensors: tensor ${abbreviate(name)}`;
  if (name === "__metadata__") throw new OptionError(`${where}: expected a different name, got the reserved one.`);
  if (dtype === "F16" || dtype === "BF16" || !isDtype(dtype)) {
    throw new OptionError(`${where}: expected a dtype of ${Object.keys(ARRAYS).join(", ")}, got ${dtype}.`);
  }
  if (!(data instanceof ARRAYS[dtype])) {
    throw new OptionError(
      `${where}: expected a ${ARRAYS[dtype].name} for ${dtype}, got ${Object(data).constructor.name}.`,
    );
  }
  if (!isIntegerArray(shape) || shape.length > MAX_RANK || sizeOf(shape) !== data.length) {
    throw new OptionError(`${where}: expected a shape of ${data.length} values, got ${formatShape(shape)}.`);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ModelFileError("header", "safetensors: expected a header in UTF-8, got other bytes.", { cause });
  }
}

function quote(text: string): string {
  if (!isWellFormed(text)) {
    throw new OptionError(
      `writeSafetensors: expected well-formed Unicode, got half of a surrogate pair in ${abbreviate(text)}.`,
    );
  }
  return JSON.stringify(text);
}

function isDtype(value: Json | undefined): value is SafetensorsDtype {
  return typeof value === "string" && Object.hasOwn(ITEM_SIZE, value);
}

function isIntegerArray(value: Json | Shape | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function isJsonObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fail(reason: "header" | "tensor" | "metadata" | "limit", expected: string, got: string): never {
  throw new ModelFileError(reason, `safetensors: expected ${expected}, got ${got}.`);
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
