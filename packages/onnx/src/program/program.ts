import type { Dimensions } from "../graph/dimension.ts";
import type { ElementType } from "../graph/element-type.ts";
import type { NoiseKind } from "./noise-kind.ts";

/** A constant of a program. */
export interface ProgramConstant {
  readonly name: string | undefined;
  readonly type: ElementType;
  /** Its shape, for any number of rows. */
  readonly shape: Dimensions;
  /** The shape of the values, which is that of the constant, or 1 along axes of the number of rows. */
  readonly storedShape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A value of a program, for any number of rows. */
export interface ProgramValue {
  readonly id: number;
  readonly type: ElementType;
  readonly shape: Dimensions;
}

/** What an operation reads. */
export type Operand = number | ProgramConstant;

/** An operation of a program: a kernel of TensorFlow.js. */
export interface ProgramCall {
  readonly kernel: string;
  readonly inputs: ReadonlyMap<string, Operand>;
  /** Its settings; a number that is that of the rows, or a multiple of it, is a dimension. */
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
