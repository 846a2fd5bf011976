import * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

/**
 * Gather by one copying loop, on both backends several times as fast as their own. That of `wasm` also reads foreign
 * memory when there are batch axes.
 */
export const gatherKernel: KernelOverride = kernelOverride<
  Readonly<Record<"x" | "indices", tf.TensorInfo>>,
  Readonly<Record<"axis" | "batchDims", number>>
>("GatherV2", () => ({ inputs: { x, indices }, backend, attrs: { axis, batchDims } }) => {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(
    x as tf.Tensor,
    indices as tf.Tensor,
    at,
    batchDims,
  );
  const { batchSize, outerSize, dimSize, sliceSize } = info;
  const memory = kernelMemory(backend);
  const out = memory.allocate(info.outputShape, x.dtype as "float32" | "int32" | "bool");
  const [from, index, to] = [memory.values(x), memory.values(indices), memory.values(out)];
  const count = index.length / batchSize;
  let next = 0;
  for (let b = 0; b < batchSize; b++) {
    for (let o = 0; o < outerSize; o++) {
      for (let i = 0; i < count; i++) {
        const chosen = index[b * count + i] as number;
        if (!(chosen >= 0 && chosen < dimSize)) {
          throw new Error(`GatherV2: the index value ${chosen} is not in [0, ${dimSize - 1}]`);
        }
        const start = ((b * outerSize + o) * dimSize + chosen) * sliceSize;
        for (let s = 0; s < sliceSize; s++) to[next++] = from[start + s] as number;
      }
    }
  }
  return out;
});
