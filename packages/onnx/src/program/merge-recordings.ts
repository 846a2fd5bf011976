import { createKey, type Key, type Module, OptionError } from "@pushforward/core";
import { withTrace } from "@pushforward/core/extend";
import { observeKernels } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { Dimension, Dimensions, ElementType } from "../graph/graph-builder.ts";
import type { NoiseKind } from "./noise-kind.ts";
import {
  type RecordedBody,
  type RecordedCall,
  type RecordedConstant,
  type RecordedValue,
  Recorder,
  type Recording,
  RecordingKey,
  type Reference,
} from "./recorder.ts";

/**
 * Merges two recordings of a model with different numbers of rows into one program. Sizes that differ depend on the
 * number of rows.
 *
 * @throws {OptionError} the recordings differ in more than sizes: the computation depends on the values.
 */
function mergeRecordings(a: Recording, b: Recording): Program {
  return new Merge(a.rows, b.rows).program(a, b);
}

class Merge {
  private readonly rowsA: number;
  private readonly rowsB: number;

  constructor(rowsA: number, rowsB: number) {
    this.rowsA = rowsA;
    this.rowsB = rowsB;
  }

  program(a: Recording, b: Recording): Program {
    return {
      inputs: this.pairs(a.inputs, b.inputs, undefined, (x, y) => this.value(x, y)),
      calls: this.calls(a.calls, b.calls),
      noises: this.pairs(a.noises, b.noises, undefined, (x, y) => ({
        kind: x.kind,
        value: this.value(x.value, y.value),
      })),
      output: this.operand(a.output, b.output, undefined),
    };
  }

  private calls(a: readonly RecordedCall[], b: readonly RecordedCall[]): readonly ProgramCall[] {
    return this.pairs(a, b, a[0]?.place, (x, y) => this.call(x, y));
  }

  private call(a: RecordedCall, b: RecordedCall): ProgramCall {
    const { place } = a;
    if (a.kernel !== b.kernel) return differs(place, `${a.kernel} in one, ${b.kernel} in the other`);
    const keys = this.pairs(Object.keys(a.inputs), Object.keys(b.inputs), place, (x, y) =>
      x === y ? x : differs(place, `inputs of ${a.kernel}`),
    );
    const operand = (key: string): Operand => {
      return this.operand(a.inputs[key] as Reference, b.inputs[key] as Reference, place);
    };
    return {
      kernel: a.kernel,
      inputs: new Map(keys.map((key) => [key, operand(key)])),
      attributes: this.attribute(a.attributes, b.attributes, place) as Readonly<Record<string, unknown>>,
      outputs: this.pairs(a.outputs, b.outputs, place, (x, y) => this.value(x, y)),
      place,
      ...(a.body && b.body && { body: this.body(a.body, b.body, place) }),
    };
  }

  private body(a: RecordedBody, b: RecordedBody, place: string | undefined): ProgramBody {
    return {
      state: this.pairs(a.state, b.state, place, (x, y) => this.value(x, y)),
      calls: this.calls(a.calls, b.calls),
      results: this.pairs(a.results, b.results, place, (x, y) => this.operand(x, y, place)),
      goesOn: this.operand(a.goesOn, b.goesOn, place),
      most: a.most,
    };
  }

  private value(a: RecordedValue, b: RecordedValue): ProgramValue {
    return { id: a.id, type: a.type, shape: this.shape(a.shape, b.shape, undefined) };
  }

  private operand(a: Reference, b: Reference, place: string | undefined): Operand {
    if (typeof a === "number" || typeof b === "number") {
      return a === b ? (a as number) : differs(place, "the values that an operation reads");
    }
    return this.constant(a, b, place);
  }

  private constant(a: RecordedConstant, b: RecordedConstant, place: string | undefined): ProgramConstant {
    const shape = this.shape(a.shape, b.shape, place);
    const form = { name: a.name, type: a.type, shape };
    const [first] = Array.from(a.values);
    const isUniform = [a, b].every(({ values }) => Array.from(values).every((value) => Object.is(value, first)));
    if (isUniform && first !== undefined) {
      return { ...form, storedShape: shape.map(() => 1), values: [first] };
    }
    const axis = shape.findIndex((size) => typeof size !== "number");
    const [stored, other] = [a, b].map((one) => (axis < 0 ? one : firstAlong(one, axis)));
    if (stored === undefined || other === undefined)
      return differs(place, "a constant that is not the same in all rows");
    if (Array.from(stored.values).some((value, i) => !Object.is(value, other.values[i]))) {
      return differs(place, "a constant");
    }
    return { ...form, storedShape: stored.shape, values: stored.values };
  }

