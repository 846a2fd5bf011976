import { ContextError } from "@pushforward/core";
import { formatShape } from "@pushforward/core/extend";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Refuses a context. */
export function refuseContext(where: string, context: Tensor | undefined): void {
  if (context !== undefined) {
    throw new ContextError(
      `${where}: expected no context, got one of shape ${formatShape(context.shape)}. Give it to a conditional flow.`,
    );
  }
}
