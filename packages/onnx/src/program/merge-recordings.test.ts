import { useBackend } from "@pushforward/backend";
import { parameter } from "@pushforward/core/extend";
import { iterate } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { recordProgram } from "./merge-recordings.ts";

beforeAll(async () => {
  await useBackend("cpu");
});

const first = (inputs: readonly tf.Tensor[]): tf.Tensor => inputs[0] as tf.Tensor;

test("what depends on the input is written down, the rest is a constant under the name of its parameter", () => {
  const weight = parameter([2], [0, Math.LN2]);
  const model = { parameters: () => new Map([["layer.weight", weight]]) };
  const program = recordProgram(model, [[2]], (inputs) => tf.mul(first(inputs), tf.exp(weight.variable)));
  expect(program.calls.map(({ kernel }) => kernel)).toEqual(["Multiply"]);
  expect(program.calls[0]?.inputs.get("b")).toMatchObject({
    name: "layer.weight",
    shape: [2],
    values: Float32Array.of(1, 2),
  });
  expect(program.calls[0]?.outputs[0]?.shape).toEqual([{ rows: 1 }, 2]);
  weight.dispose();
});

test("sizes that follow the number of rows are told as such, and constants of each row are stored once", () => {
  const program = recordProgram({}, [[2]], (inputs) => {
    const x = tf.reshape(first(inputs), [-1]);
    return tf.add(x, tf.fill(x.shape, 3));
  });
  const [reshape, add] = program.calls;
  expect(reshape?.outputs[0]?.shape).toEqual([{ rows: 2 }]);
  expect(add?.inputs.get("b")).toMatchObject({ shape: [{ rows: 2 }], storedShape: [1], values: [3] });
});

test("a loop is one operation", () => {
  const program = recordProgram({}, [[2]], (inputs) => {
    const body = ([x]: readonly tf.Tensor[]) => ({
      state: [tf.div(x as tf.Tensor, 2)],
      goesOn: tf.greater(x as tf.Tensor, 1),
    });
    return iterate([first(inputs)], body, 9)[0] as tf.Tensor;
  });
  expect(program.calls.map(({ kernel }) => kernel)).toEqual(["Loop"]);
  expect(program.calls[0]?.body?.calls.map(({ kernel }) => kernel)).toEqual(["RealDiv", "Greater"]);
  expect(program.calls[0]?.body?.most).toBe(9);
});

test("random numbers become inputs, but not what is made of them on the host", () => {
  const draw = (change: (value: number) => number) =>
    recordProgram({}, [], (_, key, rows) => {
      const values = key.normal(2 * rows);
      for (const [i, value] of values.entries()) values[i] = change(value);
      return tf.mul(tf.tensor2d(values, [rows, 2]), 3);
    });
  expect(draw((value) => value).noises).toMatchObject([{ kind: "normal", value: { shape: [{ rows: 1 }, 2] } }]);
  expect(() => draw((value) => value + 1)).toThrow("a constant that is not the same in all rows");
});

test("a model that reads values is refused, and told where", () => {
  const weight = parameter([2], [1, 2]);
  const model = { parameters: () => new Map([["layers.0.weight", weight]]) };
  const reading = (inputs: readonly tf.Tensor[]): tf.Tensor => {
    const y = tf.mul(first(inputs), weight.variable);
    return tf.tensor1d(Float32Array.from(y.dataSync()).slice(0, 1));
  };
  expect(() => recordProgram(model, [[2]], reading)).toThrow(
    "exportOnnx: expected a model that is computed by tensor operations alone, got one that reads the values of tensors. " +
      'It does so after it has used "layers.0.weight".',
  );
  weight.dispose();
});

test("so is one whose operations depend on the number of rows in another way", () => {
  const odd = (inputs: readonly tf.Tensor[]): tf.Tensor => {
    const x = first(inputs);
    return (x.shape[0] as number) > 33 ? tf.exp(x) : tf.neg(x);
  };
  expect(() => recordProgram({}, [[2]], odd)).toThrow(/two runs that differ in Neg in one, Exp in the other/);
  const scaled = (inputs: readonly tf.Tensor[]): tf.Tensor =>
    tf.mul(first(inputs), (first(inputs).shape[0] as number) + 1);
  expect(() => recordProgram({}, [[2]], scaled)).toThrow(/differ in a constant/);
});
