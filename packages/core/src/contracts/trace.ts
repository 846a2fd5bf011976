import type { Tensor } from "@tensorflow/tfjs-core";

/** Result of one loop pass: the new state, and a flag for continuing. */
export interface LoopStep {
  readonly state: readonly Tensor[];
  /** The loop stops if all elements are false; dtype bool, any shape. */
  readonly goesOn: Tensor;
}

/** The body of a loop: maps a state to the next. Shapes and dtypes are constant. */
export type LoopBody = (state: readonly Tensor[]) => LoopStep;

/**
 * Records the tensor operations of a model as a program while they run. Code that reads tensor values can't be
 * recorded. Such code checks {@link currentTrace} and uses tensor operations instead.
 */
export interface Trace {
  /** Writes down a loop of at most `most` passes. */
  loop(state: readonly Tensor[], body: LoopBody, most: number): Tensor[];
}

let current: Trace | undefined;

/** Runs a function and records its tensor operations. */
export function withTrace<T>(trace: Trace, run: () => T): T {
  const outer = current;
  current = trace;
  try {
    return run();
  } finally {
    current = outer;
  }
}

/** The current recording; undefined outside of {@link withTrace}. */
export function currentTrace(): Trace | undefined {
  return current;
}
