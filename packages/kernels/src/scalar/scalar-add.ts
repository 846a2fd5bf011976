import type { Kernels } from "../contract/kernels.ts";

/** A sum of arrays in TypeScript. */
export const scalarAdd: Pick<Kernels, "add"> = {
  add(values, to) {
    for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + (values[i] as number);
  },
};
