import * as tf from "@tensorflow/tfjs-core";
import { useBackend } from "pushforward";
import { beforeAll, describe, expect, test } from "vitest";
import { checkValue } from "./check-value.ts";

beforeAll(() => useBackend("wasm"));

describe("checkValue", () => {
  const equal: readonly (readonly [got: () => unknown, expected: unknown, text: string])[] = [
    [() => 1.43118, 1.4312, "1.4312"],
    [() => 1.0000001e-8, 1e-8, "1e-8"],
    [() => 3e-8, 0, "0"],
    [() => Number.NaN, Number.NaN, "NaN"],
    [() => Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, "-Infinity"],
    [() => "a", "a", '"a"'],
    [() => undefined, undefined, "undefined"],
    [() => Float32Array.of(0.1, 2), [0.1, 2], "[0.1, 2]"],
    [() => tf.tensor2d([[1, 2]]), [[1, 2]], "[[1, 2]]"],
  ];
  test.each(equal)("takes %# for equal", (got, expected, text) => {
    expect(() => checkValue(got(), expected, text)).not.toThrow();
  });

  const different: readonly (readonly [got: unknown, expected: unknown, text: string, message: string])[] = [
    [1.432, 1.4312, "1.4312", "expected 1.4312, got 1.432."],
    [2, 3, "3", "expected 3, got 2."],
    [1e-9, 1e-8, "1e-8", "expected 1e-8, got 1e-9."],
    [[1, 2, 3], [1, 2], "[1, 2]", "expected [1, 2], got [1,2,3]."],
    [[1, 2], [1, 3], "[1, 3]", "expected [1, 3], got [1,2]."],
    ["b", "a", '"a"', 'expected "a", got "b".'],
    [undefined, 1, "1", "expected 1, got undefined."],
  ];
  test.each(different)("tells %j from %j", (got, expected, text, message) => {
    expect(() => checkValue(got, expected, text)).toThrow(message);
  });
});
