import { type Bijection, ContextError, type Shape } from "@pushforward/core";
import { formatShape, shapesEqual } from "@pushforward/core/extend";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * The shape of the context that members take, undefined where none takes one.
 *
 * @throws {ContextError} members take contexts of different shapes.
 */
export function commonContextShape(where: string, members: readonly Bijection[]): Shape | undefined {
  let found: { readonly shape: Shape; readonly index: number } | undefined;
  for (const [index, { contextShape }] of members.entries()) {
    if (contextShape === undefined) continue;
    found ??= { shape: contextShape, index };
    if (!shapesEqual(found.shape, contextShape)) {
      throw new ContextError(
        `${where}: expected member ${index} to take the context shape ${formatShape(found.shape)} of member ${found.index}, got ${formatShape(contextShape)}.`,
      );
    }
  }
  return found?.shape;
}

/** The context for a member: nothing for one that takes none. */
export function contextFor(member: Bijection, context: Tensor | undefined): Tensor | undefined {
  return member.contextShape === undefined ? undefined : context;
}
