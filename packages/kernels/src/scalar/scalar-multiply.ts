import type { Kernels } from "../contract/kernels.ts";

/** A product of arrays in TypeScript. */
export const scalarMultiply: Pick<Kernels, "multiply"> = {
  multiply(values, factors, to) {
    for (let i = 0; i < to.length; i++) to[i] = (values[i] as number) * (factors[i] as number);
  },
};
