import type { NormalLogProbKernels } from "../families/normal-log-prob.ts";

/** The log-density of standard normals in TypeScript, in float64. */
export const scalarNormalLogProb: NormalLogProbKernels = {
  normalLogProb(x, out) {
    const size = x.length / out.length;
    const constant = 0.5 * size * Math.log(2 * Math.PI);
    for (let row = 0; row < out.length; row++) {
      let sum = 0;
      for (let i = row * size; i < (row + 1) * size; i++) sum += (x[i] as number) * (x[i] as number);
      out[row] = -0.5 * sum - constant;
    }
  },

  normalLogProbGradient(x, d, dx) {
    const size = x.length / d.length;
    for (let row = 0; row < d.length; row++) {
      for (let i = row * size; i < (row + 1) * size; i++) dx[i] = -(x[i] as number) * (d[row] as number);
    }
  },
};
