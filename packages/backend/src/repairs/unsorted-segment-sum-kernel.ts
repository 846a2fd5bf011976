import { sizeOf } from "@pushforward/core/extend";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

/**
 * Sums of the slices of x by segment, the gradient of gather. `wasm` has none, and the one of `cpu` passes over x once
 * for each segment. Ids outside the segments are left out.
 */
export const unsortedSegmentSumKernel: KernelOverride = kernelOverride<
  Readonly<Record<"x" | "segmentIds", tf.TensorInfo>>,
  { readonly numSegments: number }
>("UnsortedSegmentSum", () => ({ inputs: { x, segmentIds }, backend, attrs: { numSegments } }) => {
  const slice = x.shape.slice(segmentIds.shape.length);
  const size = sizeOf(slice);
  const memory = kernelMemory(backend);
  const out = memory.allocate([numSegments, ...slice], x.dtype as "float32" | "int32");
  const [from, ids, to] = [memory.values(x), memory.values(segmentIds), memory.values(out)];
  const sums = new Float64Array(to.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id < 0 || id >= numSegments) continue;
    for (let j = 0; j < size; j++)
      sums[id * size + j] = (sums[id * size + j] as number) + (from[i * size + j] as number);
  }
  to.set(sums);
  return out;
});
