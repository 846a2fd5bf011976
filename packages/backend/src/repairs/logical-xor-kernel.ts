import { broadcastShapes } from "@pushforward/core/extend";
import { broadcastIndices } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

/** Exclusive or, which `cpu` lacks. */
export const logicalXorKernel: KernelOverride = kernelOverride<Readonly<Record<"a" | "b", tf.TensorInfo>>>(
  "LogicalXor",
  () =>
    ({ inputs: { a, b }, backend }) => {
      const shape = broadcastShapes(a.shape, b.shape);
      if (shape === undefined) throw new Error(`Operands could not be broadcast together: ${a.shape} and ${b.shape}.`);
      const memory = kernelMemory(backend);
      const out = memory.allocate(shape, "bool");
      const [left, right, to] = [memory.values(a), memory.values(b), memory.values(out)];
      const [ofA, ofB] = [broadcastIndices(a.shape, shape), broadcastIndices(b.shape, shape)];
      for (let i = 0; i < to.length; i++) {
        to[i] = Number(Boolean(left[ofA[i] as number]) !== Boolean(right[ofB[i] as number]));
      }
      return out;
    },
);
