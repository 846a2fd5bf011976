import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { asTensor, requireBackend } from "../extend.ts";
import { BackendError, DisposedError, ndArray, OptionError, ShapeError, type TensorLike } from "../index.ts";
import { tensorValues } from "./tensor-like.ts";

// First in the file: no backend has been started yet.
test("without a backend the error says how to start one", () => {
  const error = new BackendError('logProb: expected a running backend, got none. Call await useBackend("wasm") first.');
  expect(() => asTensor([1, 2], "logProb")).toThrow(error);
  expect(() => requireBackend("logProb")).toThrow(error);
});

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("a backend that runs is enough", () => {
      expect(() => requireBackend("logProb")).not.toThrow();
    });

    test("an array with its shape is taken as it is, in float64 too, and a wrong shape is refused", () => {
      const x = asTensor({ shape: [2, 1], data: Float64Array.of(1.5, Number.NaN) }, "f");
      expect([x.shape, x.dtype, [...x.dataSync()]]).toEqual([[2, 1], "float32", [1.5, Number.NaN]]);
      x.dispose();
      const wrong: TensorLike = { shape: [3], data: Float32Array.of(1, 2) };
      expect(() => asTensor(wrong, "f")).toThrow(ShapeError);
      // Not a shape beside numbers.
      expect(() => asTensor({ shape: [1], data: [1] } as unknown as TensorLike, "f")).toThrow(OptionError);
    });

    test("a float32 tensor passes through untouched", () => {
      const x = tf.tensor1d([1, 2]);
      expect(asTensor(x, "f")).toBe(x);
      x.dispose();
    });

    test.each([
      ["a number", () => 1.5, [], [1.5]],
      ["an array", () => [1, 2.5], [2], [1, 2.5]],
      ["integers", () => [1, 2], [2], [1, 2]],
      [
        "nested arrays",
        () => [
          [1, 2],
          [3, 4],
        ],
        [2, 2],
        [1, 2, 3, 4],
      ],
      ["a Float32Array", () => Float32Array.of(1, 2.5), [2], [1, 2.5]],
      ["an Int32Array", () => Int32Array.of(1, 2), [2], [1, 2]],
      ["rows that are typed arrays", () => [Float32Array.of(1, 2), Float32Array.of(3, 4)], [2, 2], [1, 2, 3, 4]],
      ["a Float64Array", () => Float64Array.of(1, 2.5), [2], [1, 2.5]],
      ["rows of float64", () => [Float64Array.of(1, 2), Float64Array.of(3, 4)], [2, 2], [1, 2, 3, 4]],
      ["no numbers", () => [], [0], []],
      ["rows without numbers", () => [[], []], [2, 0], []],
      [
        "three axes",
        () => [
          [[1], [2]],
          [[3], [4]],
        ],
        [2, 2, 1],
        [1, 2, 3, 4],
      ],
      ["NaN and infinities", () => [Number.NaN, 1 / 0, -1 / 0], [3], [Number.NaN, 1 / 0, -1 / 0]],
      ["booleans", () => [true, false], [2], [1, 0]],
      ["an int32 tensor", () => tf.tensor1d([1, 2], "int32"), [2], [1, 2]],
      ["a bool tensor", () => tf.tensor1d([true, false], "bool"), [2], [1, 0]],
    ])("%s becomes a float32 tensor", (_, make, shape, values) => {
      tf.tidy(() => {
        const tensor = asTensor(make() as TensorLike, "f");
        expect([tensor.dtype, tensor.shape, [...tensor.dataSync()]]).toEqual(["float32", shape, values]);
      });
    });

    test.each([
      [[[1, 2], [3]], new ShapeError("f: expected rows of equal length, got 2 and 1 values.")],
      [[[1], [2, 3]], new ShapeError("f: expected rows of equal length, got 1 and 2 values.")],
      [
        [Float32Array.of(1, 2), Float32Array.of(1)],
        new ShapeError("f: expected rows of equal length, got 2 and 1 values."),
      ],
      [[1, [2]], new ShapeError("f: expected arrays of equal depth, got an array beside a number.")],
      [[[1], 2], new ShapeError("f: expected arrays of equal depth, got a number beside an array.")],
      ["a", new OptionError('f: expected a tensor or numbers, got "a".')],
      [[1, "2"], new OptionError('f: expected a tensor or numbers, got "2".')],
      [[[1], "2"], new OptionError('f: expected a tensor or numbers, got "2".')],
      [[null], new OptionError("f: expected a tensor or numbers, got null.")],
      [[undefined], new OptionError("f: expected a tensor or numbers, got undefined.")],
      [undefined, new OptionError("f: expected a tensor or numbers, got undefined.")],
      [{ data: [1] }, new OptionError("f: expected a tensor or numbers, got an object.")],
    ])("%j is refused", (value, error) => {
      expect(() => asTensor(value as unknown as TensorLike, "f")).toThrow(error);
    });

    test("bigints are refused", () => {
      const error = new OptionError("f: expected a tensor or numbers, got 3.");
      expect(() => asTensor(3n as unknown as TensorLike, "f")).toThrow(error);
      expect(() => asTensor(BigInt64Array.of(3n) as unknown as TensorLike, "f")).toThrow(error);
    });

    test("a tensor of strings is refused", () => {
      const x = tf.tensor1d(["a"]);
      expect(() => asTensor(x, "f")).toThrow(
        new OptionError("f: expected a tensor or numbers, got a tensor of dtype string."),
      );
      x.dispose();
    });

    test("a disposed tensor is refused by name", () => {
      const x = tf.tensor1d([1]);
      x.dispose();
      expect(() => asTensor(x, "logProb")).toThrow(
        new DisposedError("logProb: expected a live tensor, got one that has been disposed."),
      );
    });
  });
}

describe("tensorValues", () => {
  beforeAll(() => useBackend("cpu"));

  test("gives the numbers, and leaves no tensor", () => {
    const x = tf.tensor1d([1, 2, 3]);
    const before = tf.memory().numTensors;
    expect(tensorValues(() => tf.square(tf.add(x, 1)))).toEqual(Float32Array.of(4, 9, 16));
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  test("leaves no tensor when the function throws", () => {
    const before = tf.memory().numTensors;
    expect(() =>
      tensorValues(() => {
        tf.zeros([4]);
        throw new RangeError("no");
      }),
    ).toThrow(RangeError);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("ndArray keeps the parts it is given", () => {
  const data = Float64Array.of(1, 2, 3, 4, 5, 6);
  const array = ndArray([3, 2], data);
  expect(array.shape).toEqual([3, 2]);
  expect(array.data).toBe(data);
  expect(ndArray([], Float32Array.of(1)).shape).toEqual([]);
  expect(ndArray([0, 4], new Float32Array()).data).toHaveLength(0);
});

test("ndArray refuses a shape of another size", () => {
  expect(() => ndArray([3, 2], new Float32Array(5))).toThrow(
    new ShapeError("ndArray: expected 6 values for shape [3, 2], got 5."),
  );
});
