import { createKey, ndArray, OptionError } from "@pushforward/core";
import { expect, test } from "vitest";
import { splitData, splitIndices } from "./split.ts";

const key = createKey(3);

test("each row is in exactly one part, with all its columns", () => {
  const data = ndArray(
    [100, 2],
    Float64Array.from({ length: 200 }, (_, i) => i),
  );
  const { train, validation, test: held } = splitData(data, { validation: 0.1, test: 0.25, key });
  expect([train.shape, validation.shape, held.shape]).toEqual([
    [65, 2],
    [10, 2],
    [25, 2],
  ]);
  const rows = [train, validation, held].flatMap(({ data: values }) =>
    Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]]),
  );
  expect(rows.sort((a, b) => (a[0] as number) - (b[0] as number))).toEqual(
    Array.from({ length: 100 }, (_, i) => [2 * i, 2 * i + 1]),
  );
});

test("the key decides, and float32 stays float32", () => {
  const a = splitIndices(50, { validation: 0.2, key });
  expect(splitIndices(50, { validation: 0.2, key })).toEqual(a);
  expect(splitIndices(50, { validation: 0.2, key: key.fold(1) })).not.toEqual(a);
  expect(splitData(ndArray([4], new Float32Array(4)), { validation: 0.5, key }).train.data).toBeInstanceOf(
    Float32Array,
  );
});

test("a row is left for training, however few there are", () => {
  expect(splitIndices(1, { validation: 0.9, key }).train).toHaveLength(1);
  expect(splitIndices(2, { validation: 0.5, test: 0.4, key }).train).toHaveLength(1);
  expect(splitIndices(0, { validation: 0.5, key }).train).toHaveLength(0);
});

test("shares that leave nothing are refused", () => {
  expect(() => splitIndices(10, { validation: 0.5, test: 0.5, key })).toThrow(OptionError);
  expect(() => splitIndices(10, { validation: -0.1, key })).toThrow(
    "splitData: expected shares from 0 that sum to less than 1, got -0.1 and 0.",
  );
  expect(() => splitIndices(10, { validation: Number.NaN, key })).toThrow(OptionError);
});
