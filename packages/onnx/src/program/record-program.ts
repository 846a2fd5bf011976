import { createKey, type Key, type Module } from "@pushforward/core";
import { withTrace } from "@pushforward/core/extend";
import { observeKernels } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { mergeRecordings } from "./merge-recordings.ts";
import type { Program } from "./program.ts";
import { Recorder } from "./recorder.ts";
import type { Recording, Reference } from "./recording.ts";
import { RecordingKey } from "./recording-key.ts";

/** Numbers of rows that a program is recorded with: two that no size of a model is a multiple of by accident, both of them. */
const ROWS = [31, 37] as const;

/** Computes `[rows, ...]` from inputs `[rows, ...shape]`; the key draws what becomes an input of noise. */
export type RowFunction = (inputs: readonly tf.Tensor[], key: Key, rows: number) => tf.Tensor;

/**
 * The tensor operations of a function of rows as a program.
 *
 * @param model its parameters give the constants their names.
 * @param inputShapes the shapes of the inputs behind the axis of the rows.
 * @throws {OptionError} the function reads the values of tensors, or its operations depend on them.
 */
export function recordProgram(
  model: Partial<Pick<Module, "parameters">>,
  inputShapes: readonly (readonly number[])[],
  run: RowFunction,
): Program {
  const [a, b] = ROWS.map((rows) => record(model, inputShapes, rows, run)) as [Recording, Recording];
  return mergeRecordings(a, b);
}

function record(
  model: Partial<Pick<Module, "parameters">>,
  inputShapes: readonly (readonly number[])[],
  rows: number,
  run: RowFunction,
): Recording {
  const recorder = new Recorder(model);
  let output: Reference | undefined;
  tf.tidy(() => {
    const inputs = inputShapes.map((shape) => someNumbers([rows, ...shape]));
    for (const input of inputs) recorder.input(input);
    const key = new RecordingKey(recorder, createKey(0));
    output = recorder.reference(observeKernels(recorder, () => withTrace(recorder, () => run(inputs, key, rows))));
  });
  const { inputs, noises, recorded: calls } = recorder;
  return { rows, inputs, noises, calls, output: output as Reference };
}

/** Numbers that differ from each other and with the number of rows, so that none is a constant by accident. */
function someNumbers(shape: readonly number[]): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1 + i + size)),
    [...shape],
  );
}
