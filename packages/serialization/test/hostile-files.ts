import { rawFile } from "./raw-file.ts";

/** A file made to fool a reader, with the expected result of our reader. */
export interface HostileFile {
  readonly bytes: Uint8Array;
  /** Reason of our refusal; `undefined`: the file is odd but valid. */
  readonly refused: string | undefined;
  /** Why we and Python's safetensors do not agree about it. Absent: we do. */
  readonly disagreement?: string;
}

const data4 = Uint8Array.of(0, 0, 128, 63);
const data8 = Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 64);
const one = (fields: string, data: Uint8Array = data4): Uint8Array => rawFile(`{"a":{${fields}}}`, data);
const f32 = (name: string, shape: string, begin: number, end: number): string =>
  `${name}:{"dtype":"F32","shape":${shape},"data_offsets":[${begin},${end}]}`;
const file = (bytes: Uint8Array, refused: string | undefined, disagreement?: string): HostileFile => ({
  bytes,
  refused,
  ...(disagreement === undefined ? {} : { disagreement }),
});
const good = f32('"a"', "[1]", 0, 4);

/** Hand-made hostile and odd safetensors files. */
export const hostileFiles: Readonly<Record<string, HostileFile>> = {
  "empty file": file(new Uint8Array(0), "header"),
  "seven bytes": file(new Uint8Array(7), "header"),
  "header of 0 bytes": file(rawFile("", data4), "header"),
  "header of 2^63 bytes": file(rawFile(`{${good}}`, data4, 2n ** 63n), "limit"),
  "header of 2^64 - 1 bytes": file(rawFile(`{${good}}`, data4, 2n ** 64n - 1n), "limit"),
  "header larger than the limit": file(rawFile(`{${good}}`, data4, 100_000_001n), "limit"),
  "header larger than the file": file(rawFile(`{${good}}`, data4, 1000n), "header"),
  "header swallows the values": file(rawFile(`{${good}}`, data4, BigInt(`{${good}}`.length + 4)), "header"),
  "array as header": file(rawFile("[]"), "header"),
  "leading space": file(rawFile(` {${good}}`, data4), "header", "the format demands {; safetensors 0.4 does not check"),
  "byte order mark": file(rawFile(`\ufeff{${good}}`, data4), "header"),
  "not UTF-8": file(rawFile(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)), "header"),
  "surrogate in UTF-8": file(rawFile(Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d)), "header"),
  "half an escaped surrogate pair": file(rawFile(`{${f32('"\\ud800"', "[1]", 0, 4)}}`, data4), "header"),
  "JSON cut short": file(rawFile(`{${good}`, data4), "header"),
  "zero bytes as padding": file(rawFile(`{${good}}\0\0`, data4), "header"),
  "text after the JSON": file(rawFile(`{${good}} x`, data4), "header"),
  "white space in the JSON": file(rawFile(`{\n\t${good} } \r\n`, data4), undefined),
  "trailing bytes": file(rawFile(`{${good}}`, data8), "tensor"),
  "last byte missing": file(rawFile(`{${good}}`, data4.subarray(1)), "tensor"),
  "hole at the start": file(rawFile(`{${f32('"a"', "[1]", 4, 8)}}`, data8), "tensor"),
  "hole in the middle": file(rawFile(`{${good},${f32('"b"', "[1]", 8, 12)}}`, new Uint8Array(12)), "tensor"),
  overlap: file(rawFile(`{${f32('"a"', "[2]", 0, 8)},${f32('"b"', "[1]", 4, 8)}}`, data8), "tensor"),
  "two tensors in one place": file(rawFile(`{${good},${f32('"b"', "[1]", 0, 4)}}`, data4), "tensor"),
  "end before begin": file(one('"dtype":"F32","shape":[1],"data_offsets":[4,0]'), "tensor"),
  "size that overflows 64 bits": file(
    one('"dtype":"F32","shape":[4194305,4194305,211106198978564],"data_offsets":[0,4]'),
    "tensor",
  ),
  "size that overflows, then is zero": file(
    one('"dtype":"F32","shape":[4194305,4194305,211106198978564,0],"data_offsets":[0,0]', new Uint8Array(0)),
    "tensor",
  ),
  "size over 2^53, then zero": file(
    one('"dtype":"F32","shape":[4503599627370496,2,0],"data_offsets":[0,0]', new Uint8Array(0)),
    "tensor",
    "sizes are checked to 2^53 here, to 2^64 there",
  ),
  "shape too large for its bytes": file(one('"dtype":"F32","shape":[2],"data_offsets":[0,4]'), "tensor"),
  "shape too small for its bytes": file(one('"dtype":"I8","shape":[2],"data_offsets":[0,4]'), "tensor"),
  "axis 1.0": file(one('"dtype":"F32","shape":[1.0],"data_offsets":[0,4]'), "header"),
  "axis 1e0": file(one('"dtype":"F32","shape":[1e0],"data_offsets":[0,4]'), "header"),
  "axis -1": file(one('"dtype":"F32","shape":[-1],"data_offsets":[0,4]'), "header"),
  "axes -1 and -1": file(one('"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]'), "header"),
  "axis -0": file(one('"dtype":"F32","shape":[-0],"data_offsets":[0,0]', new Uint8Array(0)), "header"),
  "axis as text": file(one('"dtype":"F32","shape":["1"],"data_offsets":[0,4]'), "tensor"),
  "axis null": file(one('"dtype":"F32","shape":[null],"data_offsets":[0,4]'), "tensor"),
  "axis over 2^53": file(one('"dtype":"I8","shape":[9007199254740993],"data_offsets":[0,4]'), "tensor"),
  "shape of 33 axes": file(
    one(`"dtype":"F32","shape":[${Array(33).fill(1).join(",")}],"data_offsets":[0,4]`),
    "limit",
    "at most 32 axes here, any number there",
  ),
  "offset over 2^53": file(
    one('"dtype":"F32","shape":[1],"data_offsets":[9007199254740993,9007199254740997]'),
    "tensor",
  ),
  "offset 4.0": file(one('"dtype":"F32","shape":[1],"data_offsets":[0,4.0]'), "header"),
  "three offsets": file(one('"dtype":"F32","shape":[1],"data_offsets":[0,4,4]'), "tensor"),
  "no offsets": file(one('"dtype":"F32","shape":[1]'), "tensor"),
  "tensor twice": file(
    rawFile(`{${good},${good}}`, data4),
    "header",
    "duplicate keys are refused here, the last wins there",
  ),
  "tensor twice, once escaped": file(
    rawFile(`{${good},${f32('"\\u0061"', "[1]", 0, 4)}}`, data4),
    "header",
    "duplicate keys are refused here, the last wins there",
  ),
  "metadata key twice": file(
    rawFile(`{"__metadata__":{"k":"1","k":"2"},${good}}`, data4),
    "header",
    "duplicate keys are refused here, the last wins there",
  ),
  "metadata twice": file(rawFile(`{"__metadata__":{},"__metadata__":{},${good}}`, data4), "header"),
  "dtype twice": file(one('"dtype":"I8","dtype":"F32","shape":[1],"data_offsets":[0,4]'), "header"),
  "tensor named __proto__": file(rawFile(`{${f32('"__proto__"', "[1]", 0, 4)}}`, data4), undefined),
  "metadata key __proto__": file(rawFile(`{"__metadata__":{"__proto__":"x"},${good}}`, data4), undefined),
  "__proto__ as an object of metadata": file(
    rawFile(`{"__metadata__":{"__proto__":{"x":"y"}},${good}}`, data4),
    "metadata",
  ),
  "fields of a tensor from __proto__": file(
    rawFile('{"a":{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}}', data4),
    "tensor",
  ),
  "metadata that is a number": file(rawFile(`{"__metadata__":{"k":1},${good}}`, data4), "metadata"),
  "metadata null": file(
    rawFile(`{"__metadata__":null,${good}}`, data4),
    "metadata",
    "null is no object here, none there",
  ),
  "metadata array": file(rawFile(`{"__metadata__":[],${good}}`, data4), "metadata"),
  "unknown dtype": file(one('"dtype":"F31","shape":[1],"data_offsets":[0,4]'), "tensor"),
  "dtype toString": file(one('"dtype":"toString","shape":[1],"data_offsets":[0,4]'), "tensor"),
  "dtype in lower case": file(one('"dtype":"f32","shape":[1],"data_offsets":[0,4]'), "tensor"),
  "dtype U32": file(one('"dtype":"U32","shape":[1],"data_offsets":[0,4]'), "tensor", "a dtype that we do not read"),
  "tensor with another field": file(
    one('"dtype":"F32","shape":[1],"data_offsets":[0,4],"code":"x"'),
    "tensor",
    "unknown fields could hide something: refused here, ignored there",
  ),
  "tensor null": file(rawFile('{"a":null}'), "tensor"),
  "tensor array": file(rawFile('{"a":["F32",[1],[0,4]]}', data4), "tensor", "a sequence is read as a struct there"),
  "a million brackets": file(rawFile(`{"a":${"[".repeat(1_000_000)}`), "limit"),
  "a million brackets in the metadata": file(rawFile(`{"__metadata__":{"k":${'{"k":'.repeat(1_000_000)}`), "limit"),
  "10,001 empty tensors": file(
    rawFile(`{${Array.from({ length: 10_001 }, (_, i) => f32(`"t${i}"`, "[0]", 0, 0)).join(",")}}`),
    "limit",
    "at most 10,000 tensors here, any number there",
  ),
  "empty tensors at one offset": file(
    rawFile(`{${f32('"x"', "[0]", 0, 0)},${f32('"y"', "[3,0]", 0, 0)},${good},${f32('"z"', "[0]", 4, 4)}}`, data4),
    undefined,
  ),
  "empty tensor within another": file(
    rawFile(`{${f32('"a"', "[2]", 0, 8)},${f32('"b"', "[0]", 4, 4)}}`, data8),
    "tensor",
  ),
  "no tensor": file(rawFile("{}"), undefined),
  "no tensor, but values": file(rawFile("{}", data4), "tensor"),
  "empty name": file(rawFile(`{${f32('""', "[1]", 0, 4)}}`, data4), undefined),
  scalar: file(rawFile(`{${f32('"s"', "[]", 0, 4)}}`, data4), undefined),
};
