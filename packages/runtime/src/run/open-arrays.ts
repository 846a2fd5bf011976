import type { Engine, EngineMemory } from "./engine.ts";

/** A cache line, in numbers: no two arrays share one. */
const LINE = 16;

/** Arrays in one block of memory. */
export interface OpenArrays extends Pick<EngineMemory, "kernels" | "adam"> {
  readonly arrays: readonly Float32Array[];
}

/** Makes arrays of zeros with these sizes. None is at address 0, which stands for "no array". */
export function openArrays(engine: Engine, sizes: readonly number[]): OpenArrays {
  let end = LINE;
  const starts = sizes.map((size) => {
    const start = end;
    end += LINE * Math.ceil(Math.max(1, size) / LINE);
    return start;
  });
  const { buffer, kernels, adam } = engine.open(4 * end);
  const arrays = sizes.map((size, i) => new Float32Array(buffer, 4 * (starts[i] as number), size));
  return { arrays, kernels, adam };
}
