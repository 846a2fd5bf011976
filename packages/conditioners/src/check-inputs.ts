import { ContextError, OptionError, ShapeError } from "@pushforward/core";
import { broadcastShapes, describeValue, formatShape } from "@pushforward/core/extend";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Checks the input `[...batch, inputSize]` and the context `[...batch, contextSize]` of a conditioner. */
export function checkInputs(
  where: string,
  conditioner: { readonly inputSize: number; readonly contextSize: number },
  x: Tensor,
  context: Tensor | undefined,
): void {
  const { inputSize, contextSize } = conditioner;
  if (x.shape.at(-1) !== inputSize) {
    throw new ShapeError(`${where}: expected x of shape [..., ${inputSize}], got ${formatShape(x.shape)}.`);
  }
  checkContext(where, contextSize, context);
  if (context && !broadcastShapes(x.shape.slice(0, -1), context.shape.slice(0, -1))) {
    throw new ContextError(
      `${where}: expected a context with batch axes that broadcast with x of shape ${formatShape(x.shape)}, ` +
        `got ${formatShape(context.shape)}.`,
    );
  }
}

/** Checks that a context with `contextSize` columns is given exactly if one is expected. */
export function checkContext(where: string, contextSize: number, context: Tensor | undefined): void {
  if (contextSize === 0) {
    if (context === undefined) return;
    throw new ContextError(
      `${where}: expected no context, got one of shape ${formatShape(context.shape)}. ` +
        "Construct it with a context size to use one.",
    );
  }
  if (context === undefined) {
    throw new ContextError(`${where}: expected a context of shape [..., ${contextSize}], got none.`);
  }
  if (context.shape.at(-1) !== contextSize) {
    throw new ContextError(
      `${where}: expected a context of shape [..., ${contextSize}], got ${formatShape(context.shape)}.`,
    );
  }
}

const LARGEST = 15;

/** @throws {OptionError} the size of the convolution kernels is not an odd number up to 15. */
export function checkKernelSize(where: string, kernelSize: number): void {
  if (Number.isInteger(kernelSize) && kernelSize % 2 === 1 && kernelSize >= 1 && kernelSize <= LARGEST) return;
  throw new OptionError(
    `${where}: expected kernelSize to be an odd number from 1 to ${LARGEST}, got ${describeValue(kernelSize)}.`,
  );
}

/** Maximum number of units per layer. */
const MOST_UNITS = 2 ** 24;
/**
 * Maximum number of weights per layer, of 4 bytes each. More weights are a mistake that would crash the program without
 * an error.
 */
const MOST_WEIGHTS = 2 ** 28;

/** Checks the size of a layer before it costs anything. */
export function checkWeights(where: string, inputs: number, outputs: number): void {
  if (inputs * outputs <= MOST_WEIGHTS) return;
  throw new OptionError(
    `${where}: expected a layer of at most ${MOST_WEIGHTS} weights, got ${inputs} × ${outputs}. Use fewer features, or ` +
      "narrower hidden layers.",
  );
}

/** Checks a size: an integer of at least `min`. */
export function checkSize(where: string, what: string, size: number, min = 1): void {
  if (!Number.isSafeInteger(size) || size < min) {
    throw new OptionError(
      `${where}: expected ${what} to be an integer of at least ${min}, got ${describeValue(size)}.`,
    );
  }
  if (size > MOST_UNITS) throw new OptionError(`${where}: expected ${what} to be at most ${MOST_UNITS}, got ${size}.`);
}
