/** Sizes of the axes of an array, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of an array of this shape: the product of its axes, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const axis of shape) size *= axis;
  return size;
}

/** True when both shapes have the same axes in the same order. */
export function shapesEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}

/** A shape as error messages print it: `[3, 2]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The shape that two shapes broadcast to by NumPy's rules, or `undefined` when they do not.
 *
 * @example
 * broadcastShapes([5, 1], [3]); // → [5, 3]
 */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    result.push(left === 1 ? right : left);
  }
  return result;
}

/** The leading axes that remain when the last `eventRank` axes are an event. */
export function batchShapeOf(shape: Shape, eventRank: number): Shape {
  return shape.slice(0, shape.length - eventRank);
}
