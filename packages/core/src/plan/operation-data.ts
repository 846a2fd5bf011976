/** The least and the largest number, both included. Default of a count: 1 and 65,536; of a number: all that are finite. */
interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** Type of a setting of an operation. An array of texts is a choice, and `fields` is an object of settings. */
export type Field =
  | "boolean"
  | "count"
  | "number"
  | readonly string[]
  | { readonly count: Bounds }
  | { readonly number: Bounds }
  /** A number for each column of a matrix. */
  | { readonly each: string; readonly isInfinite?: boolean }
  /** Places among the columns of a matrix. */
  | { readonly places: string }
  | { readonly list: Field }
  | { readonly fields: Fields }
  | { readonly either: string; readonly or: Fields }
  | { readonly optional: Field };

export interface Fields {
  readonly [name: string]: Field;
}

/** The type of a setting. */
type FieldValue<F> = F extends "boolean"
  ? boolean
  : F extends "count" | "number" | { readonly count: Bounds } | { readonly number: Bounds }
    ? number
    : F extends readonly (infer Choice)[]
      ? Choice
      : F extends { readonly each: string } | { readonly places: string }
        ? readonly number[]
        : F extends { readonly list: infer Item }
          ? readonly FieldValue<Item>[]
          : F extends { readonly fields: infer Of }
            ? FieldValues<Of>
            : F extends { readonly either: infer Name; readonly or: infer Of }
              ? Name | FieldValues<Of>
              : never;

type OptionalName<F, N extends keyof F> = F[N] extends { readonly optional: unknown } ? N : never;

/** The type of settings. */
export type FieldValues<F> = {
  readonly [N in keyof F as Exclude<N, OptionalName<F, N>>]: FieldValue<F[N]>;
} & {
  readonly [N in keyof F as OptionalName<F, N>]?: F[N] extends { readonly optional: infer Of }
    ? FieldValue<Of> | undefined
    : never;
};

/** Sizes of a step. */
export interface StepSizes {
  /** Columns of the inputs. */
  readonly inputs: readonly number[];
  /** Columns of its output matrices, then of the matrices it writes to. */
  readonly outputs: readonly number[];
  /** Sizes of the parameters. Default: none. */
  readonly parameters?: readonly number[];
  /** Indices of the parameters that contain only 0 and 1. */
  readonly masks?: readonly number[];
}

/** An operation before its sizes are checked. */
export interface GivenStep<Settings = unknown> {
  readonly settings: Settings;
  /** Columns of the first input. */
  readonly n: number;
  readonly inputs: readonly number[];
  /** Columns of the matrices that it writes into; of a step in a file, of all that it writes. */
  readonly outputs: readonly number[];
  readonly parameters: readonly number[];
  /** The step that this one continues, with the columns of its inputs. */
  readonly continued?:
    | { readonly op: string; readonly settings: unknown; readonly inputs: readonly number[] }
    | undefined;
  /** Refuses the step. */
  fail(expected: string, got: string): never;
}

/**
 * A plan operation as data. Matrix and parameter names describe roles; `?` at the end marks an optional one, and `...` at the
 * start any number.
 */
export interface OperationData<Settings = never> {
  readonly inputs: readonly string[];
  /** Matrices that it makes. */
  readonly outputs: readonly string[];
  /** Matrices that it writes into, in part. */
  readonly into?: readonly string[];
  readonly parameters?: readonly string[];
  /** Settings shared with a second operation. */
  readonly form?: Fields;
  readonly settings?: Fields;
  /** Default: true. */
  readonly hasGradient?: boolean;
  /** The sizes that go with its settings. */
  sizes(step: GivenStep<Settings>): StepSizes;
}
