import { DataError, type NdArray, ndArray } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";

const MAGIC = "\x93NUMPY";

interface Kind {
  readonly bytes: number;
  readonly read: (view: DataView, at: number, little: boolean) => number;
}

const kinds: Readonly<Record<string, Kind>> = {
  f2: { bytes: 2, read: (view, at, little) => halfToNumber(view.getUint16(at, little)) },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  i8: { bytes: 8, read: (view, at, little) => safeInteger(view.getBigInt64(at, little), at) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  u2: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  u8: { bytes: 8, read: (view, at, little) => safeInteger(view.getBigUint64(at, little), at) },
  b1: { bytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
};

/**
 * Reads NumPy's `.npy` format (versions 1 to 3): floats, integers and booleans, either byte order, C and Fortran order. `f2`
 * and `f4` become float32, all remaining types float64.
 *
 * @throws {DataError} the bytes are no such file, or an integer beyond 2⁵³ would lose digits.
 * @example
 * readNpy(writeNpy(x)).shape; // → [200, 2]
 */
export function readNpy(bytes: Uint8Array): NdArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { kind, little, fortran, shape, offset } = readHeader(bytes, view);
  const { bytes: width, read } = kinds[kind] as Kind;
  const size = sizeOf(shape);
  const got = bytes.length - offset;
  if (size * width !== got) {
    throw new DataError(
      `readNpy: expected ${size * width} bytes of values for shape [${shape.join(", ")}], got ${got}.`,
    );
  }
  const data = kind === "f2" || kind === "f4" ? new Float32Array(size) : new Float64Array(size);
  if (!fortran || shape.length < 2) {
    for (let i = 0; i < size; i++) data[i] = read(view, offset + i * width, little);
    return ndArray(shape, data);
  }
  // Column-major: the first axis runs fastest in the file, the last one in the result.
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const index = new Int32Array(shape.length);
  let at = 0;
  for (let i = 0; i < size; i++) {
    data[at] = read(view, offset + i * width, little);
    for (let axis = 0; axis < shape.length; axis++) {
      index[axis] = (index[axis] as number) + 1;
      at += strides[axis] as number;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      at -= (index[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return ndArray(shape, data);
}

/**
 * Writes an array in NumPy's `.npy` format, version 1, little-endian, C order. The data types float32 and float64 are
 * kept.
 * @example
 * await saveBytes("points.npy", writeNpy(toyDataset("moons").sample(createKey(1), 1000)));
 */
export function writeNpy({ shape, data }: NdArray): Uint8Array {
  const wide = data instanceof Float64Array;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${wide ? "<f8" : "<f4"}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The values begin at a multiple of 64; the header ends with a line feed.
  const offset = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const bytes = new Uint8Array(offset + data.length * data.BYTES_PER_ELEMENT);
  const view = new DataView(bytes.buffer);
  const header = `${MAGIC}\x01\x00\x00\x00${dictionary.padEnd(offset - 11)}\n`;
  for (let i = 0; i < header.length; i++) bytes[i] = header.charCodeAt(i);
  view.setUint16(8, offset - 10, true);
  for (let i = 0; i < data.length; i++) {
    if (wide) view.setFloat64(offset + 8 * i, data[i] as number, true);
    else view.setFloat32(offset + 4 * i, data[i] as number, true);
  }
  return bytes;
}

interface Header {
  readonly kind: string;
  readonly little: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly offset: number;
}

function readHeader(bytes: Uint8Array, view: DataView): Header {
  const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length < 12 || text(0, 6) !== MAGIC) {
    throw new DataError("readNpy: expected a .npy file, got bytes that do not begin as one.");
  }
  const version = bytes[6] as number;
  if (version < 1 || version > 3) throw new DataError(`readNpy: expected version 1 to 3, got ${version}.`);
  const from = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > 65_536 || from + length > bytes.length) {
    throw new DataError(`readNpy: expected a header within the file and 64 kB, got a length of ${length}.`);
  }
  const header = text(from, from + length);
  const match =
    /^\{\s*'descr':\s*'([<>|=]?)([a-zA-Z]\d*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d\s,]*)\),?\s*\}\s*$/.exec(
      header,
    );
  if (match === null) {
    throw new DataError(
      `readNpy: expected a plain array, got the header ${JSON.stringify(header.slice(0, 120).trim())}. ` +
        "Structured arrays and objects can't be read.",
    );
  }
  const [, order, kind, fortran, axes] = match as unknown as [string, string, string, string, string];
  if (!Object.hasOwn(kinds, kind)) {
    throw new DataError(`readNpy: expected floats, integers or booleans, got type ${kind}. Convert with astype("f8").`);
  }
  const shape = axes
    .split(",")
    .map((axis) => axis.trim())
    .filter((axis) => axis !== "")
    .map(Number);
  if (!shape.every(Number.isSafeInteger) || !Number.isSafeInteger(sizeOf(shape) * 8) || shape.length > 32) {
    throw new DataError(`readNpy: expected a shape that fits the file, got [${shape.join(", ")}].`);
  }
  return { kind, little: order !== ">", fortran: fortran === "True", shape, offset: from + length };
}

function safeInteger(value: bigint, at: number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new DataError(`readNpy: expected integers up to 2^53, got ${value} at byte ${at}.`);
  }
  return number;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
