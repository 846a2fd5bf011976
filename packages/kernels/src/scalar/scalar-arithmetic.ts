import type { ArithmeticKernels } from "../families/arithmetic.ts";

/** Sums and products of arrays in TypeScript. */
export const scalarArithmetic: ArithmeticKernels = {
  add(values, to) {
    for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + (values[i] as number);
  },

  multiply(values, factors, to) {
    for (let i = 0; i < to.length; i++) to[i] = (values[i] as number) * (factors[i] as number);
  },
};
