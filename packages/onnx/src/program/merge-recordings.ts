import { OptionError } from "@pushforward/core";
import type { Dimension, Dimensions } from "../graph/dimension.ts";
import type { Operand, Program, ProgramBody, ProgramCall, ProgramConstant, ProgramValue } from "./program.ts";
import type { RecordedBody, RecordedCall, RecordedConstant, RecordedValue, Recording, Reference } from "./recording.ts";

/**
 * One program of two recordings of a model with different numbers of rows: sizes that differ depend on that number.
 *
 * @throws {OptionError} the recordings differ in more than that: what is computed depends on the values.
 */
export function mergeRecordings(a: Recording, b: Recording): Program {
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

/** What is first along an axis; undefined where not all that follows is the same. */
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
