import { ShapeError } from "@pushforward/core";
import { broadcastShapes, formatShape } from "@pushforward/core/extend";
import type * as tf from "@tensorflow/tfjs-core";
import { fail } from "../tfjs/fail.ts";

/** Refuses parameters that are not `[...batch, size]` with a batch that broadcasts with x. */
export function requireParameters(where: string, x: tf.Tensor, parameters: tf.Tensor, size: number): void {
  const batch = parameters.shape.slice(0, -1);
  if (parameters.shape[parameters.rank - 1] !== size || broadcastShapes(x.shape, batch) === undefined) {
    fail(
      new ShapeError(
        `${where}: expected parameters [...batch, ${size}] for x ${formatShape(x.shape)}, ` +
          `got ${formatShape(parameters.shape)}.`,
      ),
    );
  }
}
