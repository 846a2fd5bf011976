import { NORMALS_SCRATCH_SIZE, type WasmKernels } from "@pushforward/kernels";
import { kernelMemory, STANDARD_NORMAL_KERNEL } from "@pushforward/ops";
import type { FusedKernel } from "./network-kernels.ts";

/** The op `standardNormal`. */
export function normalKernels(kernelsOf: (backend: unknown) => WasmKernels): readonly FusedKernel[] {
  return [
    {
      kernelName: STANDARD_NORMAL_KERNEL,
      kernelFunc: ({ backend, attrs }) => {
        const { words, shape } = attrs as unknown as { words: [number, number]; shape: number[] };
        const memory = kernelMemory(backend);
        const out = memory.allocate(shape, "float32");
        const scratch = memory.allocate([NORMALS_SCRATCH_SIZE], "float32");
        const [values, work] = [out, scratch].map(memory.values) as [Float32Array, Float32Array];
        kernelsOf(backend).normals(words, 0, values, work);
        memory.free(scratch);
        return out;
      },
    },
  ];
}
