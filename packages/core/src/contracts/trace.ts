import type { Tensor } from "@tensorflow/tfjs-core";

/** One pass of a loop: the state that it leaves, and where the loop goes on. */
export interface LoopStep {
  readonly state: readonly Tensor[];
  /** The loop ends if all elements are false; dtype bool, any shape. */
  readonly goesOn: Tensor;
}

/** The body of a loop: maps a state to the next. Shapes and dtypes are constant. */
export type LoopBody = (state: readonly Tensor[]) => LoopStep;

/**
 * Writes the tensor operations of a model down as a program, while they run. What reads the values of tensors can't be
 * written down: code that does so asks {@link currentTrace} and takes tensor operations in its place.
 */
export interface Trace {
  /** Writes down a loop of at most `most` passes. */
  loop(state: readonly Tensor[], body: LoopBody, most: number): Tensor[];
}

let current: Trace | undefined;

/** Runs a function whose tensor operations are written down. */
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
