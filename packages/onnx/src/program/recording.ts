import type { ElementType } from "../graph/element-type.ts";
import type { NoiseKind } from "./noise-kind.ts";

/** A tensor that doesn't depend on the inputs. */
export interface RecordedConstant {
  readonly name: string | undefined;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A tensor that depends on the inputs, by its number. */
export interface RecordedValue {
  readonly id: number;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** What a kernel reads: a value by its number, or a constant. */
export type Reference = number | RecordedConstant;

/** A kernel that has run. */
export interface RecordedCall {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Reference>>;
  readonly attributes: object;
  readonly outputs: readonly RecordedValue[];
  /** Of a loop. */
  readonly body?: RecordedBody;
  /** The parameter that was read last before: where in the model it is. */
  readonly place: string | undefined;
}

/** The body of a loop. */
export interface RecordedBody {
  readonly state: readonly RecordedValue[];
  readonly calls: readonly RecordedCall[];
  readonly results: readonly Reference[];
  readonly goesOn: Reference;
  readonly most: number;
}

/** The kernels that have run for some rows. */
export interface Recording {
  readonly rows: number;
  readonly inputs: readonly RecordedValue[];
  readonly noises: readonly RecordedNoise[];
  readonly calls: readonly RecordedCall[];
  readonly output: Reference;
}

/** Random numbers that a tensor was made of. */
export interface RecordedNoise {
  readonly kind: NoiseKind;
  readonly value: RecordedValue;
}
