import { ContextError, ShapeError } from "@pushforward/core";
import { broadcastShapes, formatShape } from "@pushforward/core/extend";
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
      `${where}: expected a context whose batch axes broadcast with x of shape ${formatShape(x.shape)}, ` +
        `got ${formatShape(context.shape)}.`,
    );
  }
}

/** Checks that a context is there exactly when one is expected, with `contextSize` columns. */
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
