import { ModelFileError, OptionError } from "@pushforward/core";
import { expect, test } from "vitest";
import { makeToy, toyRegistry } from "../test/toy-model.ts";
import type { SafetensorsData } from "./extend.ts";
import { decodeCheckpoint, decodeModel, encodeCheckpoint, encodeModel } from "./index.ts";

const arrays = new Map<string, SafetensorsData>([
  ["weights.a", Float32Array.of(0.1, -0, Number.NaN, Number.POSITIVE_INFINITY)],
  ["losses", Float64Array.of(0.1, 1 / 3)],
  ["order", Int32Array.of(3, -1)],
  ["big", BigInt64Array.of(2n ** 62n)],
  ["short", Int16Array.of(-2)],
  ["tiny", Int8Array.of(-2)],
  ["mask", Uint8Array.of(255)],
  ["none", new Float32Array(0)],
]);
const meta = { step: 12, losses: [0.1, -0, 5e-324], options: { name: "é", batch: null } };

test("numbers and arrays come back bit for bit, each of its kind", () => {
  const back = decodeCheckpoint(encodeCheckpoint({ meta, arrays }));
  expect(back.meta).toEqual(meta);
  expect([...back.arrays.keys()].sort()).toEqual([...arrays.keys()].sort());
  for (const [name, data] of arrays) {
    expect(back.arrays.get(name)?.constructor).toBe(data.constructor);
    expect(Buffer.from(back.arrays.get(name)?.buffer as ArrayBuffer)).toEqual(Buffer.from(data.buffer as ArrayBuffer));
  }
});

test("a view of a larger array is saved alone", () => {
  const view = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  const back = decodeCheckpoint(encodeCheckpoint({ meta: null, arrays: new Map([["v", view]]) }));
  expect(back.arrays.get("v")).toEqual(Float32Array.of(2, 3));
});

test("refuses what it can't keep", () => {
  expect(() => encodeCheckpoint({ meta: Number.NaN, arrays })).toThrow(OptionError);
  const wrong = new Map([["w", [1, 2] as unknown as SafetensorsData]]);
  expect(() => encodeCheckpoint({ meta, arrays: wrong })).toThrow(
    new OptionError('encodeCheckpoint: expected a typed array of floats or integers for "w", got Array.'),
  );
});

test("a checkpoint is no model, a model no checkpoint, damage is noticed", () => {
  const bytes = encodeCheckpoint({ meta, arrays });
  expect(() => decodeModel(bytes, toyRegistry)).toThrow(
    new ModelFileError(
      "metadata",
      'model file: expected format "pushforward", got "pushforward-checkpoint". It is a safetensors file of another kind.',
    ),
  );
  expect(() => decodeCheckpoint(encodeModel(makeToy(), toyRegistry))).toThrow(ModelFileError);
  bytes[bytes.length - 1] = 7;
  expect(() => decodeCheckpoint(bytes)).toThrow(/^checkpoint: .*The file is damaged/);
});
