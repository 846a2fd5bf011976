import type { Shape } from "@pushforward/core";

/** Numbers of a tensor, of any type that has no parts. */
type Numbers = Float32Array | Int32Array | Uint8Array;

/** An array of some shape that is read from another one: where it begins there, and how far the steps of its axes go. */
export interface StridedView {
  readonly shape: Shape;
  readonly start: number;
  readonly strides: readonly number[];
}

/** Writes the numbers of a view one after the other. */
export function copyStrided(from: Numbers, to: Numbers, view: StridedView): void {
  const axes = joinedAxes(view);
  const { size, stride } = axes.pop() ?? { size: 1, stride: 0 };
  const counts = new Int32Array(axes.length);
  let start = view.start;
  for (let at = 0; at < to.length; ) {
    for (let i = 0, place = start; i < size; i++, place += stride) to[at++] = from[place] as number;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const outer = axes[axis] as Axis;
      const count = (counts[axis] as number) + 1;
      start += outer.stride;
      counts[axis] = count;
      if (count < outer.size) break;
      start -= outer.size * outer.stride;
      counts[axis] = 0;
    }
  }
}

interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** The axes of a view, without those of size 1; neighbors through which one loop can go are one. */
function joinedAxes({ shape, strides }: StridedView): Axis[] {
  const axes: Axis[] = [];
  for (const [i, size] of shape.entries()) {
    const stride = strides[i] as number;
    if (size === 1) continue;
    const before = axes.at(-1);
    if (before?.stride === size * stride) axes[axes.length - 1] = { size: before.size * size, stride };
    else axes.push({ size, stride });
  }
  return axes;
}

/** The strides of an array whose numbers stand one after the other. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}
