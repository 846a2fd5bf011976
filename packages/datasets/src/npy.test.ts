import { createKey, DataError, ndArray } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import { readNpy, writeNpy } from "./npy.ts";

/** Values of np.save([[1.5, -2, 3], [0, 5, -6.25]]) in each type (absolute and rounded for integers), by NumPy 2. */
const saved: Record<string, { readonly c: string; readonly fortran: string }> = {
  "<f8": {
    c: "000000000000f83f00000000000000c000000000000008400000000000000000000000000000144000000000000019c0",
    fortran: "000000000000f83f000000000000000000000000000000c00000000000001440000000000000084000000000000019c0",
  },
  ">f8": {
    c: "3ff8000000000000c000000000000000400800000000000000000000000000004014000000000000c019000000000000",
    fortran: "3ff80000000000000000000000000000c00000000000000040140000000000004008000000000000c019000000000000",
  },
  "<f4": {
    c: "0000c03f000000c000004040000000000000a0400000c8c0",
    fortran: "0000c03f00000000000000c00000a040000040400000c8c0",
  },
  ">f4": {
    c: "3fc00000c0000000404000000000000040a00000c0c80000",
    fortran: "3fc0000000000000c000000040a0000040400000c0c80000",
  },
  "<f2": { c: "003e00c000420000004540c6", fortran: "003e000000c00045004240c6" },
  "<i4": {
    c: "010000000200000003000000000000000500000006000000",
    fortran: "010000000000000002000000050000000300000006000000",
  },
  ">i4": {
    c: "000000010000000200000003000000000000000500000006",
    fortran: "000000010000000000000002000000050000000300000006",
  },
  "<i8": {
    c: "010000000000000002000000000000000300000000000000000000000000000005000000000000000600000000000000",
    fortran: "010000000000000000000000000000000200000000000000050000000000000003000000000000000600000000000000",
  },
  ">i8": {
    c: "000000000000000100000000000000020000000000000003000000000000000000000000000000050000000000000006",
    fortran: "000000000000000100000000000000000000000000000002000000000000000500000000000000030000000000000006",
  },
  "|b1": { c: "010101000101", fortran: "010001010101" },
  "|u1": { c: "010203000506", fortran: "010002050306" },
};

function file(header: string, hex: string, version = 1): Uint8Array {
  const values = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const size =
    version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  const head = [0x93, ...Array.from("NUMPY", (c) => c.charCodeAt(0)), version, 0, ...size];
  return Uint8Array.from([...head, ...Array.from(header, (c) => c.charCodeAt(0)), ...values]);
}

function header(descr: string, fortran: boolean, shape = "(2, 3)"): string {
  return `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${shape}, }   \n`;
}

describe.each(Object.entries(saved))("%s", (descr, { c, fortran }) => {
  const expected = {
    f: [1.5, -2, 3, 0, 5, -6.25],
    b: [1, 1, 1, 0, 1, 1],
    i: [1, 2, 3, 0, 5, 6],
    u: [1, 2, 3, 0, 5, 6],
  };
  test.each([1, 2])("version %i, C and Fortran order", (version) => {
    for (const [order, hex] of [c, fortran].entries()) {
      const { shape, data } = readNpy(file(header(descr, order === 1), hex, version));
      expect(shape).toEqual([2, 3]);
      expect(Array.from(data)).toEqual(expected[descr[1] as "f"]);
    }
  });
});

test("half precision keeps its small, infinite and missing numbers", () => {
  // 2⁻²⁴, the largest subnormal, 65504, ∞, −∞, NaN.
  const { data } = readNpy(file(header("<f2", false, "(6,)"), "0100ff03ff7b007c00fc007e"));
  expect(Array.from(data)).toEqual([
    2 ** -24,
    1023 * 2 ** -24,
    65504,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ]);
});

test("three axes in Fortran order", () => {
  // np.asfortranarray(np.arange(24, dtype="u1").reshape(2, 3, 4))
  const order = [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
  const hex = order.map((v) => v.toString(16).padStart(2, "0")).join("");
  expect(Array.from(readNpy(file(header("|u1", true, "(2, 3, 4)"), hex)).data)).toEqual(
    Array.from({ length: 24 }, (_, i) => i),
  );
});

test("writing and reading gives the same bits", () => {
  const values = [0.1, -0, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324, 1.7976931348623157e308];
  for (const shape of [[6], [2, 3], [1, 6, 1], [0, 4]]) {
    const data = Float64Array.from(shape.includes(0) ? [] : values);
    const bytes = writeNpy(ndArray(shape, data));
    expect((bytes.length - data.byteLength) % 64).toBe(0);
    expect(readNpy(bytes)).toEqual({ shape, data });
  }
  const single = ndArray([], Float32Array.of(1.5));
  expect(readNpy(writeNpy(single))).toEqual(single);
});

test("the header is the one that NumPy writes", () => {
  const head = String.fromCharCode(...writeNpy(ndArray([2, 3], new Float64Array(6))).subarray(0, 128));
  expect(head).toBe(
    `\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }${" ".repeat(58)}\n`,
  );
});

const bad: [string, Uint8Array, string][] = [
  ["no file", new Uint8Array(3), "expected a .npy file"],
  ["another file", new TextEncoder().encode("PK\x03\x04 and more than twelve"), "expected a .npy file"],
  ["version 9", file(header("<f8", false), "", 9), "expected version 1 to 3, got 9."],
  ["a header beyond the file", file(header("<f8", false), "").subarray(0, 30), "expected a header within the file"],
  ["too few values", file(header("<f8", false), "00"), "expected 48 bytes of values for shape [2, 3], got 1."],
  [
    "too many values",
    file(header("|u1", false), "00".repeat(7)),
    "expected 6 bytes of values for shape [2, 3], got 7.",
  ],
  [
    "a shape that overflows",
    file(header("|u1", false, "(4194305, 4194305, 211106198978564)"), "00".repeat(4)),
    "expected a shape that fits the file",
  ],
  ["objects", file(header("|O", false), ""), "expected floats, integers or booleans, got type O."],
  [
    "structures",
    file(header("<f8", false).replace("'<f8'", "[('x', '<f8')]"), ""),
    "Structured arrays and objects can't be read.",
  ],
  ["complex numbers", file(header("<c8", false), ""), "expected floats, integers or booleans, got type c8."],
  ["a property of objects as type", file(header("toString", false), ""), "can't be read"],
  [
    "an integer that would lose digits",
    file(header("<i8", false, "(1,)"), "0100000000002000"),
    "expected integers up to 2^53, got 9007199254740993",
  ],
];

test.each(bad)("%s is refused", (_, bytes, text) => {
  expect(() => readNpy(bytes)).toThrow(DataError);
  expect(() => readNpy(bytes)).toThrow(text);
});

test("2,000 damaged files give an array or a DataError", () => {
  const sources = [
    writeNpy(ndArray([2, 3], new Float64Array(6))),
    file(header(">i8", true), saved[">i8"]?.fortran ?? ""),
  ];
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    const u = createKey(5).fold(i).uniform(8);
    const bytes = Uint8Array.from(sources[i % 2] as Uint8Array);
    for (let k = 0; k < 3; k++)
      bytes[Math.floor((u[k] as number) ** 2 * bytes.length)] = Math.floor((u[k + 3] as number) * 256);
    try {
      readNpy((u[6] as number) < 0.2 ? bytes.subarray(0, Math.floor((u[7] as number) * bytes.length)) : bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(500);
});
