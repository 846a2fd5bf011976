import { NORMALS_SCRATCH_SIZE, type WasmKernels } from "@pushforward/kernels";
import { kernelFunc, STANDARD_NORMAL_KERNEL } from "@pushforward/ops";
import { kernelMemory } from "../memory/kernel-memory.ts";
import type { FusedKernel } from "./network-kernels.ts";

interface NormalAttributes {
  /** Those of the key. */
  readonly words: readonly [number, number];
  readonly shape: readonly number[];
}

/** The op `standardNormal`. */
export function normalKernels(kernelsOf: (backend: unknown) => WasmKernels): readonly FusedKernel[] {
  return [
    {
      kernelName: STANDARD_NORMAL_KERNEL,
      kernelFunc: kernelFunc<object, NormalAttributes>(({ backend, attrs: { words, shape } }) => {
        const memory = kernelMemory(backend);
        const out = memory.allocate(shape, "float32");
        const scratch = memory.allocate([NORMALS_SCRATCH_SIZE], "float32");
        const [values, work] = [out, scratch].map(memory.values) as [Float32Array, Float32Array];
        kernelsOf(backend).normals(words, 0, values, work);
        memory.free(scratch);
        return out;
      }),
    },
  ];
}