  private shape(a: readonly number[], b: readonly number[], place: string | undefined): Dimensions {
    return this.pairs(a, b, place, (x, y) => this.dimension(x, y, place));
  }

  private dimension(a: number, b: number, place: string | undefined): Dimension {
    if (Object.is(a, b)) return a;
    const factor = a / this.rowsA;
    if (Number.isInteger(factor) && factor * this.rowsB === b) return { rows: factor };
    return differs(place, `the sizes ${a} and ${b} for ${this.rowsA} and ${this.rowsB} rows`);
  }

  private attribute(a: unknown, b: unknown, place: string | undefined): unknown {
    if (typeof a === "number" && typeof b === "number") return this.dimension(a, b, place);
    if (Array.isArray(a) && Array.isArray(b)) return this.pairs(a, b, place, (x, y) => this.attribute(x, y, place));
    if (typeof a === "object" && a !== null && typeof b === "object" && b !== null) {
      const other = new Map(Object.entries(b));
      return Object.fromEntries(Object.entries(a).map(([key, x]) => [key, this.attribute(x, other.get(key), place)]));
    }
    return a === b ? a : differs(place, "the settings of an operation");
  }

  private pairs<T, R>(
    a: readonly T[],
    b: readonly T[],
    place: string | undefined,
    merge: (x: T, y: T) => R,
  ): readonly R[] {
    if (a.length !== b.length) return differs(place, `${a.length} and ${b.length} operations or sizes`);
    return a.map((x, i) => merge(x, b[i] as T));
  }
}

/** The first slice along an axis; undefined if the slices differ. */
function firstAlong(
  { shape, values }: RecordedConstant,
  axis: number,
): Pick<RecordedConstant, "shape" | "values"> | undefined {
  const size = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((product, one) => product * one, 1);
  const first: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / inner) % size;
    if (at === 0) first.push(values[i] as number);
    else if (!Object.is(values[i], values[i - at * inner])) return undefined;
  }
  return { shape: shape.map((one, i) => (i === axis ? 1 : one)), values: first };
}

function differs(place: string | undefined, what: string): never {
  throw new OptionError(
    "exportOnnx: expected a model whose operations do not depend on the values of its inputs, got two runs that differ in " +
      `${what}${place === undefined ? "" : `, after "${place}"`}.`,
  );
}

/**
 * Numbers of rows for the two recordings. They are chosen so that no size of a model is a multiple of both by accident.
 */
const ROWS = [31, 37] as const;

/** Computes `[rows, ...]` from inputs `[rows, ...shape]`. Numbers drawn with the key become a noise input. */
export type RowFunction = (inputs: readonly tf.Tensor[], key: Key, rows: number) => tf.Tensor;

/**
 * Records the tensor operations of a function of rows as a program.
 *
 * @param model its parameters provide the names of the constants.
 * @param inputShapes the shapes of the inputs without the row axis.
 * @throws {OptionError} the function reads the values of tensors, or its operations depend on these values.
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

/** A constant of a program. */
export interface ProgramConstant {
  readonly name: string | undefined;
  readonly type: ElementType;
  /** Its shape, for any number of rows. */
  readonly shape: Dimensions;
  /** The shape of the stored values: the shape of the constant, with 1 along axes of the number of rows. */
  readonly storedShape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A value of a program, for any number of rows. */
interface ProgramValue {
  readonly id: number;
  readonly type: ElementType;
  readonly shape: Dimensions;
}

/** An input of an operation. */
export type Operand = number | ProgramConstant;

/** An operation of a program: a kernel of TensorFlow.js. */
export interface ProgramCall {
  readonly kernel: string;
  readonly inputs: ReadonlyMap<string, Operand>;
  /** Settings of the operation. A number that equals the number of rows, or a multiple of it, is a dimension. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly ProgramValue[];
  readonly body?: ProgramBody;
  readonly place: string | undefined;
}

/** The body of a loop. */
export interface ProgramBody {
  readonly state: readonly ProgramValue[];
  readonly calls: readonly ProgramCall[];
  readonly results: readonly Operand[];
  readonly goesOn: Operand;
  readonly most: number;
}

/** Tensor operations in the order in which they run, for any number of rows. */
export interface Program {
  readonly inputs: readonly ProgramValue[];
  readonly noises: readonly ProgramNoise[];
  readonly calls: readonly ProgramCall[];
  readonly output: Operand;
}

/** Random numbers that a program takes as an input. */
interface ProgramNoise {
  readonly kind: NoiseKind;
  readonly value: ProgramValue;
}
