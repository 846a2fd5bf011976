import { expect, test } from "vitest";
import { ProtobufWriter } from "./encode-model.ts";

const bytes = (write: (writer: ProtobufWriter) => void): number[] => {
  const writer = new ProtobufWriter();
  write(writer);
  return Array.from(writer.finish());
};

// The examples of https://protobuf.dev/programming-guides/encoding.
test("integers are varints", () => {
  expect(bytes((w) => w.integer(1, 150))).toEqual([0x08, 0x96, 0x01]);
  expect(bytes((w) => w.integer(1, 0))).toEqual([0x08, 0]);
  expect(bytes((w) => w.integer(1, -2))).toEqual([0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
  expect(bytes((w) => w.integer(16, 1))).toEqual([0x80, 0x01, 1]);
  expect(bytes((w) => w.integer(1, Number.MAX_SAFE_INTEGER)).length).toBe(1 + 8);
});

test("texts, messages and floats", () => {
  expect(bytes((w) => w.text(2, "testing"))).toEqual([0x12, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
  expect(bytes((w) => w.text(2, "é"))).toEqual([0x12, 2, 0xc3, 0xa9]);
  expect(bytes((w) => w.message(3, (inner) => inner.integer(1, 150)))).toEqual([0x1a, 3, 0x08, 0x96, 0x01]);
  expect(bytes((w) => w.float(1, 1))).toEqual([0x0d, 0, 0, 0x80, 0x3f]);
});
